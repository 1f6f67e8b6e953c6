"""Rows with a reject reason: every row of an export stays in its frame, and what is wrong with it beside it.

They carry ``reject_reason`` (null: keep), ``reject_detail`` and ``raw``, see ``nightmarket.plan.job``.
"""

from typing import NamedTuple

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from nightmarket.spark.parts import Parts


class Split(NamedTuple):
    """Kept and rejected rows apart, where a job has a cheaper way to each than to both at once."""

    kept: DataFrame | Parts
    """The table's columns."""
    rejected: DataFrame
    """``reject_reason``, ``reject_detail``, ``raw`` and ``source_file``."""


def reject(rows: DataFrame, *rules: tuple[Column, str | Column, str | Column]) -> DataFrame:
    """Give rows without a reason that of the first rule (condition, reason, detail) that holds.

    A condition that is null does not hold. All conditions see the rows as they came in.
    """
    reason, detail = F.lit(None).cast("string"), F.lit(None).cast("string")
    for holds, name, words in reversed(rules):
        text = F.lit(words) if isinstance(words, str) else words
        reason, detail = F.when(holds, name).otherwise(reason), F.when(holds, text).otherwise(detail)
    return rows.withColumns(
        {
            "reject_reason": F.coalesce("reject_reason", reason),
            "reject_detail": F.when(valid(), detail).otherwise(F.col("reject_detail")),
        }
    )


def rejected(rows: DataFrame) -> DataFrame:
    """The rows with a reason, as :class:`Split` has them."""
    return rows.where(~valid()).select("reject_reason", "reject_detail", "raw", "source_file")


def valid() -> Column:
    """Whether a row has no reason against it so far."""
    return F.col("reject_reason").isNull()


def dedup_key(identity: Column) -> Column:
    """The key under which valid rows of one identity meet, to be partitioned by.

    A rejected row, or one whose identity is null, meets only rows that came with the very same text: it must
    not win an identity from a good row, and must not meet all others of its kind in one task.
    """
    return F.coalesce(
        F.when(valid(), F.concat(F.lit("id:"), identity)), F.concat(F.lit("raw:"), F.col("raw"))
    )
