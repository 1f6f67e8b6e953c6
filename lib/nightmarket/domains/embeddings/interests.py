"""What a person is drawn to: the mean of what they touched, and its parts where one mean would blur them.

Somebody who buys tea and motor oil is not drawn to what lies between the two. So the vectors are cut into
groups by spherical k-means (Dhillon and Modha 2001), and the groups are kept as interests of their own when
they explain enough of how the vectors differ.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]
_ROUNDS = 20


@dataclass(frozen=True)
class Interest:
    """``number`` 0 is the whole; 1 and more are its parts, strongest first."""

    number: int
    members: NDArray[np.intp]
    """Rows of the vectors given."""
    share: float
    """Of the weight of all rows."""
    vector: Matrix
    """Weighted mean of its members, of length 1."""


def interests(
    vectors: Matrix, weights: NDArray[np.float64], *, most: int = 3, at_least: int = 6, explained: float = 0.5
) -> list[Interest]:
    """The whole, and two to ``most`` parts of it, if there are so many.

    Args:
        vectors: (items, dimensions), in a fixed order: among equals the first counts.
        weights: (items), above 0.
        at_least: items below which nobody has several interests.
        explained: share of the weighted variance about the mean that the parts must take away. It compares
            the vectors with each other only, so it holds for encoders whose cosines are all high.
    """
    whole = _interest(0, np.arange(len(vectors)), vectors, weights)
    if len(vectors) < at_least:
        return [whole]
    groups = _groups(vectors, weights, most)
    spread = _spread(vectors, weights)
    if len(groups) < 2 or spread <= 0:
        return [whole]
    within = sum(_spread(vectors[group], weights[group]) for group in groups)
    if within > (1 - explained) * spread:
        return [whole]
    groups.sort(key=lambda group: (-weights[group].sum(), group[0]))
    return [
        whole,
        *(_interest(n, group, vectors, weights) for n, group in enumerate(groups, 1)),
    ]


def _interest(
    number: int, members: NDArray[np.intp], vectors: Matrix, weights: NDArray[np.float64]
) -> Interest:
    own = weights[members]
    mean = own @ vectors[members]
    length = float(np.linalg.norm(mean))
    # Opposite vectors may cancel out; what weighs most then stands for them.
    mean = mean / length if length > 1e-9 else vectors[members[int(own.argmax())]]
    return Interest(number, members, float(own.sum() / weights.sum()), mean.astype(np.float32))


def _spread(vectors: Matrix, weights: NDArray[np.float64]) -> float:
    centre = weights @ vectors / weights.sum()
    return float(weights @ ((vectors - centre) ** 2).sum(axis=1))


def _groups(vectors: Matrix, weights: NDArray[np.float64], most: int) -> list[NDArray[np.intp]]:
    """Spherical k-means, begun with what weighs most and then with what is farthest from those chosen."""
    # So that equal cosines are equal once they are rounded, wherever in a product they stand.
    vectors = vectors.astype(np.float64)
    chosen = [int(weights.argmax())]
    while len(chosen) < most:
        nearest = (vectors @ vectors[chosen].T).max(axis=1)
        farthest = int(np.round(nearest, 6).argmin())
        if farthest in chosen:
            break
        chosen.append(farthest)
    centres = vectors[chosen]
    place = np.full(len(vectors), -1)
    for _ in range(_ROUNDS):
        moved = np.round(vectors @ centres.T, 6).argmax(axis=1)
        if (moved == place).all():
            break
        place = moved
        kept = [n for n in range(len(centres)) if (place == n).any()]
        sums = np.stack([weights[place == n] @ vectors[place == n] for n in kept])
        centres = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-12)
        place = np.searchsorted(kept, place)
    return [np.flatnonzero(place == n) for n in range(len(centres))]
