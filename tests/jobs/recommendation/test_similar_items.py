"""recommendation.similar_items: what comparing every pair at once gives, in any number of blocks."""

import numpy as np
import pytest
from pyspark.sql import functions as F

from nightmarket.domains.recommendation.frames.nearest import blocks_of
from nightmarket.domains.recommendation.looks import scale
from nightmarket.errors import PlanError

WEIGHT = 0.4


@pytest.fixture(scope="module")
def planted(spark):
    """Two models' items; twins among them, so that ties are met."""
    drawn = np.random.default_rng(5).normal(size=(90, 8))
    drawn[80:] = drawn[:10]
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    rows = [
        (f"i{n:02d}", "one" if n % 3 else "other", drawn[n].astype(np.float32).tolist()) for n in range(90)
    ]
    return spark.createDataFrame(rows, "item_id string, model_digest string, vector array<float>").cache()


@pytest.fixture(scope="module")
def pictures(spark):
    """Of two items in three; two look the same. And of an item that is not among the others."""
    drawn = np.abs(np.random.default_rng(6).normal(size=(90, 12)))
    drawn[7] = drawn[10]
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    rows = [(f"i{n:02d}", drawn[n].astype(np.float32).tolist()) for n in range(90) if n % 3 < 2]
    return spark.createDataFrame([*rows, ("gone", rows[0][1])], "item_id string, vector array<float>").cache()


@pytest.fixture(scope="module")
def none(pictures):
    return pictures.limit(0)


def by_brute_force(frame, count: int, pictures=None) -> dict[tuple, float]:
    rows = frame.collect()
    looks = {row.item_id: np.float32(row.vector) for row in pictures.collect()} if pictures else {}
    shown = {row.item_id for row in rows} & set(looks)
    scales = {}
    for digest in {row.model_digest for row in rows}:
        both = [row for row in rows if row.model_digest == digest and row.item_id in shown]
        texts = np.float32([row.vector for row in both])
        scales[digest] = scale(texts, np.float32([looks[row.item_id] for row in both]))

    def likeness(one, other) -> float:
        text = float(np.float32(one.vector) @ np.float32(other.vector))
        if not {one.item_id, other.item_id} <= shown:
            return text
        of = scales[one.model_digest]
        picture = of.factor * float(looks[one.item_id] @ looks[other.item_id]) + of.shift
        return (1 - WEIGHT) * text + WEIGHT * picture

    found = {}
    for one in rows:
        others = [
            (-round(likeness(one, other), 6), other.item_id)
            for other in rows
            if other.item_id != one.item_id and other.model_digest == one.model_digest
        ]
        for rank, (similarity, item) in enumerate(sorted(others)[:count], 1):
            found[one.item_id, rank, item] = -similarity
    return found


def found_by(job, *frames, **parameters) -> dict[tuple, float]:
    similar = job("recommendation.similar_items").build(*frames, **parameters)
    return {(row.item_id, row.rank, row.similar_id): row.similarity for row in similar.collect()}


@pytest.mark.parametrize("budget_bytes", [512 << 20, 20_000])
def test_it_is_what_brute_force_gives_in_one_block_and_in_many(job, planted, none, budget_bytes: int) -> None:
    found = found_by(job, planted, none, count=4, budget_bytes=budget_bytes)
    assert found == pytest.approx(by_brute_force(planted, 4), abs=1e-5)


@pytest.mark.parametrize(
    ("rows", "wide", "budget", "number"),
    [(0, 0, 1000, 1), (10, 4, 960, 1), (10, 4, 959, 2), (10, 4, 480, 2), (1_000_000, 384, 256 << 20, 35)],
)
def test_a_block_of_six_copies_fits_the_budget(rows: int, wide: int, budget: int, number: int) -> None:
    assert blocks_of(rows, wide, budget) == number


def test_the_defaults(job, planted, pictures) -> None:
    default = found_by(job, planted, pictures)
    assert default == found_by(job, planted, pictures, count=20, picture_weight=0.3)
    assert default != found_by(job, planted, pictures, picture_weight=0.31)
    assert {rank for _, rank, _ in default} == set(range(1, 21))


@pytest.mark.parametrize("budget_bytes", [512 << 20, 60_000])
def test_with_pictures_too(job, planted, pictures, budget_bytes: int) -> None:
    found = found_by(
        job, planted, pictures, count=4, picture_weight=WEIGHT, budget_bytes=budget_bytes
    )  # fmt: skip
    assert found == pytest.approx(by_brute_force(planted, 4, pictures), abs=1e-5)
    assert set(found) != set(by_brute_force(planted, 4))


def test_pictures_of_weight_nothing_change_nothing(job, planted, pictures, none) -> None:
    found = found_by(job, planted, pictures, count=4, picture_weight=0.0)
    assert found == pytest.approx(found_by(job, planted, none, count=4), abs=1e-6)


@pytest.mark.parametrize("weight", [-0.1, 1.1])
def test_a_weight_that_is_none_is_refused(job, planted, pictures, weight: float) -> None:
    with pytest.raises(PlanError, match="must be from 0 to 1"):
        found_by(job, planted, pictures, picture_weight=weight)


def test_what_looks_the_same_is_the_nearest(job, planted, pictures) -> None:
    alike = planted.withColumn("model_digest", F.lit("one")).join(pictures.select("item_id"), "item_id")
    found = found_by(job, alike, pictures, count=1, picture_weight=0.95)
    assert ("i07", 1, "i10") in found
    assert ("i10", 1, "i07") in found


def test_items_without_a_picture_are_neither_in_front_nor_behind(spark, job) -> None:
    """Texts near each other and pictures far apart, as real models give them."""
    drawn = np.random.default_rng(7)
    texts = 0.9 + 0.2 * drawn.normal(size=(60, 20))
    looks = np.abs(drawn.normal(size=(60, 20)))
    texts, looks = (side / np.linalg.norm(side, axis=1, keepdims=True) for side in (texts, looks))
    rows = [(f"i{n:02d}", "one", texts[n].astype(np.float32).tolist()) for n in range(60)]
    items = spark.createDataFrame(rows, "item_id string, model_digest string, vector array<float>")
    shown = spark.createDataFrame(
        [(f"i{n:02d}", looks[n].astype(np.float32).tolist()) for n in range(30)],
        "item_id string, vector array<float>",
    )
    found = found_by(job, items, shown, count=10)
    of_shown = [int(similar[1:]) < 30 for item, _, similar in found if int(item[1:]) < 30]
    assert 0.35 < np.mean(of_shown) < 0.65


def test_the_last_of_its_model_has_no_neighbours(job, planted, none) -> None:
    few = planted.where("item_id in ('i00', 'i01', 'i02')")
    rows = job("recommendation.similar_items").build(few, none).collect()
    assert sorted((r.item_id, r.rank, r.similar_id) for r in rows) == [("i01", 1, "i02"), ("i02", 1, "i01")]


def test_no_items_no_rows(job, planted, none, pictures) -> None:
    for frame in (none, pictures):
        assert job("recommendation.similar_items").build(planted.limit(0), frame).collect() == []
