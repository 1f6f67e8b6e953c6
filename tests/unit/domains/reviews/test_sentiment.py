"""Sentiment: a planted direction is found, and its probabilities mean what they say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loose import loose

from nightmarket.domains import reviews as room
from nightmarket.domains.reviews.sentiment import MINIMUM_OF_EACH, Classifier, brier, calibration_error, train
from nightmarket.errors import ModelError

DIMENSION = 24


def reviews(count: int, seed: int, *, sharpness: float = 3.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vectors, stars, and the planted probability that each review is positive.

    Unit vectors in a narrow cone, as an encoder's are; sentiment lies along one direction across it.
    """
    random = np.random.default_rng(seed)
    # What is planted belongs to the world, not to the sample.
    world = np.random.default_rng(99)
    direction = world.normal(size=DIMENSION)
    direction /= np.linalg.norm(direction)
    raw = random.normal(size=(count, DIMENSION))
    positive = 1 / (1 + np.exp(-sharpness * (raw @ direction) - 0.7))
    drawn = random.random(count)
    stars = np.where(drawn < positive, random.integers(4, 6, count), random.integers(1, 3, count))
    stars[random.random(count) < 0.1] = 3
    vectors = 10 * np.ones(DIMENSION) + raw
    return vectors / 60, stars, positive


def test_a_planted_direction_is_found_and_its_probabilities_are_right() -> None:
    vectors, stars, _ = reviews(6000, 1)
    unseen, their_stars, positive = reviews(6000, 2)
    classifier = train(vectors, stars, seed=0)
    said = classifier.positive(unseen)
    kept = their_stars != 3
    happened = their_stars[kept] >= 4
    assert np.mean((said[kept] >= 0.5) == happened) > np.mean((positive[kept] >= 0.5) == happened) - 0.02
    assert np.corrcoef(said, positive)[0, 1] > 0.98
    assert calibration_error(said[kept], happened) < 0.03
    assert brier(said[kept], happened) < brier(positive[kept], happened) + 0.01


def test_texts_that_say_nothing_get_the_share_of_positive_reviews() -> None:
    random = np.random.default_rng(5)
    vectors = random.normal(size=(4000, DIMENSION))
    stars = np.where(random.random(4000) < 0.8, 5, 1)
    said = train(vectors, stars).positive(random.normal(size=(2000, DIMENSION)))
    assert abs(said.mean() - 0.8) < 0.03
    assert said.std() < 0.1


