"""Planted tastes: one stays one, several come apart, strongest first."""

import numpy as np

from nightmarket.recommend.interests import interests


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
    assert len(interests(AXES[:5], np.ones(5))) == 1
    assert len(interests(np.tile(AXES[0], (9, 1)), np.ones(9))) == 1


def test_what_cancels_out_is_stood_for_by_the_heaviest() -> None:
    vectors = np.stack([AXES[0], -AXES[0]])
    (whole,) = interests(vectors, np.array([1.0, 1.0]))
    assert whole.vector.tolist() == AXES[0].tolist()
