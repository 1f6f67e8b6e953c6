"""What a counted frame's histograms say: the rows of each partition, over how often it was computed."""

import json

import pytest

from nightmarket.spark.meter import _once


def histogram(*entries: tuple[int, int]) -> str:
    return json.dumps([{"x": x, "y": float(y)} for x, y in entries])


def test_partitions_computed_once_add_up() -> None:
    assert _once(histogram((0, 200), (1, 150)), histogram((0, 1), (1, 1))) == 350


@pytest.mark.parametrize(
    ("rows", "tries"),
    [
        pytest.param(histogram((0, 200), (1, 150), (0, 200)), histogram((0, 1), (1, 1), (0, 1)), id="apart"),
        pytest.param(histogram((0, 400), (1, 150)), histogram((0, 2), (1, 1)), id="put together"),
    ],
)
def test_a_partition_computed_twice_counts_once(rows: str, tries: str) -> None:
    assert _once(rows, tries) == 350


def test_a_partition_without_rows_that_count_adds_none() -> None:
    assert _once(histogram((1, 3)), histogram((0, 1), (1, 1))) == 3


def test_nothing_was_counted() -> None:
    assert (_once(None, None), _once("[]", "[]")) == (0, 0)


def test_tries_that_differ_are_an_error() -> None:
    with pytest.raises(RuntimeError, match="partition 0 was computed 2 times and held 401 rows"):
        _once(histogram((0, 401)), histogram((0, 2)))
