"""Planted tastes: one stays one, several come apart, strongest first."""

import numpy as np

from nightmarket.domains.embeddings.interests import interests


def near(centre: np.ndarray, count: int, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, 0.05, (count, len(centre)))
    vectors = centre + noise
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


AXES = np.eye(16, dtype=np.float32)


def test_one_taste_is_one_interest() -> None:
    (whole,) = interests(near(AXES[0], 12, 1), np.ones(12))
    assert (whole.number, whole.share, len(whole.members)) == (0, 1.0, 12)
    assert whole.vector @ AXES[0] > 0.99
    assert abs(np.linalg.norm(whole.vector) - 1) < 1e-6


def test_three_tastes_come_apart_strongest_first() -> None:
    vectors = np.concatenate([near(AXES[n], 4, n) for n in range(3)])
    weights = np.repeat([1.0, 3.0, 2.0], 4)
    whole, *parts = interests(vectors, weights)
    assert [part.number for part in parts] == [1, 2, 3]
    assert [set(part.members) for part in parts] == [{4, 5, 6, 7}, {8, 9, 10, 11}, {0, 1, 2, 3}]
    assert [round(part.share, 6) for part in parts] == [0.5, 0.333333, 0.166667]
    for part, axis in zip(parts, (1, 2, 0), strict=True):
        assert part.vector @ AXES[axis] > 0.99
        assert whole.vector @ AXES[axis] < 0.9


def test_tastes_come_apart_where_all_cosines_are_high() -> None:
    """As with e5, whose unrelated texts are at 0.78: a common part says nothing."""
    common = 4 * AXES[15]
    vectors = (common + np.concatenate([np.tile(AXES[n], (4, 1)) for n in (0, 1)])) / np.sqrt(17)
    found = interests(vectors.astype(np.float32), np.ones(8))
    assert len(found) == 3
    assert vectors[0] @ vectors[4] > 0.9


def test_few_items_and_equal_items_are_one_interest() -> None:
    two = np.repeat(AXES[:2], 3, axis=0)
    assert len(interests(two[:5], np.ones(5))) == 1
    assert len(interests(two, np.ones(6))) == 3
    assert len(interests(two, np.ones(6), at_least=7)) == 1
    assert len(interests(two[:4], np.ones(4), at_least=4)) == 3
    assert len(interests(np.tile(AXES[0], (9, 1)), np.ones(9))) == 1


def test_parts_must_take_away_the_share_that_is_asked() -> None:
    """Two groups of three, each spread about its centre: 0.6 of the variance lies between them."""
    apart, within = np.sqrt(0.6), np.sqrt(0.4)
    side = [AXES[2], -0.5 * AXES[2] + np.sqrt(0.75) * AXES[3], -0.5 * AXES[2] - np.sqrt(0.75) * AXES[3]]
    vectors = np.stack([sign * apart * AXES[0] + within * edge for sign in (1, -1) for edge in side])
    vectors = vectors.astype(np.float32)
    assert len(interests(vectors, np.ones(6), most=2, explained=0.59)) == 3
    assert len(interests(vectors, np.ones(6), most=2, explained=0.61)) == 1
    assert len(interests(vectors, np.ones(6), most=2)) == 3  # by default a half


def test_the_parts_are_at_most_as_many_as_asked() -> None:
    vectors = np.repeat(AXES[:5], 4, axis=0)
    weights = np.repeat([5.0, 4.0, 3.0, 2.0, 1.0], 4)
    assert len(interests(vectors, weights, explained=0.1)) == 1 + 3
    assert len(interests(vectors, weights, most=5)) == 1 + 5
    assert [round(part.share * 15) for part in interests(vectors, weights, most=5)[1:]] == [5, 4, 3, 2, 1]


def test_a_groups_centre_is_a_direction_however_much_it_weighs() -> None:
    """Centres that kept their length would draw every vector to the heaviest group."""
    vectors = np.concatenate([near(AXES[0], 6, 1), near(AXES[1], 6, 2)])
    _, first, second = interests(vectors, np.repeat([1000.0, 1.0], 6), most=2, explained=0.0)
    assert (set(first.members), set(second.members)) == (set(range(6)), set(range(6, 12)))
    for part in (first, second):
        assert abs(np.linalg.norm(part.vector) - 1) < 1e-6


def test_equal_parts_stand_in_the_order_of_their_first_rows() -> None:
    vectors = np.stack([AXES[1], AXES[0], AXES[1], AXES[0], AXES[1], AXES[0]])
    _, first, second = interests(vectors, np.ones(6))
    assert (first.members.tolist(), second.members.tolist()) == ([0, 2, 4], [1, 3, 5])


def test_what_cancels_out_is_stood_for_by_the_heaviest() -> None:
    vectors = np.stack([AXES[0], -AXES[0]])
    (whole,) = interests(vectors, np.array([1.0, 1.0]))
    assert whole.vector.tolist() == AXES[0].tolist()
    (whole,) = interests(np.stack([AXES[0], AXES[1], -AXES[0] * 1, -AXES[1]]), np.array([1.0, 3.0, 1.0, 3.0]))
    assert whole.vector.tolist() == AXES[1].tolist()