def test_the_same_reviews_give_the_same_classifier() -> None:
    vectors, stars, _ = reviews(200, 3)
    one, two, other = (train(vectors, stars, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(one.weights, two.weights)
    assert (one.bias, one.slope, one.intercept) == (two.bias, two.slope, two.intercept)
    assert one.slope != other.slope


def test_three_stars_are_no_label() -> None:
    vectors, stars, _ = reviews(200, 3)
    labelled = stars != 3
    all_of_them, without = train(vectors, stars), train(vectors[labelled], stars[labelled])
    assert np.array_equal(all_of_them.weights, without.weights)
    assert all_of_them.positives == (stars >= 4).sum()
    assert all_of_them.negatives == (stars <= 2).sum()


@pytest.mark.parametrize(
    ("stars", "positive", "negative"),
    [
        ([5] * 100, 100, 0),
        ([1] * 100, 0, 100),
        ([3] * 100, 0, 0),
        ([5] * 50 + [4] * 40 + [1] * 10 + [2] * 9, 90, 19),
        ([4] * 19 + [2] * 20, 19, 20),
    ],
)
def test_too_few_of_a_kind_is_said_in_a_sentence(stars: list[int], positive: int, negative: int) -> None:
    vectors = np.random.default_rng(0).normal(size=(len(stars), DIMENSION))
    with pytest.raises(ModelError) as refused:
        train(vectors, stars)
    assert str(refused.value) == (
        f"sentiment cannot be learnt from {positive} reviews with 4 or 5 stars and {negative} with 1 or 2: "
        "at least 20 of each are needed. Read reviews of more days, or bring reviews with stars."
    )
    with pytest.raises(ModelError, match="at least 21 of each"):
        train(vectors, stars, folds=21)


def test_the_minimum_is_enough() -> None:
    random = np.random.default_rng(0)
    stars = np.array([5] * MINIMUM_OF_EACH + [1] * MINIMUM_OF_EACH)
    vectors = random.normal(size=(len(stars), DIMENSION)) + 3 * (stars >= 4)[:, None]
    assert ((train(vectors, stars).positive(vectors) > 0.5) == (stars >= 4)).all()


def test_a_dimension_that_never_varies_does_no_harm() -> None:
    vectors, stars, _ = reviews(200, 3)
    vectors[:, 0] = 0.25
    said = train(vectors, stars).positive(vectors)
    assert np.isfinite(said).all()


def test_shapes_that_do_not_fit_are_refused() -> None:
    vectors, stars, _ = reviews(100, 3)
    for rows, rated in ((vectors, stars[:-1]), (vectors[:-1], stars)):
        with pytest.raises(ValueError, match="shape"):
            train(rows, rated)
    with pytest.raises(ValueError, match=r"vectors of shape \(100,\) and stars of shape \(100,\)"):
        train(stars, stars)
    with pytest.raises(ValueError, match="24 dimensions"):
        train(vectors, stars).positive(vectors[:, :5])
    vectors[0, 0] = np.nan
    stars[0] = 5
    with pytest.raises(ValueError, match="not finite"):
        train(vectors, stars)


@settings(deadline=None)
@given(st.floats(-1e9, 1e9))
def test_a_probability_stays_one_however_far_out_the_text(far: float) -> None:
    one = np.ones(2)
    classifier = Classifier(0 * one, one, one, 0.0, -1.0, 0.0, 20, 20)
    (said,) = classifier.positive([[far, far]])
    assert 0 <= said <= 1
    assert said == pytest.approx(1 / (1 + np.exp(-np.clip(2 * far, -500, 500))))


@pytest.mark.parametrize(
    ("stated", "happened", "error", "score"),
    [
        ([0.0, 1.0], [0, 1], 0.0, 0.0),
        ([1.0, 0.0], [0, 1], 1.0, 1.0),
        ([0.75] * 4, [1, 1, 1, 0], 0.0, 0.1875),
        ([0.75] * 4, [0, 0, 0, 0], 0.75, 0.5625),
        # Two bins: 0.25 stated of 0 in three rows, 0.9 stated of 1 in one.
        ([0.25, 0.25, 0.25, 0.9], [0, 0, 0, 1], 0.2125, 0.049375),
    ],
)
def test_calibration_by_hand(stated: list[float], happened: list[int], error: float, score: float) -> None:
    assert calibration_error(stated, happened) == pytest.approx(error)
    assert brier(stated, happened) == pytest.approx(score)


@pytest.mark.parametrize("measure", [calibration_error, brier])
def test_what_is_no_probability_is_refused(measure) -> None:
    for stated in (1.2, -0.1, np.nan, np.inf):
        with pytest.raises(ValueError, match="outside"):
            measure([stated], [1])
    with pytest.raises(ValueError, match="no probabilities"):
        measure([], [])
    with pytest.raises(ValueError, match=r"shape \(2,\) and outcomes of shape \(1,\)"):
        measure([0.5, 0.5], [1])
    with pytest.raises(ValueError, match="shape"):
        measure([[0.5]], [[1]])


def test_the_bins_of_calibration_are_equal_in_width_and_ten() -> None:
    # 0.19 and 0.21 lie in two bins of a tenth, in one of a half.
    assert calibration_error([0.19, 0.21], [0, 1]) == pytest.approx(0.49)
    assert calibration_error([0.19, 0.21], [0, 1], bins=2) == pytest.approx(0.3)
    # The upper end of the last bin belongs to it.
    assert calibration_error([0.95, 1.0], [1, 0], bins=10) == pytest.approx(0.475)


def test_weak_evidence_is_believed_little_by_default() -> None:
    """The penalty by default is sklearn's C of 0.01; a weaker one gives larger weights."""
    vectors, stars, _ = reviews(200, 3)
    default, same, weaker = (
        train(vectors, stars, **options) for options in ({}, {"strength": 0.01}, {"strength": 1.0})
    )
    assert np.array_equal(default.weights, same.weights)
    assert np.abs(weaker.weights).sum() > 1.5 * np.abs(default.weights).sum()
    assert train(vectors, stars, seed=0, folds=5).slope == default.slope
    assert train(vectors, stars, folds=4).slope != default.slope


def test_the_probability_is_platts_sigmoid_of_the_standardised_margin() -> None:
    classifier = Classifier(
        np.array([1.0, 2.0]), np.array([2.0, 4.0]), np.array([3.0, -1.0]), 0.5, -2.0, 0.25, 20, 20
    )
    # (3 - 1) / 2 * 3 + (10 - 2) / 4 * -1 + 0.5 = 1.5; 1 / (1 + e^(-3 + 0.25)) = 0.93992
    assert classifier.positive([[3.0, 10.0]]) == pytest.approx([0.93992], abs=1e-5)
    with pytest.raises(ValueError, match="shape"):
        classifier.positive([3.0, 10.0])
    with pytest.raises(ValueError, match=r"vectors of shape \(1, 2, 2\), but trained on 2 dimensions"):
        classifier.positive(np.zeros((1, 2, 2)))


def test_values_of_the_room_cannot_be_changed() -> None:
    assert loose(room) == []
