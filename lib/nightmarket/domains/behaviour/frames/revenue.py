"""What was sold, by currency."""

from pyspark.sql import Column
from pyspark.sql import functions as F

MONEY = "decimal(38,4)"
"""Of sums: the largest price times the largest quantity fits with room to spare."""


def pieces() -> Column:
    """A line without a quantity is one piece."""
    return F.coalesce("quantity", F.lit(1))


def currency() -> Column:
    """ "" where the log names none."""
    return F.coalesce("currency", F.lit(""))


def totals(sold: Column) -> Column:
    """(key, value) pairs as a map of sums, null when there are none."""
    keys = F.array_sort(F.array_distinct(F.transform(sold, lambda sale: sale.key)))

    def total(key: Column) -> Column:
        of_it = F.filter(sold, lambda sale: sale.key == key)
        return F.aggregate(of_it, F.lit(0).cast(MONEY), lambda so_far, sale: so_far + sale.value)

    return F.when(F.size(keys) > 0, F.map_from_arrays(keys, F.transform(keys, total)))
