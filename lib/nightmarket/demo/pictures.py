"""The demo shop's pictures: one folder for all days, each file named for its listing.

A picture shows its product: a shape for the category, its size for the kind, the colour it is sold in (or
one that stands for its second main attribute, where that is no colour), and a band for what it is made of. So
both languages of a product, and a second seller's listing of it, have the same picture, byte for byte.
"""

import io
import math
from collections.abc import Iterator
from datetime import date

import numpy as np

from nightmarket.demo.catalogue import item_id, listings, product_of
from nightmarket.demo.grammar import ENGLISH, Product
from nightmarket.demo.shop import Shop, mix
from nightmarket.demo.words import AXES, KINDS

SIDE = 96
UNPICTURED = 0.15
MOST = 2_000
"""Listings that the shop takes pictures of; a larger one is for measuring other things."""
PLANTS = ("cut_off", "not_a_picture", "unknown_item")
"""One file of each: half a picture, a web server's answer in its place, a picture of no listing."""

_COLOURS = {
    "navy": "#1f2f5c", "ivory": "#efe6cf", "olive": "#6b7034", "charcoal": "#3c4043", "rust": "#a8481f",
    "sky blue": "#7cb8e4", "black": "#111111", "sand": "#c9b083",
}  # fmt: skip
_OTHERS = ("#8a2f4f", "#2f7d6b", "#d9a21b", "#5a3f9e", "#c2504a", "#3f7cc4", "#7a9a3a", "#b06ab3")
_GROUND, _BAND = "#f4f4f2", "#ffffff"


def pictured(shop: Shop, day: date) -> np.ndarray:
    """Numbers of the listings begun by the day that have a file; old pictures stay where they are."""
    numbers = np.arange(min(len(listings(shop, day).product), MOST))
    return numbers[mix(numbers, shop.seed + 1) % np.uint64(100) >= UNPICTURED * 100]


def files(shop: Shop, day: date) -> Iterator[tuple[str, str, bytes]]:
    """Item id, what is planted ("" in most) and the bytes of each file; always the same for one listing."""
    known = listings(shop, day)
    numbers = pictured(shop, day).tolist()
    whole = {number: drawn(product_of(shop, known, number)) for number in numbers}
    first, second, *_ = numbers
    for number, content in whole.items():
        if number == first:
            yield item_id(number), "cut_off", content[: len(content) // 2]
        elif number == second:
            yield item_id(number), "not_a_picture", b"<html><body>404 Not Found</body></html>\n"
        else:
            yield item_id(number), "", content
    yield "NMX00000000", "unknown_item", whole[second]


def drawn(product: Product) -> bytes:
    """The product's picture as PNG."""
    from PIL import Image, ImageDraw

    kind = KINDS[product.kind]
    image = Image.new("RGB", (SIDE, SIDE), _GROUND)
    pen = ImageDraw.Draw(image)
    radius = SIDE * (0.30 + 0.04 * (product.kind % 5))
    pen.polygon(_outline(kind.category, radius), fill=_colour(product))
    make = AXES[kind.axes[0]].values.index(product.values[0])
    height = SIDE * (0.25 + 0.07 * make)
    pen.line((SIDE * 0.35, height, SIDE * 0.65, height), fill=_BAND, width=3)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def _outline(category: int, radius: float) -> list[tuple[float, float]]:
    """Of the twelve categories the first six are polygons of 3 to 8 corners, the others their stars."""
    corners, star = 3 + category % 6, category >= 6
    points = []
    for place in range(2 * corners):
        far = radius * (0.45 if star and place % 2 else 1.0)
        if star or place % 2 == 0:
            angle = math.pi * (place / corners - 0.5)
            points.append((SIDE / 2 + far * math.cos(angle), SIDE / 2 + far * math.sin(angle)))
    return points


def _colour(product: Product) -> str:
    axes = [AXES[name] for name in KINDS[product.kind].axes]
    for axis, value in zip(axes, product.values, strict=True):
        if value[ENGLISH] in _COLOURS and axis is AXES["colour"]:
            return _COLOURS[value[ENGLISH]]
    return _OTHERS[axes[1].values.index(product.values[1]) % len(_OTHERS)]
