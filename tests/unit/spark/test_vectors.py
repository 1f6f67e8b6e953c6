"""Vectors of a column as a matrix, with zeros where there is none."""

import numpy as np
import pandas as pd
import pytest

from nightmarket.spark.vectors import matrix


@pytest.mark.parametrize(
    ("vectors", "rows"),
    [
        ([[1.0, 2.0], [3.0, 4.0]], [[1, 2], [3, 4]]),
        ([None, [3.0, 4.0], None], [[0, 0], [3, 4], [0, 0]]),
        ([np.array([1, 2], np.float32), None], [[1, 2], [0, 0]]),
        ([None, None], [[0, 0, 0], [0, 0, 0]]),
    ],
)
def test_a_row_for_each(vectors: list, rows: list) -> None:
    found = matrix(pd.Series(vectors, dtype=object), dimension=3)
    assert found.dtype == np.float32
    assert found.tolist() == rows


def test_no_rows_have_the_dimension_that_is_given() -> None:
    assert matrix(pd.Series([], dtype=object)).shape == (0, 1)
    assert matrix(pd.Series([], dtype=object), dimension=3).shape == (0, 3)
