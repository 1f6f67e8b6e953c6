"""recommendation.ranked: equal to brute force, nothing bought, new items beside their twins, cold users
marked.
"""

from types import SimpleNamespace

import numpy as np
import pytest
from drawn import rows


@pytest.fixture(scope="module")
def shop(drawn):
    """Two tastes (x, y), four items, one of them new, one no longer sold."""
    return SimpleNamespace(
        factors=drawn("recommendation.factors", """
            | kind | id   | factors    |
            | user | ann  | [1.0, 0.1] |
            | user | bob  | [0.1, 1.0] |
            | item | tea  | [3.0, 0.0] |
            | item | mug  | [0.0, 1.0] |
            | item | cup  | [0.0, 2.0] |
            | item | gone | [9.0, 9.0] |
        """),
        interactions=drawn("behaviour.interactions", """
            | user_id | item_id | weight | purchases |
            | ann     | tea     | 5.0    | 1         |
            | ann     | mug     | 1.0    | 0         |
            | bob     | cup     | 0.0    | 1         |
            | bob     | gone    | 9.0    | 0         |
            | bob     | mug     | 3.0    | 0         |
            | cid     | tea     | 0.0    | 1         |
        """),
        items=drawn("catalogue.items", """
            | item_id | active |
            | tea     | true   |
            | mug     | true   |
            | cup     | true   |
            | pot     | true   |
            | gone    | false  |
        """),
        vectors=drawn("embeddings.items", """
            | item_id | model_digest | vector     |
            | tea     | one          | [1.0, 0.0] |
            | pot     | one          | [1.0, 0.0] |
            | mug     | one          | [0.0, 1.0] |
            | cup     | other        | [1.0]      |
            | gone    | one          | [0.0, 1.0] |
        """),
        events=drawn("behaviour.events", """
            | event_id | user_id | event_name |
            | 1        | ann     | view_item  |
            | 2        | dan     | search     |
            | 3        | dan     | login      |
            | 4        |         | search     |
        """),
    )  # fmt: skip


def built(job, shop, **changes):
    return job("recommendation.ranked").build(**{**vars(shop), **changes})


def test_every_list_is_the_one_a_person_would_work_out(job, shop) -> None:
    lists = built(job, shop)
    found = rows(lists.selectExpr("user_id", "rank", "item_id", "round(score, 2) score", "source"))
    assert found == [
        ("ann", 1, "pot", 3.0, "similar"),
        ("ann", 2, "cup", 0.2, "als"),
        ("ann", 3, "mug", 0.1, "als"),
        ("bob", 1, "mug", 1.0, "als"),
        ("bob", 2, "pot", 0.3, "similar"),
        ("bob", 3, "tea", 0.3, "als"),
        ("cid", 1, "mug", 0.8, "popular"),
        ("dan", 1, "tea", 1.0, "popular"),
        ("dan", 2, "mug", 0.8, "popular"),
    ]


def test_no_list_is_longer_than_asked(job, shop) -> None:
    assert rows(built(job, shop, count=1), "user_id", "item_id") == [
        ("ann", "pot"),
        ("bob", "mug"),
        ("cid", "mug"),
        ("dan", "tea"),
    ]


def test_lists_equal_brute_force_however_the_people_are_split(job, spark) -> None:
    rng = np.random.default_rng(5)
    people, things, rank = 40, 60, 4
    tastes, traits = rng.normal(size=(people, rank)), rng.normal(size=(things, rank))
    factors = [("user", f"u{n:02d}", taste.tolist()) for n, taste in enumerate(tastes)]
    factors += [("item", f"i{n:02d}", trait.tolist()) for n, trait in enumerate(traits)]
    bought = {(f"u{p:02d}", f"i{t:02d}") for p, t in rng.integers((people, things), size=(300, 2))}
    interactions = [(f"u{p:02d}", "i00", 1.0, 0) for p in range(people)] + [(u, i, 1.0, 1) for u, i in bought]
    lists = job("recommendation.ranked").build(
        factors=spark.createDataFrame(factors, "kind string, id string, factors array<float>"),
        interactions=spark.createDataFrame(
            interactions, "user_id string, item_id string, weight double, purchases int"
        ).repartition(7),
        items=spark.createDataFrame(
            [(f"i{n:02d}", True) for n in range(things)], "item_id string, active boolean"
        ),
        vectors=spark.createDataFrame([], "item_id string, model_digest string, vector array<float>"),
        events=spark.createDataFrame([], "user_id string"),
    )
    expected = []
    for p in range(people):
        scores = {f"i{t:02d}": float(tastes[p] @ traits[t]) for t in range(things)}
        allowed = [i for i in scores if (f"u{p:02d}", i) not in bought]
        best = sorted(allowed, key=lambda i: (-scores[i], i))[:20]
        expected += [(f"u{p:02d}", place, item) for place, item in enumerate(best, start=1)]
    assert sorted(tuple(row) for row in lists.select("user_id", "rank", "item_id").collect()) == expected
