"""Retrieval with one right answer per question: at which rank it was found, and what that is worth.

Right answers to the same question do not compete with each other: the others are left out of the ranking
(the *filtered* setting of Bordes et al., 2013).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_BLOCK = 256
_DIGITS = 6


def ranks(
    questions: NDArray[np.float32],
    candidates: NDArray[np.float32],
    own: Sequence[int],
    also: Sequence[Sequence[int]],
) -> NDArray[np.int64]:
    """The rank, from 1, of each question's own answer among the candidates by inner product.

    A candidate as near as the answer comes before it, and so does what is no number: what a model cannot tell
    apart it has not found.

    Args:
        questions: unit vectors, (n, d).
        candidates: unit vectors, (m, d).
        own: for each question the place of its answer among the candidates.
        also: for each question the places of other candidates that are right too and do not count.
    """
    found = np.empty(len(questions), np.int64)
    wide = candidates.T.astype(np.float64)
    for start in range(0, len(questions), _BLOCK):
        # Rounded, because a matrix product cut otherwise differs in its last bits; of float32 these would
        # reach the digits that are kept.
        near = np.round(questions[start : start + _BLOCK].astype(np.float64) @ wide, _DIGITS)
        for row, place in zip(near, range(start, start + len(near)), strict=True):
            answer = row[own[place]]
            row[[*also[place], own[place]]] = np.inf
            others = len(row) - len({*also[place], own[place]})
            found[place] = 1 + others - np.count_nonzero(row < answer)
    return found


def ndcg(ranks: NDArray[np.int64], k: int = 10) -> NDArray[np.float64]:
    """NDCG@k of each question that has one right answer: 1 / log2(1 + rank), 0 beyond ``k`` (Järvelin and
    Kekäläinen, 2002)."""
    return np.where(ranks <= k, 1.0 / np.log2(1.0 + ranks), 0.0)


def gain_lower_bound(before: NDArray[np.float64], after: NDArray[np.float64]) -> float:
    """The lower bound of what the second of two systems gains, on the same questions: the lower end of the
    one-sided 95 % interval of the mean difference. Of a hundred changes that do nothing, five seem to gain.

    Minus infinity for less than two questions.
    """
    difference = np.asarray(after, np.float64) - np.asarray(before, np.float64)
    if len(difference) < 2:
        return float("-inf")
    spread = difference.std(ddof=1) / np.sqrt(len(difference))
    return float(difference.mean() - 1.6449 * spread)
