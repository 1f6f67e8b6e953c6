"""Names as their places in a list, which have an order that a minimum or a maximum can find."""

from collections.abc import Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F


def place_of(name: Column, names: Sequence[str]) -> Column:
    """Where a name stands in the list, from 1; null when it does not."""
    return F.create_map(*(F.lit(part) for pair in enumerate(names, 1) for part in reversed(pair)))[name]


def name_at(place: Column, names: Sequence[str]) -> Column:
    """The name at a place of the list, from 1; null of null."""
    return F.element_at(F.array(*map(F.lit, names)), place)
