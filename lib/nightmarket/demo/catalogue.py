"""The demo shop's catalogue: which listings stand on a day, what they cost, and their dump.

Of the opening listings 35% are pairs, one product listed in English and in Chinese; 4% are near duplicates,
a product listed again by a second seller. Every day exactly 1% of the opening listings are reworded, a few
are new and a few end. All of it follows from the listing's number and the day.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

import numpy as np

from nightmarket.demo import grammar
from nightmarket.demo.prices import price_of
from nightmarket.demo.shop import Shop
from nightmarket.demo.words import BRANDS, BRANDS_PER_CATEGORY, CATEGORIES, KINDS

TWIN_PAIRS = 0.35
"""Pairs over listings: 105 of 300, so a test of cross-language search has more than a hundred answers."""
NEAR_DUPLICATES = 0.04
UNDESCRIBED = 0.35
REWORD_EVERY = 100
"""Days between two rewordings of a listing; listings take turns, so 1% change on each day."""
HALF_LIFE_DAYS = 350
CHUNK = 4096
BROKEN_ROWS = 2

_KIND_CATEGORY = np.array([kind.category for kind in KINDS])
_KIND_LOW = np.array([kind.low for kind in KINDS])
_KIND_HIGH = np.array([kind.high for kind in KINDS])


@dataclass(frozen=True)
class Listings:
    """Every listing there is up to a day, by number, as arrays of one length.

    twin: the listing of the same product in the other language; original: the listing this one nearly
    repeats; both -1 where there is none. begins, ends: ordinals of the first day in the dump and the first
    day no longer in it. cost: the product's price in CNY before seasons.
    """

    product: np.ndarray
    language: np.ndarray
    twin: np.ndarray
    original: np.ndarray
    kind: np.ndarray
    brand: np.ndarray
    cost: np.ndarray
    described: np.ndarray
    begins: np.ndarray
    ends: np.ndarray
    turn: np.ndarray

    @property
    def category(self) -> np.ndarray:
        return _KIND_CATEGORY[self.kind]

    def standing(self, day: date) -> np.ndarray:
        """Numbers of the listings in the dump of a day."""
        now = day.toordinal()
        return np.flatnonzero((self.begins <= now) & (now < self.ends))

    def version(self, day: date, opening: date) -> np.ndarray:
        """How often each listing has been reworded by a day. It is 0 on the opening day."""
        return np.maximum(0, (day.toordinal() - opening.toordinal() + self.turn) // REWORD_EVERY)


def new_per_day(shop: Shop) -> int:
    return max(2, shop.items // 500)


def item_id(number: int) -> str:
    return f"NM{number + 1_000_001}"


@lru_cache(maxsize=5)
def listings(shop: Shop, day: date) -> Listings:
    """All listings begun by ``day``; a day before the opening has the opening's."""
    later = max(0, day.toordinal() - shop.opening.toordinal()) * new_per_day(shop)
    total = shop.items + later
    product, language, twin, original = (np.full(total, -1, np.int64) for _ in range(4))
    _opening_roles(shop, product, language, twin, original)
    _later_roles(shop, product, language, twin)
    products = int(product.max()) + 1
    kind = np.arange(products) % len(KINDS)
    place, rank, _ = _planned(shop, products)
    draw = _per_number(shop, "products", products, 1)
    numbers = np.arange(later) // new_per_day(shop)
    life = _per_number(shop, "lives", total, 1)[:, 0]
    begins = np.concatenate([np.full(shop.items, 0), shop.opening.toordinal() + 1 + numbers])
    age = np.maximum(begins, shop.opening.toordinal())
    turns = shop.rng("turns").permutation(shop.items) % REWORD_EVERY
    cost = _KIND_LOW[kind] * (_KIND_HIGH[kind] / _KIND_LOW[kind]) ** (draw[:, 0] % 10_000 / 10_000)
    return Listings(
        product=product,
        language=language,
        twin=twin,
        original=original,
        kind=kind[product],
        brand=(_KIND_CATEGORY[kind] * BRANDS_PER_CATEGORY + (place + rank) % BRANDS_PER_CATEGORY)[product],
        cost=cost[product] * np.where(original >= 0, 0.98, 1.0),
        described=_per_number(shop, "described", total, 1)[:, 0] % 1000 >= UNDESCRIBED * 1000,
        begins=begins,
        ends=age
        + 2
        + np.floor(-np.log2((life % 1_000_000 + 1) / 1_000_001) * HALF_LIFE_DAYS).astype(np.int64),
        turn=np.concatenate([turns, np.full(later, -(10**7))]),
    )


def _opening_roles(
    shop: Shop, product: np.ndarray, language: np.ndarray, twin: np.ndarray, original: np.ndarray
) -> None:
    """Give the opening listings their products: pairs, near duplicates, then single ones, well shuffled."""
    order = shop.rng("roles").permutation(shop.items)
    pairs, repeats = round(shop.items * TWIN_PAIRS), round(shop.items * NEAR_DUPLICATES)
    english, chinese = order[:pairs], order[pairs : 2 * pairs]
    product[english] = product[chinese] = np.arange(pairs)
    language[english], language[chinese] = grammar.ENGLISH, grammar.CHINESE
    twin[english], twin[chinese] = chinese, english
    single = order[2 * pairs + repeats :]
    product[single] = pairs + np.arange(len(single))
    language[single] = np.arange(len(single)) % 2
    repeat = order[2 * pairs : 2 * pairs + repeats]
    first = np.concatenate([single, english])[:repeats]
    original[repeat], product[repeat], language[repeat] = first, product[first], language[first]


