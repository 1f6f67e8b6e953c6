"""recommendation.similar_items: what comparing every pair at once gives, in any number of blocks."""

import numpy as np
import pytest


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


def by_brute_force(frame, count: int) -> dict[tuple, float]:
    rows = frame.collect()
    found = {}
    for one in rows:
        others = [
            (-round(float(np.float32(one.vector) @ np.float32(other.vector)), 6), other.item_id)
            for other in rows
            if other.item_id != one.item_id and other.model_digest == one.model_digest
        ]
        for rank, (similarity, item) in enumerate(sorted(others)[:count], 1):
            found[one.item_id, rank, item] = -similarity
    return found


@pytest.mark.parametrize("budget_bytes", [512 << 20, 20_000])
def test_it_is_what_brute_force_gives_in_one_block_and_in_many(job, planted, budget_bytes: int) -> None:
    similar = job("recommendation.similar_items").build(planted, count=4, budget_bytes=budget_bytes)
    found = {(row.item_id, row.rank, row.similar_id): row.similarity for row in similar.collect()}
    assert found == pytest.approx(by_brute_force(planted, 4), abs=1e-5)


def test_the_last_of_its_model_has_no_neighbours(job, planted) -> None:
    few = planted.where("item_id in ('i00', 'i01', 'i02')")
    rows = job("recommendation.similar_items").build(few).collect()
    assert sorted((r.item_id, r.rank, r.similar_id) for r in rows) == [("i01", 1, "i02"), ("i02", 1, "i01")]


def test_no_items_no_rows(job, planted) -> None:
    assert job("recommendation.similar_items").build(planted.limit(0)).collect() == []
