"""What was planted, in files beside the exports and never among them.

==========================  ==================================================================================
``shop.json``               the shop's seed, sizes and opening day
``plants.json``             the reseller, the heavy crawler, the staff's network, shares of what is planted
``groups.json``             what each group of users prefers
``prices.json``             the price formula and its parameters per category
``users.parquet``           person, user_id, group, language, device_1, device_2
``events/{day}/*``          one row per line of the part of the same name, see :func:`of_events`
``items/{day}.parquet``     one row per listing in the dump, see :func:`of_items`
``reviews/{day}.parquet``   one row per review, see :func:`of_reviews`
``pictures/{day}.parquet``  one row per picture, see :func:`of_pictures`
``days/{day}.json``         files, rows and how often each thing was planted
==========================  ==================================================================================
"""

import json
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from nightmarket.demo import blemishes, grammar, lines, people, prices
from nightmarket.demo.blemishes import PLANT, PLANTS
from nightmarket.demo.catalogue import item_id, listings
from nightmarket.demo.catalogue import prices as price_list
from nightmarket.demo.journeys import Rows
from nightmarket.demo.reviews import POLARITIES, Review, review_id
from nightmarket.demo.shop import Shop
from nightmarket.demo.words import BRANDS, CATEGORIES, KINDS

_REVIEW: dict[str, Any] = {
    "review_id": pl.String,
    "item_id": pl.String,
    "language": pl.String,
    "polarity": pl.String,
    "aspects": pl.List(pl.Struct({"aspect": pl.String, "polarity": pl.String})),
    "private": pl.List(pl.Struct({"kind": pl.String, "start": pl.Int64, "end": pl.Int64})),
    "repeats": pl.String,
    "repeats_nearly": pl.Boolean,
    "broken": pl.String,
}


def of_events(rows: Rows) -> pl.DataFrame:
    """The truth of a part's lines, in their order.

    line (from 1), event_id (null where the line has none that can be read), event_at (UTC; when it happened,
    whatever the line says), person (as in users.parquet; above the users are visitors, staff and bots),
    signed_in, session (null for what must be rejected; the same on both sides of midnight and for late rows),
    session_unstitched (the same where a device is another person until it signs in), and plant, from
    ``blemishes.PLANTS``, null for an ordinary event.
    """
    kind = pl.Series(rows.plant)
    unread = kind.is_in([PLANT[name] for name in ("truncated", "not_json", "nul", "missing_id")])
    known = pl.Series(rows.visit) >= 0
    frame = pl.DataFrame(
        {
            "line": np.arange(1, len(rows) + 1, dtype=np.int32),
            "event_id": lines.event_ids(rows),
            "event_at": rows.at,
            "person": rows.person,
            "signed_in": rows.signed,
            "session": rows.visit,
            "session_unstitched": rows.visit * 2 + ~rows.signed,
            "plant": pl.Series([None, *PLANTS[1:]], dtype=pl.Categorical).gather(rows.plant),
        }
    )
    return frame.with_columns(
        event_id=pl.when(~unread).then("event_id"),
        event_at=pl.col("event_at").cast(pl.Datetime("ms", "UTC")),
        session=pl.when(known).then("session"),
        session_unstitched=pl.when(known).then("session_unstitched"),
    )


def counted(rows: Rows) -> dict[str, int]:
    """How many rows were planted as what."""
    counts = np.bincount(rows.plant, minlength=len(PLANTS)).tolist()
    return {name: number for name, number in zip(PLANTS, counts, strict=True) if name and number}


