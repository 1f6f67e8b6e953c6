"""What an audit shows of rows: a few of many, by their keys, and never a value that could name a person."""

from collections.abc import Sequence
from hashlib import sha256

from pyspark.sql import DataFrame, Row, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T

from nightmarket.contracts import Column, Contract

EXAMPLES = 3
_LONGEST_DETAIL = 120
"""Characters."""


def broken_rows(rows: DataFrame, contract: Contract, column: Column) -> list[str]:
    """Three of the rows by their keys, and the value that is wrong."""
    keys = [key for key in contract.keys if key != "day"]
    order = keys or [column.name]
    if any(isinstance(rows.schema[name].dataType, T.MapType) for name in order):
        order = []
    names = list(dict.fromkeys([*keys, column.name]))
    chosen = rows.select(*names).orderBy(*order) if order else rows.select(*names)
    return [shown(row, contract, names) for row in chosen.take(EXAMPLES)]


def rejected_rows(rejected: DataFrame, reasons: Sequence[str]) -> list[str]:
    """Three details of rows rejected for these reasons, of as many reasons as there are.

    A detail hides what is personal when it is written; the row itself is shown by `nightmarket show` alone.
    """
    place = F.row_number().over(Window.partitionBy("reason").orderBy("detail", "source_file"))
    first = (
        rejected.where(F.col("reason").isin(*reasons))
        .select("reason", "detail", "source_file")
        .distinct()
        .withColumn("place", place)
        .where(F.col("place") <= EXAMPLES)
    )
    order = {reason: number for number, reason in enumerate(reasons)}
    # The first of each reason before the second of any.
    found = sorted(first.collect(), key=lambda row: (row["place"], order[row["reason"]]))[:EXAMPLES]
    return [f"'{_short(row['detail'] or row['reason'])}' in {row['source_file']}" for row in found]


def shown(row: Row, contract: Contract, names: Sequence[str]) -> str:
    return ", ".join(f"{name}={_value(row[name], contract.column(name))}" for name in names)


def _value(value: object, column: Column) -> str:
    if value is None:
        return "null"
    if column.classification in ("personal", "pseudonymous"):
        return "sha256:" + sha256(str(value).encode()).hexdigest()[:12]
    text = f"{len(value):,} bytes" if isinstance(value, bytes | bytearray) else str(value)
    return text if len(text) <= 40 else text[:37] + "..."


def _short(detail: str) -> str:
    line = " ".join(detail.split())
    return line if len(line) <= _LONGEST_DETAIL else f"{line[: _LONGEST_DETAIL - 3]}..."