def _later_roles(shop: Shop, product: np.ndarray, language: np.ndarray, twin: np.ndarray) -> None:
    """Later listings come by fours: a pair, one in English, one in Chinese."""
    numbers = np.arange(shop.items, len(product))
    four, place = np.divmod(numbers - shop.items, 4)
    first = int(product[: shop.items].max()) + 1
    product[numbers] = first + four * 3 + np.maximum(place - 1, 0)
    language[numbers] = place % 2
    twin[numbers] = np.where(place == 0, numbers + 1, np.where(place == 1, numbers - 1, -1))
    twin[twin >= len(product)] = -1


def _per_number(shop: Shop, purpose: str, count: int, width: int) -> np.ndarray:
    """Draws, (count, width), in which a number's row does not depend on how many there are."""
    chunks = [
        shop.rng(purpose, chunk).integers(0, 2**31, (CHUNK, width)) for chunk in range(-(-count // CHUNK))
    ]
    return np.concatenate(chunks)[:count]


def prices(shop: Shop, day: date) -> tuple[np.ndarray, np.ndarray]:
    """Price of each listing on the day in its own currency, and whether that is CNY (else GBP)."""
    known = listings(shop, day)
    return price_of(known.cost, known.category, known.language, known.product, day)


HEADER = ("item_id", "title", "description", "brand", "category", "price", "currency", "attributes")


def dump(shop: Shop, day: date) -> Iterator[bytes]:
    """The day's whole catalogue as CSV text, in pieces of a few thousand rows."""
    yield _csv([HEADER])
    amounts, yuan = prices(shop, day)
    for numbers in chunked(listings(shop, day).standing(day)):
        rows = []
        for number, text in worded(shop, day, numbers):
            currency = "CNY" if yuan[number] else "GBP"
            attributes = json.dumps(text.attributes, ensure_ascii=False)
            price = f"{amounts[number]:.2f}"
            rows.append(
                (item_id(number), text.title, text.description, text.brand, text.category_path, price,
                 currency, attributes)
            )  # fmt: skip
        yield _csv(rows)
    yield _csv(_broken_rows(day))


def chunked(numbers: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, len(numbers), CHUNK):
        yield numbers[start : start + CHUNK]


def product_of(shop: Shop, known: Listings, number: int) -> grammar.Product:
    """The product behind a listing, the same for its twin and for its near duplicates."""
    product, kind = int(known.product[number]), int(known.kind[number])
    turns = _turns(shop, len(known.product))[product]
    return grammar.product(kind, product // len(KINDS), BRANDS[known.brand[number]], turns)


def worded(shop: Shop, day: date, numbers: np.ndarray) -> Iterator[tuple[int, grammar.Listing]]:
    """Number and words of each of ``numbers`` as they stand on the day."""
    known = listings(shop, day)
    versions = known.version(day, shop.opening)
    for number in numbers.tolist():
        language, original = int(known.language[number]), int(known.original[number])
        style = original if original >= 0 else number
        made, described = product_of(shop, known, number), bool(known.described[number])
        text = grammar.listing(made, language, int(versions[number]), style, described)
        if original >= 0:
            text = replace(text, title=grammar.relisted(text.title, language, number))
        yield number, text


@lru_cache(maxsize=2)
def _turns(shop: Shop, count: int) -> list[list[int]]:
    """Which of its kind's makes, looks, measures and features each product has.

    An assortment is planned, not drawn: the makes of a kind take turns, and products of one category that
    share a brand differ in kind, make, look and measure. So a title tells a product from its neighbours.
    """
    place, rank, start = _planned(shop, count)
    feature = _per_number(shop, "options", count, 1)[:, 0]
    turns = (start + place - rank, start + 2 * place + 3 * rank, start + place + 2 * rank, feature)
    return np.stack(turns, 1).tolist()


def _planned(shop: Shop, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each product: its kind's place in the category, its rank in the kind, its category's first turn."""
    kind, rank = np.arange(count) % len(KINDS), np.arange(count) // len(KINDS)
    category = _KIND_CATEGORY[kind]
    start = shop.rng("assortment").integers(0, 60, len(CATEGORIES))[category]
    # After 30 ranks brands and makes have gone round together; they go on a step apart.
    return kind - np.searchsorted(_KIND_CATEGORY, category), rank, start + rank // 30


def _broken_rows(day: date) -> list[tuple[str, ...]]:
    """Rows no catalogue can use: one without an id, one whose price is words. Their listings do not exist."""
    stamp = f"{day.toordinal():08d}"
    subcategory = " > ".join(pair[0] for pair in (CATEGORIES[2], KINDS[10].subcategory, KINDS[10].plural))
    return [
        ("", "Harrowby sample, not for sale", "", "Harrowby", subcategory, "10.00", "GBP", "{}"),
        (f"NMX{stamp}", "Suncreek prototype", "", "Suncreek", subcategory, "price on request", "GBP", "{}"),
    ]


def _csv(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
