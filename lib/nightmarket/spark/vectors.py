"""Vectors of a frame's column as a matrix."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def matrix(vectors: pd.Series, *, dimension: int = 1) -> NDArray[np.float32]:
    """(rows, dimension) of a column of lists; zeros where there is none.

    Args:
        dimension: what to take it for when no row has a vector.
    """
    known = vectors.notna().to_numpy()
    if not known.any():
        return np.zeros((len(vectors), dimension), np.float32)
    found = np.stack(vectors[known].to_list()).astype(np.float32, copy=False)
    if known.all():
        return found
    rows = np.zeros((len(vectors), found.shape[1]), np.float32)
    rows[known] = found
    return rows
