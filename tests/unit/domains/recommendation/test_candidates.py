"""Each person's best of the candidate index: tastes, borrowed and popularity, and never what was bought."""

import numpy as np

from nightmarket.domains.recommendation.candidates import CandidateIndex, build_index, recommend


def ids(*names: str) -> np.ndarray:
    return np.array(names, object)


def index(**changes) -> CandidateIndex:
    parts = {
        "learnt": ids("tea", "mug", "cup"),
        "learnt_factors": np.array([[3, 0], [0, 1], [0, 2]], np.float32),
        "embedded": ids("mug", "tea", "pot", "jar"),
        "embeddings": np.array([[0, 1], [1, 0], [1, 0], [0, 1]], np.float32),
        "wanted": ids("tea", "mug", "cup", "old"),
        "weights": np.array([2.0, 4.0, 4.0, 0.0]),
    }
    return build_index(**{**parts, **changes})


def test_new_items_stand_beside_their_twins() -> None:
    built = index()
    assert list(built.items) == ["cup", "jar", "mug", "pot", "tea"]
    np.testing.assert_allclose(built.factors, [[0, 2], [0, 1], [0, 1], [3, 0], [3, 0]], atol=1e-3)
    assert list(built.is_cold) == [False, True, False, True, False]


def test_popularity_is_a_share_of_the_most_wanted_with_ties_by_id() -> None:
    built = index()
    assert list(built.popular) == ["cup", "mug", "tea"]
    np.testing.assert_allclose(built.popularity, [1, 1, 0.5])


def shown(ranking, person: int) -> list[tuple]:
    return [
        (int(rank), item, round(float(score), 3), source)
        for who, rank, item, score, source in zip(
            ranking.person, ranking.rank, ranking.item, ranking.score, ranking.source, strict=True
        )
        if who == person
    ]


def test_each_person_gets_the_best_not_bought() -> None:
    ranking = recommend(
        index(),
        tastes=[np.array([1, 0.1], np.float32), None, np.array([0, 1], np.float32), None],
        bought=[["tea"], ["mug", "gone"], ["cup", "mug"], []],
        count=2,
    )
    assert shown(ranking, 0) == [(1, "pot", 3.0, "similar"), (2, "cup", 0.2, "als")]
    assert shown(ranking, 1) == [(1, "cup", 1.0, "popular"), (2, "tea", 0.5, "popular")]
    assert shown(ranking, 2) == [(1, "jar", 1.0, "similar"), (2, "pot", 0.0, "similar")]
    assert shown(ranking, 3) == [(1, "cup", 1.0, "popular"), (2, "mug", 1.0, "popular")]


def test_a_shop_where_nothing_was_touched_yet_recommends_nothing() -> None:
    nothing = np.zeros((0, 1), np.float32)
    built = index(learnt=ids(), learnt_factors=nothing, wanted=ids(), weights=np.zeros(0))
    assert len(built.items) == 0
    assert len(recommend(built, [None], [[]], 20).person) == 0


def test_tastes_without_an_active_item_get_nothing_learnt() -> None:
    """Whoever has tastes and purchases, of items that are all gone."""
    nothing = np.zeros((0, 2), np.float32)
    built = index(learnt=ids(), learnt_factors=nothing, embedded=ids(), embeddings=nothing)
    assert len(built.items) == 0
    ranking = recommend(built, [np.array([1, 0], np.float32), None], [["tea"], ["cup"]], 5)
    assert shown(ranking, 0) == []
    assert shown(ranking, 1) == [(1, "mug", 1.0, "popular"), (2, "tea", 0.5, "popular")]


def test_what_nobody_wants_is_not_popular() -> None:
    built = index(weights=np.array([0.0, -1.0, 0.25, 0.0]))
    assert (list(built.popular), built.popularity.tolist()) == (["cup"], [1.0])


def test_the_items_bought_may_come_before_all_and_after_all_that_are_shown() -> None:
    ranking = recommend(index(), [np.array([0, 1], np.float32)], [["aaa", "zzz", "cup"]], 9)
    assert [item for _, item, _, _ in shown(ranking, 0)] == ["jar", "mug", "pot", "tea"]


def test_nobody_to_recommend_to() -> None:
    assert len(recommend(index(), [], [], 20).person) == 0


def test_without_embeddings_only_learnt_items_stand_on_the_index() -> None:
    built = index(embedded=ids(), embeddings=np.zeros((0, 1), np.float32))
    assert list(built.items) == ["cup", "mug", "tea"]
    assert not built.is_cold.any()