def of_items(shop: Shop, day: date) -> pl.DataFrame:
    """The truth of the day's listings, in the dump's order.

    product (equal for listings of one product), twin (its listing in the other language), repeats (the
    listing it nearly duplicates), version, new and reworded (on this very day), cost in CNY before seasons.
    """
    known = listings(shop, day)
    numbers = known.standing(day)
    amounts, yuan = price_list(shop, day)
    version = known.version(day, shop.opening)
    before = known.version(day - timedelta(1), shop.opening)
    ids = pl.Series([item_id(number) for number in range(len(known.product))])
    frame = pl.DataFrame(
        {
            "item_id": ids,
            "product": known.product,
            "language": pl.Series(grammar.LANGUAGES).gather(known.language),
            "twin": known.twin,
            "repeats": known.original,
            "category": pl.Series([pair[0] for pair in CATEGORIES]).gather(known.category),
            "kind": pl.Series([kind.name[0] for kind in KINDS]).gather(known.kind),
            "brand": pl.Series([pair[0] for pair in BRANDS]).gather(known.brand),
            "described": known.described,
            "version": version,
            "new": known.begins == day.toordinal(),
            "reworded": version > before,
            "cost": known.cost,
            "price": amounts,
            "currency": pl.Series(["GBP", "CNY"]).gather(yuan.astype(np.int64)),
        }
    ).with_columns(
        # A twin no longer on sale is no answer.
        twin=_named(ids, np.where(np.isin(known.twin, numbers), known.twin, -1)),
        repeats=_named(ids, np.where(np.isin(known.original, numbers), known.original, -1)),
    )
    return frame[numbers]


def _named(ids: pl.Series, numbers: np.ndarray) -> pl.Series:
    return ids.gather(pl.Series(numbers).replace_strict(-1, None, default=pl.Series(numbers)))


def of_reviews(day: date, reviews: Iterable[Review]) -> pl.DataFrame:
    """The truth of the reviews, in the export's order.

    polarity and aspects (each positive or negative; polarity also mixed), private (kind and the characters
    [start, end) of the text), repeats (the review this one copies, nearly or exactly), broken (how, or null).
    """
    rows = [
        {
            "review_id": review_id(day, review.number),
            "item_id": item_id(review.listing),
            "language": grammar.LANGUAGES[review.language],
            "polarity": POLARITIES[review.polarity],
            "aspects": [{"aspect": aspect, "polarity": POLARITIES[bad]} for aspect, bad in review.aspects],
            "private": [{"kind": kind, "start": start, "end": end} for kind, start, end in review.private],
            "repeats": review_id(day, review.repeats) if review.repeats >= 0 else None,
            "repeats_nearly": review.nearly,
            "broken": review.broken or None,
        }
        for review in reviews
    ]
    return pl.DataFrame(rows, schema=_REVIEW)


def of_pictures(planted: Iterable[tuple[str, str]]) -> pl.DataFrame:
    """The truth of the pictures: item_id, and plant (how the file is of no use, or null)."""
    rows = [{"item_id": item, "plant": plant or None} for item, plant in planted]
    return pl.DataFrame(rows, schema={"item_id": pl.String, "plant": pl.String})


def of_users(shop: Shop) -> pl.DataFrame:
    person = np.arange(shop.users)
    return pl.DataFrame(
        {
            "person": person,
            "user_id": lines.user_ids(person),
            "group": people.group(person),
            "language": pl.Series(grammar.LANGUAGES).gather(people.language(person)),
            "device_1": lines.device_ids(people.device(person, np.zeros_like(person))),
            "device_2": lines.device_ids(people.device(person, np.ones_like(person))),
        }
    )


def of_shop(shop: Shop) -> dict[str, Any]:
    """What is planted on every day alike."""
    crawler = people.device(np.array([people.crawler(shop)]), np.array([0]))
    return {
        "reseller": lines.user_ids(np.array([people.reseller(shop)]))[0],
        "heavy_crawler": lines.device_ids(crawler)[0],
        "internal_network": people.INTERNAL,
        "session_gap_minutes": 30,
        "shares_of_events": {**blemishes.SHARES, "bot_heavy": shop.heavy_bot},
    }


def write_parquet(frame: pl.DataFrame, path: Path) -> None:
    """Write beside the place and move there, so that a killed run leaves no half file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    waiting = path.with_name(f".{path.name}.tmp")
    frame.write_parquet(waiting, compression="zstd", compression_level=1)
    waiting.replace(path)


def write_json(record: Any, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    waiting = path.with_name(f".{path.name}.tmp")
    waiting.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    waiting.replace(path)


def write_once(shop: Shop, truth: Path) -> None:
    """The files that hold for every day, where they are not yet."""
    if not (truth / "prices.json").exists():
        write_json(of_shop(shop), truth / "plants.json")
        write_json(people.record(shop), truth / "groups.json")
        write_parquet(of_users(shop), truth / "users.parquet")
        write_json(prices.record(), truth / "prices.json")
