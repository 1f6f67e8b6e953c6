"""recommendation.factors: planted tastes come out of the table's rows, under the ids they belong to."""

import numpy as np
import pytest


@pytest.fixture(scope="module")
def planted(spark):
    """Tea people and desk people; each leaves one item of their kind untouched."""
    rows = [
        (f"{kind}-{person}", f"{kind}-{thing}", 5.0 if thing % 2 else 1.0)
        for kind in ("tea", "desk")
        for person in range(8)
        for thing in range(8)
        if thing != person
    ]
    returned = [("tea-0", "desk-returned", 0.0)]
    return spark.createDataFrame(rows + returned, "user_id string, item_id string, weight double")


def by_kind(frame, kind: str) -> dict[str, np.ndarray]:
    return {row.id: np.array(row.factors) for row in frame.where(frame.kind == kind).collect()}


def test_the_untouched_item_of_the_own_kind_scores_above_all_of_the_other(job, planted) -> None:
    factors = job("recommendation.factors").build(planted, rank=2).cache()
    users, items = by_kind(factors, "user"), by_kind(factors, "item")
    assert len(users) == 16
    assert "desk-returned" not in items
    for user, taste in users.items():
        kind, person = user.split("-")
        other = "desk" if kind == "tea" else "tea"
        untouched = taste @ items[f"{kind}-{person}"]
        assert untouched > max(taste @ items[f"{other}-{n}"] for n in range(8)), user


def test_the_same_rows_in_another_order_give_the_same_factors(job, planted) -> None:
    build = job("recommendation.factors").build
    first = by_kind(build(planted), "user")
    second = by_kind(build(planted.repartition(3).orderBy("weight", "item_id")), "user")
    for user in first:
        np.testing.assert_allclose(first[user], second[user], atol=1e-4)


def test_without_interactions_there_are_no_factors(job, planted) -> None:
    factors = job("recommendation.factors").build(planted.limit(0))
    assert factors.columns == ["kind", "id", "factors"]
    assert factors.count() == 0
