"""What a product costs on a day: a yearly season, a weekend surcharge and promotions, per category.

price = cost x (1 + amplitude x cos(2 pi (d - peak) / 365.25)) x (1 + weekend, on Saturday and Sunday)
x (1 - depth, in a promotion), where d is the day of the year; in GBP divided by RATE. Then rounded: CNY to
whole yuan, GBP to pence.
"""

from datetime import date
from typing import Any

import numpy as np

from nightmarket.demo.shop import mix
from nightmarket.demo.words import CATEGORIES

RATE = 9.2
AMPLITUDE = (0.10, 0.08, 0.03, 0.05, 0.12, 0.06, 0.04, 0.05, 0.06, 0.08, 0.10, 0.15)
PEAK = (330, 300, 350, 340, 100, 345, 150, 240, 200, 320, 130, 110)
"""Day of the year on which a category is dearest."""
WEEKEND = (0.02, 0.02, 0.0, 0.01, 0.0, 0.03, 0.0, 0.0, 0.01, 0.0, 0.02, 0.02)
DEPTH = (0.20, 0.20, 0.15, 0.12, 0.10, 0.18, 0.15, 0.10, 0.15, 0.15, 0.12, 0.15)
FESTIVALS = ((6, 1, 18), (11, 1, 11), (12, 24, 31))
"""Promotions of all categories: month, first and last day of it."""


def promoted(category: int, day: date) -> bool:
    """In a festival, or in the category's own three days of a month: 2nd to 4th, 4th to 6th and so on."""
    festival = any(day.month == month and first <= day.day <= last for month, first, last in FESTIVALS)
    start = 2 + 2 * category
    return festival or start <= day.day < start + 3


def factors(day: date) -> np.ndarray:
    """What the day does to each category's prices, float64, one per category."""
    d = day.timetuple().tm_yday
    return np.array(
        [
            (1 + AMPLITUDE[c] * np.cos(2 * np.pi * (d - PEAK[c]) / 365.25))
            * (1 + (WEEKEND[c] if day.weekday() >= 5 else 0.0))
            * (1 - (DEPTH[c] if promoted(c, day) else 0.0))
            for c in range(len(CATEGORIES))
        ]
    )


def price_of(
    cost: np.ndarray, category: np.ndarray, language: np.ndarray, product: np.ndarray, day: date
) -> tuple[np.ndarray, np.ndarray]:
    """Price on the day in the listing's currency, and whether that is CNY.

    Chinese listings are in CNY; of the English ones three in ten are, the others in GBP.
    """
    yuan = (language == 1) | (mix(product, 5) % np.uint64(10) < 3)
    amount = cost * factors(day)[category]
    return np.where(yuan, np.maximum(np.round(amount), 1), np.maximum(np.round(amount / RATE, 2), 0.5)), yuan


def record() -> dict[str, Any]:
    """The planted seasons, for whoever checks what a forecast found."""
    return {
        "formula": "cost * (1 + amplitude * cos(2 * pi * (day_of_year - peak) / 365.25)) "
        "* (1 + weekend on Saturday and Sunday) * (1 - depth while promoted); GBP = CNY / rate",
        "rounding": {"CNY": "whole, at least 1", "GBP": "0.01, at least 0.50"},
        "rate_cny_per_gbp": RATE,
        "festivals": [{"month": m, "first": first, "last": last} for m, first, last in FESTIVALS],
        "categories": [
            {
                "category": english,
                "category_zh": chinese,
                "amplitude": AMPLITUDE[c],
                "peak_day_of_year": PEAK[c],
                "weekend": WEEKEND[c],
                "promotion_depth": DEPTH[c],
                "monthly_promotion_days": [2 + 2 * c, 4 + 2 * c],
            }
            for c, (english, chinese) in enumerate(CATEGORIES)
        ],
    }
