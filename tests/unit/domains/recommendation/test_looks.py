"""Likeness by text and picture, against the formula by hand."""

import numpy as np
import pytest
from loose import loose

from nightmarket.domains import recommendation
from nightmarket.domains.recommendation.looks import Scale, scale, widened


def at(*cosines: float) -> np.ndarray:
    """Unit vectors in the plane, each with this cosine to the first axis."""
    return np.float32([[c, np.sqrt(1 - c * c)] for c in cosines])


def three(one: float, other: float, third: float) -> np.ndarray:
    """Three unit vectors with these cosines: of the first two, of first and last, of the last two."""
    return np.linalg.cholesky([[1, one, other], [one, 1, third], [other, third, 1]]).astype(np.float32)


def test_pictures_cosines_get_the_mean_and_the_spread_of_the_texts() -> None:
    # Means .4 and .3, standard deviations √(2/300) and √(2/300) · 3.
    of = scale(three(0.5, 0.3, 0.4), three(0, 0.6, 0.3))
    assert (of.factor, of.shift) == (pytest.approx(1 / 3, abs=1e-6), pytest.approx(0.3, abs=1e-6))


@pytest.mark.parametrize(
    ("texts", "pictures", "factor", "shift"),
    [
        # Means .63333 and .12: a picture's cosine of 1 becomes 1, where the spreads ask for 6.67.
        ((0.5, 0.9, 0.5), (0.1, 0.1, 0.16), 0.416667, 0.583333),
        # Means -.1 and .52: a picture's cosine of -1 becomes -1, where the spreads ask for 7.64.
        ((-0.3, 0.2, -0.2), (0.5, 0.5, 0.56), 0.592105, -0.407895),
    ],
)
def test_the_factor_keeps_every_likeness_within_one(texts, pictures, factor: float, shift: float) -> None:
    of = scale(three(*texts), three(*pictures))
    assert (of.factor, of.shift) == (pytest.approx(factor, abs=1e-5), pytest.approx(shift, abs=1e-5))


def test_a_likeness_stays_between_minus_one_and_one() -> None:
    drawn = np.random.default_rng(8)
    for spread in (0.01, 0.1, 1.0, 10.0):
        for other in (0.01, 1.0, 10.0):
            sides = (1 + spread * drawn.normal(size=(50, 9)), 1 + other * drawn.normal(size=(50, 9)))
            texts, looks = ((s / np.linalg.norm(s, axis=1, keepdims=True)).astype(np.float32) for s in sides)
            of = scale(texts, looks)
            assert of.factor + of.shift <= 1 + 1e-9
            assert -of.factor + of.shift >= -1 - 1e-9


def test_one_item_has_no_pairs_and_two_have_one() -> None:
    assert scale(at(1), at(1)) == Scale(0.0, 0.0)
    assert scale(np.zeros((0, 2), np.float32), np.zeros((0, 2), np.float32)) == Scale(0.0, 0.0)
    # One pair has a mean and no spread: pictures count as the texts' mean.
    of = scale(at(1, 0.6), at(1, 0.25))
    assert (of.factor, of.shift) == (0, pytest.approx(0.6))


def test_pictures_that_are_all_the_same_count_as_the_texts_mean() -> None:
    of = scale(at(1, 0.6, 0.8), at(1, 1, 1))
    assert of.factor + of.shift == pytest.approx(float(np.mean([0.6, 0.8, 0.6 * 0.8 + 0.8 * 0.6])), abs=1e-6)


@pytest.mark.parametrize("shift", [0.3, -0.2, 0.0])
@pytest.mark.parametrize("weight", [0.0, 0.4, 1.0])
def test_the_inner_product_is_the_likeness(weight: float, shift: float) -> None:
    texts, pictures = at(1, 0.6, 0.28, 0.8), at(0.96, 1, 0.28, 0.6)
    pictures[1] = 0
    of = Scale(0.7, shift)
    one = widened(texts, pictures, weight, of, queries=True)
    other = widened(texts, pictures, weight, of, queries=False)
    likeness = one @ other.T
    for a in range(4):
        for b in range(4):
            text = float(texts[a] @ texts[b])
            picture = 0.7 * float(pictures[a] @ pictures[b]) + shift
            right = text if 1 in (a, b) else (1 - weight) * text + weight * picture
            assert likeness[a, b] == pytest.approx(right, abs=1e-6), (a, b)


def test_values_of_the_room_cannot_be_changed() -> None:
    assert loose(recommendation) == []
