"""The clocks of tonight's logs, and which of their pauses say nothing.

A log is a file of the export: a till and a web shop may hand over one each, with clocks of their own. A file
of fewer than ``ENOUGH`` events goes by all of the night's together. There is no least number for those: of a
few round times nobody can say that they show seconds, and to take them for coarse keeps rows, it loses none.
"""

from collections import Counter

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from nightmarket.spark.clocks import ENOUGH, coarsest, slot


def unit(events: DataFrame, where: Column) -> Column | None:
    """The unit of the log that a row is of, in seconds, 0 for one that shows seconds; None when all do.

    Args:
        events: ``event_at`` and ``source_file``; read once, here.
        where: the events whose times tell of the clock.
    """
    counted = events.where(where).groupBy("source_file", slot(F.col("event_at")).alias("slot")).count()
    logs: dict[str, Counter[int | None]] = {}
    for row in counted.collect():
        logs.setdefault(row.source_file, Counter())[row.slot] += row["count"]
    together = coarsest(sum(logs.values(), Counter()))
    coarse: dict[int, list[str]] = {}
    for log, counts in logs.items():
        found = coarsest(counts) if counts.total() >= ENOUGH else together
        if found:
            coarse.setdefault(found, []).append(log)
    shown = F.lit(0)
    for seconds, names in coarse.items():
        shown = F.when(F.col("source_file").isin(names), seconds).otherwise(shown)
    return shown if coarse else None


def says_nothing(pause: Column, unit: Column | None) -> Column:
    """Whether a pause before ``event_at`` is likely a coarser clock's, though the log shows seconds: there is
    none, and it is a full hour.

    A few rows of such a clock may be among others in one file. Of those that show seconds one in 900 is on a
    quarter of an hour, which in some zone is a full hour, so next to nothing is missed by it.
    """
    alike = (pause == 0) & (F.unix_micros("event_at") % 900_000_000 == 0)
    return alike if unit is None else alike & (unit == 0)
