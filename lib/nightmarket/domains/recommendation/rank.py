"""The best few items for each person, exactly, in bounded memory.

Scores are computed for a block of people against all items at once, and only the best of each block are kept.
The order is total: the higher score first, and among equal scores the item that comes first in the given
order of items. Two runs therefore agree even where scores tie.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]
Indexes = NDArray[np.int64]

SCORE_DECIMALS = 6
"""Scores are computed in float64 and rounded before they are compared: a matrix product cut into other blocks
differs in its last bits, by place too, and twins (two listings with the same factors) must still tie. Of
float32 the last bits reach the sixth decimal, so rounding alone would tear some apart."""

BUDGET_BYTES = 256 << 20
"""Working memory, unless somebody says otherwise."""

_BYTES_PER_SCORE = 64
"""Peak bytes of :func:`best` per score in a block, when all scores tie: the product, its rounded and
partitioned copies and masks, then two 8-byte positions per score and their sorted copies."""


def best(
    left: Matrix,
    right: Matrix,
    count: int,
    *,
    excluded: tuple[Indexes, Indexes] | None = None,
    budget_bytes: int = BUDGET_BYTES,
) -> tuple[Indexes, Indexes, Matrix]:
    """The ``count`` rows of ``right`` with the highest inner product, for each row of ``left``.

    Args:
        left: (people, rank). right: (items, rank).
        excluded: pairs (row of left, row of right) that may not be chosen, as two arrays of one length.
        budget_bytes: working memory beside the inputs, a copy of ``right`` in float64 and the answer; rows
            are cut into blocks to keep it, at least one row at a time.

    Returns:
        Three arrays of one length: the row of ``left``, the row of ``right`` and the score, ordered by row
        of ``left`` and, within it, best first. A row has fewer than ``count`` entries when fewer are allowed.
    """
    rows: list[Indexes] = []
    columns: list[Indexes] = []
    scores: list[Matrix] = []
    barred_rows, barred_columns = excluded if excluded is not None else _no_pairs()
    wide = right.T.astype(np.float64)
    by_row = np.argsort(barred_rows, kind="stable")
    barred_rows, barred_columns = barred_rows[by_row], barred_columns[by_row]
    for start, stop in blocks(len(left), len(right), budget_bytes):
        block = left[start:stop].astype(np.float64) @ wide
        np.round(block, SCORE_DECIMALS, out=block)
        first, last = np.searchsorted(barred_rows, [start, stop])
        block[barred_rows[first:last] - start, barred_columns[first:last]] = -np.inf
        row, column = _top(block, count)
        rows.append(row + start)
        columns.append(column)
        scores.append(block[row, column].astype(np.float32))
    if not rows:
        return (*_no_pairs(), np.zeros(0, np.float32))
    return np.concatenate(rows), np.concatenate(columns), np.concatenate(scores)


def blocks(rows: int, columns: int, budget_bytes: int) -> Iterator[tuple[int, int]]:
    """Ranges of rows whose scores against all columns fit the budget; none when there is nothing to score."""
    if not columns:
        return
    size = max(1, budget_bytes // (columns * _BYTES_PER_SCORE))
    for start in range(0, rows, size):
        yield start, min(rows, start + size)


def positions(rows: Indexes) -> Indexes:
    """1, 2, 3 … within each run of equal values: the rank of each entry that :func:`best` returns."""
    if not len(rows):
        return rows
    starts = np.flatnonzero(np.r_[True, rows[1:] != rows[:-1]])
    return np.arange(len(rows)) - np.repeat(starts, np.diff(np.r_[starts, len(rows)])) + 1


def borrowed(
    cold: Matrix,
    warm: Matrix,
    warm_factors: Matrix,
    *,
    neighbours: int = 10,
    temperature: float = 0.02,
    budget_bytes: int = BUDGET_BYTES,
) -> Matrix:
    """Factors for items nobody has touched yet, lent by the items most like them.

    Args:
        cold: (new items, dimension) and warm: (known items, dimension), unit-length embeddings.
        warm_factors: (known items, rank).
        temperature: a neighbour's share is ``exp(cosine / temperature)`` over the sum of all. Cosines of
            sentence encoders are compressed (e5: 0.87 related, 0.78 unrelated), so only differences count: at
            0.02 a twin outweighs a neighbour 0.1 further away 150 times.

    Returns:
        (new items, rank); each row a weighted mean of factors, so no new item can outscore all it resembles.
    """
    lent = np.zeros((len(cold), warm_factors.shape[1]), np.float32)
    row, column, cosine = best(cold, warm, neighbours, budget_bytes=budget_bytes)
    if not len(row):
        return lent
    first = positions(row) == 1
    nearest = np.zeros(len(cold), np.float32)
    nearest[row[first]] = cosine[first]
    share = np.exp((cosine - nearest[row]) / temperature)  # the best is subtracted to keep exp() in range
    total = np.bincount(row, weights=share, minlength=len(cold))
    np.add.at(lent, row, (share / total[row])[:, None].astype(np.float32) * warm_factors[column])
    return lent


def _top(block: NDArray[np.float64], count: int) -> tuple[Indexes, Indexes]:
    """(row, column) of the best ``count`` of each row in total order, leaving out what is barred (-inf)."""
    if count < block.shape[1]:
        bar = -np.partition(-block, count - 1, axis=1)[:, count - 1 : count]
        chosen = (block >= bar) & np.isfinite(block)  # ties at the bar are all kept here, and cut below
    else:
        chosen = np.isfinite(block)
    row, column = np.nonzero(chosen)
    order = np.lexsort((column, -block[row, column], row))
    row, column = row[order], column[order]
    keep = positions(row) <= count
    return row[keep], column[keep]


def _no_pairs() -> tuple[Indexes, Indexes]:
    return np.zeros(0, np.int64), np.zeros(0, np.int64)
