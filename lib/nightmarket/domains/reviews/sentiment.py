"""How positive a review is, as a probability: logistic regression on its vector, calibrated.

The shop's own stars are the labels: 4 and 5 are positive, 1 and 2 negative, 3 is neither and left out.
The probability is calibrated by Platt's sigmoid on predictions made for reviews left out of each fold (Platt
1999, "Probabilistic Outputs for Support Vector Machines"), so that of the reviews scored 0.8, about 80% are
positive.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from nightmarket.errors import ModelError

Floats = NDArray[np.float64]

MINIMUM_OF_EACH = 20
"""Positive and negative reviews each, below which neither direction nor calibration can be trusted."""


@dataclass(frozen=True)
class Classifier:
    """A trained classifier: plain numbers, applied without sklearn."""

    mean: Floats
    scale: Floats
    weights: Floats
    bias: float
    slope: float
    intercept: float
    """Platt's sigmoid: P(positive) = 1 / (1 + exp(slope * margin + intercept))."""
    positives: int
    negatives: int
    """Reviews of the training set."""

    def positive(self, vectors: ArrayLike) -> Floats:
        """The calibrated probability, for each row of (n, d), that the review is positive; shape (n,).

        Raises:
            ValueError: the vectors have another dimension than those it was trained on.
        """
        rows = np.asarray(vectors, np.float64)
        if rows.ndim != 2 or rows.shape[1] != len(self.weights):
            raise ValueError(f"vectors of shape {rows.shape}, but trained on {len(self.weights)} dimensions")
        margin = ((rows - self.mean) / self.scale) @ self.weights + self.bias
        # Beyond 500 the exponential overflows and the probability is 0 or 1 anyway.
        return 1.0 / (1.0 + np.exp(np.clip(self.slope * margin + self.intercept, -500.0, 500.0)))


def train(
    vectors: ArrayLike, stars: ArrayLike, *, seed: int = 0, folds: int = 5, strength: float = 0.01
) -> Classifier:
    """Train on reviews with stars.

    Each dimension is standardised first: encoders put all texts in a narrow cone, and one penalty must mean
    the same in every dimension. The same rows in the same order give the same classifier.

    Args:
        vectors: (n, d), one per review.
        stars: (n,), 1 to 5.
        seed: how reviews are dealt to the folds of the calibration.
        folds: parts of the cross-validation.
        strength: inverse of the L2 penalty (sklearn's C).

    Raises:
        ModelError: fewer than :data:`MINIMUM_OF_EACH` positive or negative reviews.
        ValueError: shapes that do not fit each other, or a vector that is not finite.
    """
    rows, rated = np.asarray(vectors, np.float64), np.asarray(stars)
    if rows.ndim != 2 or rated.shape != (len(rows),):
        raise ValueError(f"vectors of shape {rows.shape} and stars of shape {rated.shape}")
    labelled = (rated >= 4) | (rated <= 2)
    rows, positive = rows[labelled], rated[labelled] >= 4
    if not np.isfinite(rows).all():
        raise ValueError("a vector holds a value that is not finite")
    positives, negatives = int(positive.sum()), int((~positive).sum())
    if min(positives, negatives) < max(MINIMUM_OF_EACH, folds):
        raise ModelError(
            f"sentiment cannot be learnt from {positives} reviews with 4 or 5 stars and {negatives} with "
            f"1 or 2: at least {max(MINIMUM_OF_EACH, folds)} of each are needed. "
            "Read reviews of more days, or bring reviews with stars."
        )
    mean, scale = rows.mean(axis=0), rows.std(axis=0)
    scale = np.where(scale > 1e-12, scale, 1.0)
    model = CalibratedClassifierCV(
        LogisticRegression(C=strength, max_iter=1000),
        method="sigmoid",
        cv=StratifiedKFold(folds, shuffle=True, random_state=seed),
        # One classifier on all rows, and a sigmoid fitted on what each fold's classifier said of the others'.
        ensemble=False,
    ).fit((rows - mean) / scale, positive)
    (calibrated,) = model.calibrated_classifiers_
    (sigmoid,) = calibrated.calibrators
    return Classifier(
        mean=mean,
        scale=scale,
        weights=calibrated.estimator.coef_.ravel().astype(np.float64),
        bias=float(calibrated.estimator.intercept_.item()),
        slope=float(sigmoid.a_),
        intercept=float(sigmoid.b_),
        positives=positives,
        negatives=negatives,
    )


def calibration_error(probabilities: ArrayLike, outcomes: ArrayLike, bins: int = 10) -> float:
    """Expected calibration error: how far stated probabilities are from what happened, 0 (never) to 1.

    The mean, over equal-width bins of probability and weighted by their size, of the distance between a bin's
    mean probability and its share of positive outcomes (Guo et al. 2017, "On Calibration of Modern Neural
    Networks", for the positive class).
    """
    stated, happened = _checked(probabilities, outcomes)
    if not len(stated):
        raise ValueError("no probabilities to measure")
    bin_of = np.minimum((stated * bins).astype(int), bins - 1)
    stated_sums = np.bincount(bin_of, weights=stated, minlength=bins)
    happened_sums = np.bincount(bin_of, weights=happened, minlength=bins)
    return float(np.abs(stated_sums - happened_sums).sum() / len(stated))


def brier(probabilities: ArrayLike, outcomes: ArrayLike) -> float:
    """Brier's score: the mean squared distance of probability and outcome; 0 best, always 0.5 gives 0.25."""
    stated, happened = _checked(probabilities, outcomes)
    if not len(stated):
        raise ValueError("no probabilities to measure")
    return float(np.mean((stated - happened) ** 2))


def _checked(probabilities: ArrayLike, outcomes: ArrayLike) -> tuple[Floats, Floats]:
    stated, happened = np.asarray(probabilities, np.float64), np.asarray(outcomes, np.float64)
    if stated.shape != happened.shape or stated.ndim != 1:
        raise ValueError(f"probabilities of shape {stated.shape} and outcomes of shape {happened.shape}")
    if ((stated < 0) | (stated > 1)).any() or not np.isfinite(stated).all():
        raise ValueError("a probability lies outside 0 to 1")
    return stated, happened
