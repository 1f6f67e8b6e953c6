"""Who comes to the demo shop: users in groups with tastes, visitors without an account, devices, addresses.

A person is a number; everything about them is a hash of it, so no list of people is ever held. Numbers from
``Shop.people`` on are the few that are planted: the reseller, the heavy crawler, then staff and bots.
"""

from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np

from nightmarket.demo.catalogue import listings
from nightmarket.demo.shop import Shop, mix
from nightmarket.demo.words import BRANDS, BRANDS_PER_CATEGORY, CATEGORIES

GROUPS = 6
CATEGORIES_PER_GROUP = 3
BRANDS_PER_TASTE = 3
IN_TASTE = 0.80
"""Share of the items a person looks at that are drawn from what their group prefers."""
SPECIALS_PER_PART = 1024

BROWSERS = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/126.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Linux; Android 13; M2102K1C) AppleWebKit/537.36 Chrome/122.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Linux; U; Android 12; zh-cn) AppleWebKit/537.36 MQQBrowser/14.9 Mobile Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 Version/17.5 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/125.0.0.0 Safari/537.36",
)
BOTS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
    "python-requests/2.31.0",
    "Scrapy/2.11.2 (+https://scrapy.org)",
    "curl/8.5.0",
)
AGENTS = (*BROWSERS, *BOTS)

INTERNAL = "10.20.0.0/16"
"""Where staff come from. Customers come from 198.18.0.0/15, bots from 203.0.113.0/24; nobody owns either."""


def traits(people: np.ndarray) -> np.ndarray:
    """One 64-bit hash a person, from whose bits the functions below read."""
    return mix(people, 1)


def group(people: np.ndarray) -> np.ndarray:
    return (traits(people) % np.uint64(GROUPS)).astype(np.int64)


def language(people: np.ndarray) -> np.ndarray:
    """0 English, 1 Chinese."""
    return (traits(people) >> np.uint64(8) & np.uint64(1)).astype(np.int64)


def activity(people: np.ndarray) -> np.ndarray:
    """How likely a person is to come, relative to others: a long tail, from 0.25 to 8."""
    rank = (traits(people) >> np.uint64(16) & np.uint64(0xFFFF)).astype(np.float64) / 65_536
    return 0.25 * (1 - rank + 1 / 1024) ** -0.5


def habit_ms(people: np.ndarray) -> np.ndarray:
    """How much later a person's visits begin, 0 to 150 minutes; always the same, so that they stay apart."""
    return ((traits(people) >> np.uint64(32) & np.uint64(0xFFFF)).astype(np.int64) * 9_000_000) >> 16


def zone_minutes(people: np.ndarray) -> np.ndarray:
    """Offset from UTC that the person's device writes times in: +08:00 in Chinese, Z or +01:00 in English."""
    western = np.where(traits(people) >> np.uint64(9) & np.uint64(1), 60, 0)
    return np.where(language(people) == 1, 480, western)


def device(people: np.ndarray, which: np.ndarray) -> np.ndarray:
    """A person's first or second device, uint64; the last 48 bits are its id in the log."""
    return mix(people * 2 + which, 2)


def agent(devices: np.ndarray) -> np.ndarray:
    """Index into AGENTS of the browser on a device."""
    return (devices >> np.uint64(50)).astype(np.int64) % len(BROWSERS)


def address(people: np.ndarray) -> np.ndarray:
    """IPv4 address as a number, in 198.18.0.0/15 (set aside for tests by RFC 2544)."""
    return (198 << 24) + (18 << 16) + (mix(people, 3) & np.uint64(0x1FFFF)).astype(np.int64)


def rented(people: np.ndarray) -> np.ndarray:
    """IPv4 address of a bot, in 203.0.113.0/24 (RFC 5737)."""
    return (203 << 24) + (113 << 8) + 1 + people % 254


def office(people: np.ndarray) -> np.ndarray:
    """IPv4 address of a member of staff, in INTERNAL."""
    return (10 << 24) + (20 << 16) + people % 65_536


def reseller(shop: Shop) -> int:
    return shop.people


def crawler(shop: Shop) -> int:
    return shop.people + 1


def specials(shop: Shop, part: int, first: int, count: int) -> np.ndarray:
    """People planted in one part's file alone: ``count`` from the part's ``first`` on."""
    if first + count > SPECIALS_PER_PART:
        raise ValueError(f"{first + count} planted people do not fit one part")
    return shop.people + 2 + part * SPECIALS_PER_PART + first + np.arange(count)


@lru_cache(maxsize=2)
def tastes(shop: Shop) -> np.ndarray:
    """What each group prefers, bool (group, category, brand place within the category)."""
    rng = shop.rng("tastes")
    order = rng.permutation(len(CATEGORIES))
    wanted = np.zeros((GROUPS, len(CATEGORIES), BRANDS_PER_CATEGORY), dtype=bool)
    for number in range(GROUPS):
        own = order[[2 * number, 2 * number + 1, (2 * number + 5) % len(order)]]
        for category in own:
            wanted[number, category, rng.permutation(BRANDS_PER_CATEGORY)[:BRANDS_PER_TASTE]] = True
    return wanted


@lru_cache(maxsize=8)
def subcategories(shop: Shop, day: date) -> tuple[list[list[np.ndarray]], list[np.ndarray]]:
    """Listings on sale, most popular first: per group and language the preferred ones; per language all."""
    known = listings(shop, day)
    standing = known.standing(day)
    standing = standing[np.argsort(mix(known.product[standing], 4 + shop.seed), kind="stable")]
    wanted = tastes(shop)[:, known.category[standing], known.brand[standing] % BRANDS_PER_CATEGORY]
    spoken = [standing[known.language[standing] == code] for code in (0, 1)]
    preferred = [
        [standing[wanted[number] & (known.language[standing] == code)] for code in (0, 1)]
        for number in range(GROUPS)
    ]
    return [[own if len(own) >= 6 else spoken[c] for c, own in enumerate(pair)] for pair in preferred], spoken


def record(shop: Shop) -> list[dict[str, Any]]:
    """The planted tastes in words."""
    return [
        {
            "group": number,
            "share_in_taste": IN_TASTE,
            "prefers": [
                {
                    "category": CATEGORIES[category][0],
                    "category_zh": CATEGORIES[category][1],
                    "brands": [
                        BRANDS[category * BRANDS_PER_CATEGORY + place][0]
                        for place in np.flatnonzero(wanted[category]).tolist()
                    ],
                }
                for category in np.flatnonzero(wanted.any(axis=1)).tolist()
            ],
        }
        for number, wanted in enumerate(tastes(shop))
    ]
