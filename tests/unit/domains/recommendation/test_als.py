"""Factorisation finds tastes that were planted, and nothing about it depends on the order of its input."""

import numpy as np
import pytest

from nightmarket.domains.recommendation.als import Factors, factorise, fitting_rank


def block_tastes(groups: int = 3, people: int = 20, things: int = 15, seed: int = 7):
    """Each group of people touches two thirds of its own group's items, and nothing else."""
    rng = np.random.default_rng(seed)
    users, items, weights = [], [], []
    for group in range(groups):
        for person in range(people):
            for thing in rng.choice(things, size=2 * things // 3, replace=False):
                users.append(f"u{group}-{person:02d}")
                items.append(f"i{group}-{thing:02d}")
                weights.append(float(rng.uniform(0.5, 8)))
    return np.array(users, object), np.array(items, object), np.array(weights)


def learned(users, items, weights, **options) -> Factors:
    return factorise(users, items, weights, rank=3, **options)


def test_unseen_items_of_the_own_group_come_before_all_others() -> None:
    users, items, weights = block_tastes()
    factors = learned(users, items, weights)
    seen = set(zip(users, items, strict=True))
    scores = factors.user_factors @ factors.item_factors.T
    for row, user in enumerate(factors.users):
        own = [
            scores[row, column]
            for column, item in enumerate(factors.items)
            if item[1] == user[1] and (user, item) not in seen
        ]
        others = [scores[row, column] for column, item in enumerate(factors.items) if item[1] != user[1]]
        assert min(own) > max(others), f"{user} would be shown another group's item first"


def test_factors_keep_their_ids_sorted() -> None:
    users, items, weights = block_tastes()
    factors = learned(users, items, weights)
    assert list(factors.users) == sorted(set(users))
    assert list(factors.items) == sorted(set(items))
    assert factors.user_factors.shape == (60, 3)
    assert factors.item_factors.shape == (45, 3)


def test_the_order_of_the_pairs_does_not_matter() -> None:
    users, items, weights = block_tastes()
    shuffled = np.random.default_rng(1).permutation(len(users))
    first = learned(users, items, weights)
    second = learned(users[shuffled], items[shuffled], weights[shuffled])
    np.testing.assert_allclose(first.user_factors, second.user_factors, atol=1e-4)
    np.testing.assert_allclose(first.item_factors, second.item_factors, atol=1e-4)


def test_another_seed_gives_other_factors() -> None:
    users, items, weights = block_tastes()
    first, second = learned(users, items, weights), learned(users, items, weights, seed=1)
    assert not np.allclose(first.user_factors, second.user_factors, atol=1e-4)


def test_pairs_without_weight_are_not_trained_on() -> None:
    users, items, weights = block_tastes()
    factors = learned(
        np.append(users, ["stranger", users[0]]),
        np.append(items, [items[0], "returned"]),
        np.append(weights, [0.0, 0.0]),
    )
    assert "stranger" not in factors.users
    assert "returned" not in factors.items


def observed(**options) -> dict[float, float]:
    """What implicit is given for each weight of one person's items."""
    from unittest.mock import patch

    given = {}

    def fit(self, user_items, show_progress):
        given.update(zip(weights.tolist(), user_items.toarray()[0].tolist(), strict=True))
        self.user_factors, self.item_factors = np.zeros((1, 2)), np.zeros((3, 2))

    weights = np.array([1.0, np.e - 1, 100.0])
    with patch("implicit.cpu.als.AlternatingLeastSquares.fit", fit):
        factorise(np.array(["u"] * 3, object), np.array(["a", "b", "c"], object), weights, **options)
    return given


def test_confidence_grows_with_the_logarithm_of_the_weight() -> None:
    # 1 + ln(1 + weight): of 1 it is 1.6931, of e - 1 it is 2, of 100 it is 5.6151.
    assert list(observed().values()) == pytest.approx([1.69315, 2.0, 5.61512], abs=1e-5)
    assert list(observed(alpha=0.5).values()) == pytest.approx([1.34657, 1.5, 3.30756], abs=1e-5)


def test_what_implicit_is_asked_for() -> None:
    """The defaults, each option by its own name, and the rank that fits."""
    from unittest.mock import patch

    given: list[dict] = []

    class Model:
        def __init__(self, **options) -> None:
            given.append(options)

        def fit(self, user_items, show_progress) -> None:
            given[-1] |= {"shape": user_items.shape, "shown": show_progress}
            self.user_factors = self.item_factors = np.zeros((0, 2))

    users, items, weights = block_tastes(people=30, things=30)
    with patch("implicit.cpu.als.AlternatingLeastSquares", Model):
        factorise(users, items, weights)
        factorise(users, items, weights, rank=5, regularisation=0.5, iterations=3, seed=9)
    shape = {"shape": (90, 90), "shown": False}
    assert given == [
        {"factors": 32, "regularization": 0.05, "iterations": 15, "random_state": 0, **shape},
        {"factors": 5, "regularization": 0.5, "iterations": 3, "random_state": 9, **shape},
    ]


def test_nothing_at_all_gives_no_factors() -> None:
    factors = learned(np.array([], object), np.array([], object), np.array([]))
    assert factors.user_factors.shape == (0, 3)
    assert len(factors.items) == 0


@pytest.mark.parametrize(
    ("users", "items", "rank"),
    [(1000, 1000, 32), (64, 1000, 32), (62, 1000, 31), (1000, 20, 10), (7, 1000, 3), (5, 1000, 2), (1, 1, 2)],
)
def test_small_data_gets_a_smaller_rank(users: int, items: int, rank: int) -> None:
    assert fitting_rank(32, users, items) == rank
