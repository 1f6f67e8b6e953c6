"""Tastes from implicit feedback: matrix factorisation by alternating least squares.

The method is Hu, Koren and Volinsky, "Collaborative Filtering for Implicit Feedback Datasets" (2008),
as computed by the package ``implicit``. Nobody says what they dislike; a shop only sees what was touched, and
how much. So every pair that was seen is a positive whose confidence grows with its weight, and every other
pair is a negative of confidence 1.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.object_]
Matrix = NDArray[np.float32]


@dataclass(frozen=True)
class Factors:
    """Row ``n`` of ``user_factors`` belongs to ``users[n]``, likewise the items; both sorted by id."""

    users: Ids
    user_factors: Matrix
    items: Ids
    item_factors: Matrix


def factorise(
    users: Ids,
    items: Ids,
    weights: NDArray[np.float64],
    *,
    rank: int = 32,
    alpha: float = 1.0,
    regularisation: float = 0.05,
    iterations: int = 15,
    seed: int = 0,
) -> Factors:
    """Learn factors such that ``user_factors @ item_factors.T`` is high where a person would want an item.

    Args:
        users, items, weights: three arrays of one length, one entry per pair; pairs of weight 0 or less
            are no part of the training set, and so are people and items that have no other pair.
        rank: numbers per person and per item. Data too small to fill them gets fewer, see
        :func:`fitting_rank`.
        alpha: confidence is ``1 + alpha * log(1 + weight)``; the logarithm keeps a hundred views of one item
            from drowning out everything else the person did.
        regularisation, iterations, seed: as in ``implicit``.

    The same pairs in any order with the same seed give the same factors up to floating-point rounding.
    """
    positive = weights > 0
    user_ids, rows = np.unique(users[positive], return_inverse=True)
    item_ids, columns = np.unique(items[positive], return_inverse=True)
    if not len(user_ids):
        nothing = np.zeros((0, rank), np.float32)
        return Factors(user_ids, nothing, item_ids, nothing)

    # Imported first: it brings a BLAS of its own, whose threads under implicit's own threads make it many
    # times slower. implicit itself only warns about it.
    from implicit.cpu.als import AlternatingLeastSquares
    from scipy.sparse import csr_matrix
    from threadpoolctl import threadpool_limits

    # Given an alpha, implicit multiplies confidences itself, but then 0.5 would be *less* than "not seen".
    confidence = (1 + alpha * np.log1p(weights[positive])).astype(np.float32)
    user_items = csr_matrix((confidence, (rows, columns)), shape=(len(user_ids), len(item_ids)))

    with threadpool_limits(limits=1, user_api="blas"):
        model = AlternatingLeastSquares(
            factors=fitting_rank(rank, len(user_ids), len(item_ids)),
            regularization=regularisation,
            iterations=iterations,
            random_state=seed,
        )
        model.fit(user_items, show_progress=False)
    return Factors(user_ids, model.user_factors, item_ids, model.item_factors)


def fitting_rank(rank: int, users: int, items: int) -> int:
    """At most half the smaller side: more factors than that learn each pair by heart instead of a taste."""
    return max(2, min(rank, min(users, items) // 2))
