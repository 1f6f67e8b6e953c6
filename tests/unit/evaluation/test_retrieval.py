"""Ranks and what they are worth, by hand."""

import numpy as np
import pytest

from nightmarket.evaluation import gain_lower_bound, ndcg, ranks

CANDIDATES = np.eye(4, dtype=np.float32)


def test_the_rank_counts_what_is_nearer_and_what_is_as_near() -> None:
    questions = np.array([[0.9, 0.4, 0.1, 0.0], [0.5, 0.5, 0.5, 0.1], [0.1, 0.2, 0.3, 0.4]], np.float32)
    assert ranks(questions, CANDIDATES, [0, 1, 0], [[], [], []]).tolist() == [1, 3, 4]


def test_other_right_answers_do_not_compete() -> None:
    questions = np.array([[0.1, 0.2, 0.3, 0.4]] * 2, np.float32)
    assert ranks(questions, CANDIDATES, [0, 0], [[3], [1, 2, 3]]).tolist() == [3, 1]


def test_a_model_that_cannot_tell_texts_apart_finds_nothing() -> None:
    same = np.ones((4, 4), np.float32) / 2
    assert ranks(same, same, [0, 1, 2, 3], [[]] * 4).tolist() == [4] * 4


def test_more_questions_than_fit_one_block() -> None:
    vectors = np.random.default_rng(0).normal(size=(700, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    assert (ranks(vectors, vectors, range(700), [[]] * 700) == 1).all()
    last = np.argsort(-(vectors @ vectors[699]), kind="stable").tolist()
    assert ranks(vectors, vectors, [last[4]] * 700, [[]] * 700)[699] == 5


def test_a_difference_in_the_seventh_digit_is_none() -> None:
    candidates = np.array([[1.0, 0.0], [1.0 - 3e-7, 0.0], [1.0 - 3e-6, 0.0]], np.float32)
    assert ranks(np.float32([[1, 0]]), candidates, [0], [[]]).tolist() == [2]


def test_what_is_no_number_comes_before_the_answer() -> None:
    candidates = np.array([[0.9, 0], [np.nan, 0], [0.1, 0]], np.float32)
    assert ranks(np.float32([[1, 0]]), candidates, [0], [[]]).tolist() == [2]


def test_ndcg_of_one_right_answer() -> None:
    assert ndcg(np.array([1, 2, 3, 10, 11])) == pytest.approx([1.0, 0.63093, 0.5, 0.28906, 0.0], abs=1e-5)
    assert ndcg(np.array([2, 3]), k=2) == pytest.approx([0.63093, 0.0], abs=1e-5)


def test_the_lower_bound_of_a_gain_by_hand() -> None:
    # Gains 0, 0.1, 0.5: mean 0.2, standard deviation (n - 1) 0.264575, over the root of 3, times 1.6449.
    assert gain_lower_bound(np.zeros(3), np.array([0.0, 0.1, 0.5])) == pytest.approx(0.2 - 0.251264, abs=1e-5)
    # The least that has a spread at all: mean 0.2, standard deviation 0.141421.
    assert gain_lower_bound(np.zeros(2), np.array([0.1, 0.3])) == pytest.approx(0.2 - 0.16449, abs=1e-5)


def test_chance_is_no_gain() -> None:
    # Twenty pairs of trials that change nothing: the interval holds nought in some 95 of 100.
    draw = np.random.default_rng(3)
    before, after = draw.random((2, 1000, 200))
    gained = sum(gain_lower_bound(a, b) > 0 for a, b in zip(before, after, strict=True))
    assert 25 <= gained <= 75
    assert gain_lower_bound(before[0], before[0] + 0.1) == pytest.approx(0.1)
    assert gain_lower_bound(before[0][:1], after[0][:1]) == float("-inf")
