"""The catalogue: two languages, twins, near duplicates, rewordings and planted prices."""

import csv
import gzip
import io
import json
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from nightmarket.demo import Shop, catalogue, grammar, prices
from nightmarket.demo.words import AXES, BRANDS, BRANDS_PER_CATEGORY, FEATURES, KINDS, SERIES


def test_sizes_and_shares(written, days) -> None:
    first, second = written.items(days[0]), written.items(days[1])
    assert first.height == 300
    assert second["new"].sum() == 2
    assert (first["description"].is_null() | (first["description"] == "")).mean() >= 0.25
    assert set(first["language"]) == {"en", "zh"}
    assert set(first["currency"]) == {"GBP", "CNY"}
    assert first.filter(pl.col("language") == "zh")["currency"].unique().to_list() == ["CNY"]
    assert first["repeats"].drop_nulls().len() == 12


def test_the_language_of_a_listing_is_that_of_its_text(written, days) -> None:
    for row in written.items(days[0]).iter_rows(named=True):
        told = row["title"] + (row["description"] or "") + row["category"]
        chinese = any("\u4e00" <= letter <= "\u9fff" for letter in told)
        assert chinese == (row["language"] == "zh"), row["title"]


def test_twins_are_one_product_in_two_languages(written, days) -> None:
    items = written.items(days[0])
    pairs = items.join(items, left_on="twin", right_on="item_id", suffix="_twin")
    assert pairs.height // 2 >= 100
    assert (pairs["product"] == pairs["product_twin"]).all()
    assert (pairs["language"] != pairs["language_twin"]).all()
    assert (pairs["twin_twin"] == pairs["item_id"]).all()


def test_near_duplicates_word_the_same_product_otherwise(written, days) -> None:
    items = written.items(days[0])
    pairs = items.join(items, left_on="repeats", right_on="item_id", suffix="_first")
    assert pairs.height == 12
    assert (pairs["product"] == pairs["product_first"]).all()
    assert (pairs["language"] == pairs["language_first"]).all()
    assert (pairs["title"] != pairs["title_first"]).all()


def test_attributes_and_descriptions_agree(written, days) -> None:
    described = written.items(days[0]).filter(pl.col("described"))
    for text, attributes, language in described.select("description", "attributes", "language").iter_rows():
        told = list(json.loads(attributes).values())
        assert len(told) >= 6
        # The series and the three main attributes are stated word for word; features in words of their own.
        assert all(value in text for value in told[:4]), (text, told, language)


def test_exactly_one_percent_is_reworded(written, days) -> None:
    for before, after in pairwise(days):
        both = written.items(before).join(written.items(after), on="item_id", suffix="_after")
        words = ("title", "description", "brand", "category", "attributes")
        changed = both.filter(pl.any_horizontal(pl.col(w).ne_missing(pl.col(f"{w}_after")) for w in words))
        assert changed.height == 3
        assert changed["reworded_after"].all()
        assert both["reworded_after"].sum() == 3


def test_every_listing_is_reworded_within_a_hundred_days(shop) -> None:
    known = catalogue.listings(shop, shop.opening)
    versions = known.version(shop.opening + timedelta(100), shop.opening)
    assert (versions == 1).all()
    assert (known.version(shop.opening, shop.opening) == 0).all()


def test_listings_come_and_go(shop) -> None:
    later = shop.opening + timedelta(60)
    then, now = (set(catalogue.listings(shop, day).standing(day).tolist()) for day in (shop.opening, later))
    assert then == set(range(300))
    assert 10 < len(then - now) < 80
    assert 60 < len(now - then) <= 120


@pytest.mark.parametrize("items", [300, 6_000])
def test_ids_and_titles_are_unique(items: int) -> None:
    shop = Shop.sized(date(2026, 3, 1), scale=items, events=8_000)
    for day in (shop.opening, shop.opening + timedelta(50)):
        rows = list(csv.DictReader(io.StringIO(b"".join(catalogue.dump(shop, day)).decode())))
        titles = [row["title"] for row in rows]
        assert len(rows) > items * 0.9
        assert len(set(titles)) == len(titles)
        assert len({row["item_id"] for row in rows}) == len(rows)


def test_series_names_never_meet() -> None:
    for kind in (0, 7):
        names = {grammar.series_name(rank, kind) for rank in range(8_000)}
        assert (
            len(names)
            == len({english for english, _ in names})
            == len({chinese for _, chinese in names})
            == 8_000
        )
    with pytest.raises(ValueError, match="no name is left"):
        grammar.series_name(len(SERIES) ** 2 + len(SERIES) ** 3, 0)


def test_two_rows_are_of_no_use(written, days) -> None:
    text = gzip.decompress((written.landing / f"items/{days[0]}.csv.gz").read_bytes()).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["price"] for row in rows if not row["item_id"]] == ["10.00"]
    assert sum(row["price"] == "price on request" for row in rows) == 1


def test_vocabulary_is_whole() -> None:
    assert len(KINDS) == 60
    assert len({kind.category for kind in KINDS}) == 12
    assert len(set(BRANDS)) == len(BRANDS) == 12 * BRANDS_PER_CATEGORY
    for kind in KINDS:
        assert set(kind.axes) <= set(AXES)
        assert kind.features in FEATURES
        assert kind.low < kind.high
    for axis in AXES.values():
        assert len({english for english, _ in axis.values}) == len({chinese for _, chinese in axis.values})
        assert all("{v}" in sentence for sentences in axis.sentences for sentence in sentences)


def test_prices_follow_the_stated_formula(shop, days) -> None:
    told = prices.record()
    known = catalogue.listings(shop, days[0])
    for day in (date(2026, 11, 7), date(2027, 4, 14), date(2027, 6, 5)):
        amounts, yuan = catalogue.prices(shop, day)
        for number in range(0, 300, 7):
            c = told["categories"][known.category[number]]
            d = day.timetuple().tm_yday
            expected = known.cost[number] * (
                1 + c["amplitude"] * np.cos(2 * np.pi * (d - c["peak_day_of_year"]) / 365.25)
            )
            expected *= 1 + c["weekend"] * (day.weekday() >= 5)
            festival = any(
                f["month"] == day.month and f["first"] <= day.day <= f["last"] for f in told["festivals"]
            )
            first, last = c["monthly_promotion_days"]
            expected *= 1 - c["promotion_depth"] * (festival or first <= day.day <= last)
            if yuan[number]:
                assert amounts[number] == pytest.approx(expected, abs=0.51)
            else:
                assert amounts[number] == pytest.approx(
                    max(expected / told["rate_cny_per_gbp"], 0.5), abs=0.006
                )


def test_queries_are_told_apart() -> None:
    told = grammar.queries()
    assert len(told) == len(KINDS) * grammar.QUERIES_PER_KIND
    for start in range(0, len(told), grammar.QUERIES_PER_KIND):
        own = told[start : start + grammar.QUERIES_PER_KIND]
        assert len({english for english, _ in own}) == len(own)
