"""Likeness of items by what they are called and what they look like, as one inner product.

Where both items have a picture, likeness is ``(1 - weight) * text + weight * scaled(picture)``; where one has
none, it is that of the texts alone. Cosines of two models are on scales of their own (texts of e5 lie around
0.8 with little between them, pictures spread from 0 to 1), so a picture's cosine is first brought to the mean
and the spread that the texts have among the items with a picture. Otherwise items without a picture would be
in front of all others, or behind them, for no other reason than that.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]


@dataclass(frozen=True)
class Scale:
    """``factor * cosine + shift`` is a picture's cosine as if it were a text's."""

    factor: float
    shift: float


def scale(texts: Matrix, pictures: Matrix) -> Scale:
    """The scale by a sample of items that have both; (items, dimension) each, of unit length.

    The factor is no larger than keeps every likeness between -1 and 1. Fewer than two items have no pairs to
    measure it by: then pictures count as the texts' mean, of which there is none, 0.
    """
    if len(texts) < 2:
        return Scale(0.0, 0.0)
    pairs = ~np.eye(len(texts), dtype=bool)
    of_texts, of_pictures = ((side @ side.T)[pairs].astype(np.float64) for side in (texts, pictures))
    mean, centre = float(of_texts.mean()), float(of_pictures.mean())
    spread, seen = float(of_texts.std()), float(of_pictures.std())
    bounds = [(1 - mean) / max(1 - centre, 1e-9), (1 + mean) / max(1 + centre, 1e-9)]
    factor = max(0.0, min(spread / max(seen, 1e-9), *bounds))
    return Scale(factor, mean - factor * centre)


def widened(texts: Matrix, pictures: Matrix, weight: float, of: Scale, *, queries: bool) -> Matrix:
    """The rows of the queries' matrix, times the rows of the other, are likenesses.

    Args:
        texts: (items, dimension), of unit length.
        pictures: (items, another dimension), of unit length, or all zero where there is none.
        queries: which of the two it shall be.
    """
    shown = pictures.any(axis=1, keepdims=True).astype(np.float32)
    of_picture = np.float32(np.sqrt(weight * of.factor)) * pictures
    of_text = np.float32(np.sqrt(weight)) * shown * texts
    constant = np.float32(np.sqrt(weight * abs(of.shift))) * shown
    if queries:
        return np.hstack([texts, of_picture, of_text, constant])
    return np.hstack([texts, of_picture, -of_text, np.float32(np.sign(of.shift)) * constant])
