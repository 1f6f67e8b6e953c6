"""Blocked top-k equals brute force, stays within its memory, and orders ties the same way every time."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightmarket.domains.recommendation.rank import BUDGET_BYTES, best, blocks, borrowed, positions


def brute_force(left, right, count, barred=()):
    """Score every pair, sort all of them, cut."""
    found = []
    for row in range(len(left)):
        scored = [
            (-round(float(np.dot(left[row], right[column])), 6), column)
            for column in range(len(right))
            if (row, column) not in barred
        ]
        found += [(row, column) for _, column in sorted(scored)[:count]]
    return found


@settings(deadline=None, max_examples=60)
@given(
    people=st.integers(0, 9),
    things=st.integers(0, 12),
    count=st.integers(1, 15),
    budget=st.sampled_from([1, 900, 10_000, 1 << 20]),
    barred_share=st.sampled_from([0.0, 0.3, 1.0]),
    seed=st.integers(0, 1000),
)
def test_best_equals_brute_force(people, things, count, budget, barred_share, seed) -> None:
    rng = np.random.default_rng(seed)
    # few distinct whole numbers: exact products, and many ties to break
    left = rng.integers(-1, 2, (people, 3)).astype(np.float32)
    right = rng.integers(-1, 2, (things, 3)).astype(np.float32)
    barred = np.argwhere(rng.random((people, things)) < barred_share)
    barred = barred[rng.permutation(len(barred))]
    row, column, score = best(left, right, count, excluded=(barred[:, 0], barred[:, 1]), budget_bytes=budget)
    wanted = brute_force(left, right, count, {tuple(pair) for pair in barred.tolist()})
    assert list(zip(row.tolist(), column.tolist(), strict=True)) == wanted
    np.testing.assert_allclose(score, [left[r] @ right[c] for r, c in wanted], atol=1e-6)


def test_the_size_of_a_block_changes_nothing() -> None:
    rng = np.random.default_rng(3)
    left = rng.normal(size=(200, 16)).astype(np.float32)
    right = rng.normal(size=(300, 16)).astype(np.float32)
    right[150:] = right[:150]  # every item has a twin, so every score ties with another
    whole = best(left, right, 20)
    for budget in (1, 100_000, 1_000_000):
        cut = best(left, right, 20, budget_bytes=budget)
        np.testing.assert_array_equal(whole[0], cut[0])
        np.testing.assert_array_equal(whole[1], cut[1])


@pytest.mark.parametrize("all_tie", [False, True])
def test_memory_stays_within_the_budget(all_tie: bool) -> None:
    rng = np.random.default_rng(3)
    left = rng.normal(size=(2_000, 4)).astype(np.float32) * (not all_tie)
    right = rng.normal(size=(3_000, 4)).astype(np.float32)
    budget = 4 << 20  # all scores at once would need 48 MB for the product alone
    tracemalloc.start()
    row, _, _ = best(left, right, 5, budget_bytes=budget)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    answer = 6 * 8 * len(row)
    assert len(row) == 10_000
    assert peak < budget + answer


def test_scores_that_differ_in_the_seventh_decimal_tie() -> None:
    right = np.float32([[0.5], [0.5 + 3e-7], [0.5 + 2e-6]])
    row, column, _ = best(np.float32([[1]]), right, 3)
    assert (row.tolist(), column.tolist()) == ([0, 0, 0], [2, 0, 1])


def test_blocks_are_as_many_rows_as_the_budget_holds() -> None:
    # 64 bytes for a score: 1000 bytes hold 15, so 7 rows of two columns or one of any more.
    assert list(blocks(9, 2, 1000)) == [(0, 7), (7, 9)]
    assert list(blocks(2, 1, 64)) == list(blocks(2, 100, 64)) == [(0, 1), (1, 2)]
    assert list(blocks(2, 1, 63)) == [(0, 1), (1, 2)]
    assert list(blocks(2, 1, 128)) == [(0, 2)]
    assert list(blocks(2, 0, 1000)) == list(blocks(0, 2, 1000)) == []
    assert BUDGET_BYTES == 268_435_456  # 256 MiB


def test_blocks_cover_every_row_once() -> None:
    covered = [row for start, stop in blocks(1000, 77, 50_000) for row in range(start, stop)]
    assert covered == list(range(1000))


def test_positions_count_within_each_run() -> None:
    assert positions(np.array([4, 4, 4, 5, 9, 9])).tolist() == [1, 2, 3, 1, 1, 2]
    assert positions(np.array([], np.int64)).tolist() == []


def unit(*rows: list[float]) -> np.ndarray:
    matrix = np.array(rows, np.float32)
    return matrix / np.linalg.norm(matrix, axis=1, keepdims=True)


def test_a_cold_item_gets_the_factors_of_its_twin() -> None:
    rng = np.random.default_rng(0)
    warm = unit(*rng.normal(size=(50, 32)))
    factors = rng.normal(size=(50, 8)).astype(np.float32)
    np.testing.assert_allclose(borrowed(warm[[17, 3]], warm, factors), factors[[17, 3]], atol=1e-3)


def test_a_cold_item_between_two_gets_their_mean() -> None:
    warm = unit([1, 0, 0], [0, 1, 0], [0, 0, 1])
    factors = np.array([[2, 0], [0, 4], [9, 9]], np.float32)
    np.testing.assert_allclose(borrowed(unit([1, 1, 0]), warm, factors), [[1, 2]], atol=1e-3)


def test_only_the_nearest_neighbours_lend() -> None:
    warm = unit([1, 0], [0.9, 0.1], [-1, 0])
    factors = np.array([[1], [1], [1000]], np.float32)
    lent = borrowed(unit([1, 0.05]), warm, factors, neighbours=2, temperature=10)
    np.testing.assert_allclose(lent, [[1]], atol=1e-5)


def test_ten_neighbours_lend_and_the_nearer_more() -> None:
    """Cosines .9 and .88 and nine of .86: a hundredth is worth e^.5, and the eleventh lends nothing."""
    cosines = np.array([0.9, 0.88, *[0.86] * 9])
    warm = np.stack([cosines, np.sqrt(1 - cosines**2)], axis=1).astype(np.float32)
    factors = np.eye(11, dtype=np.float32)
    (lent,) = borrowed(np.float32([[1, 0]]), warm, factors)
    shares = np.exp([0, -1, *[-2] * 8])
    np.testing.assert_allclose(lent, [*shares / shares.sum(), 0], atol=1e-4)


def test_without_warm_items_nothing_is_lent() -> None:
    lent = borrowed(unit([1, 0]), np.zeros((0, 2), np.float32), np.zeros((0, 4), np.float32))
    np.testing.assert_array_equal(lent, np.zeros((1, 4)))
