"""embeddings.users: whose profile is made of what, and where it comes apart."""

import numpy as np
import pytest

AXES = np.eye(8, dtype=np.float32)
ITEMS = {  # item: direction, category, brand, model
    **{f"tea{n}": (0, "Tea", "Leaf", "one") for n in range(4)},
    **{f"oil{n}": (1, "Cars", "Gear", "one") for n in range(4)},
    "odd": (2, "Odd", None, "other"),
}


@pytest.fixture(scope="module")
def tables(spark):
    items = [(item, [category, "More"], brand) for item, (_, category, brand, _) in ITEMS.items()]
    vectors = [
        (item, model, f"digest {model}", AXES[direction].tolist()[: 8 if model == "one" else 5])
        for item, (direction, _, _, model) in ITEMS.items()
    ]
    weights = [
        *[("both", f"tea{n}", 3.0) for n in range(4)],
        *[("both", f"oil{n}", 1.0) for n in range(4)],
        ("both", "odd", 1.0),
        ("one", "tea0", 2.0),
        ("one", "oil0", 1.0),
        ("one", "never embedded", 9.0),
        ("returned", "tea1", 0.0),
    ]
    return (
        spark.createDataFrame(weights, "user_id string, item_id string, weight double"),
        spark.createDataFrame(items, "item_id string, category_path array<string>, brand string"),
        spark.createDataFrame(
            vectors, "item_id string, model string, model_digest string, vector array<float>"
        ),
    )


def by_interest(frame) -> dict:
    return {(row.user_id, row.interest): row for row in frame.collect()}


def test_a_profile_is_the_weighted_mean_and_two_tastes_come_apart(job, tables) -> None:
    rows = by_interest(job("embeddings.users").build(*tables))
    assert sorted(rows) == [("both", 0), ("both", 1), ("both", 2), ("one", 0)]
    whole, tea, oil = (rows["both", n] for n in range(3))
    np.testing.assert_allclose(whole.vector, (3 * AXES[0] + AXES[1]) / np.sqrt(10), atol=1e-6)
    np.testing.assert_allclose(tea.vector, AXES[0], atol=1e-6)
    np.testing.assert_allclose(oil.vector, AXES[1], atol=1e-6)
    assert (whole.share, tea.share, oil.share) == (1.0, 0.75, 0.25)
    assert (whole.items, tea.items, oil.items) == (8, 4, 4)
    assert whole.categories == {"Tea": 0.75, "Cars": 0.25}
    assert oil.brands == {"Gear": 1.0}
    # The one item of another model is left out: its vector means nothing beside the others.
    assert {row.model for row in rows.values()} == {"one"}
    np.testing.assert_allclose(rows["one", 0].vector, (2 * AXES[0] + AXES[1]) / np.sqrt(5), atol=1e-6)


def test_only_the_heaviest_items_count(job, tables) -> None:
    rows = by_interest(job("embeddings.users").build(*tables, most_items=4))
    assert sorted(rows) == [("both", 0), ("one", 0)]
    assert rows["both", 0].categories == {"Tea": 1.0}


def test_nobody_no_rows(job, tables) -> None:
    interactions, items, vectors = tables
    assert job("embeddings.users").build(interactions.limit(0), items, vectors).collect() == []
    assert job("embeddings.users").build(interactions, items, vectors.limit(0)).collect() == []
