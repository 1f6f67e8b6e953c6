"""What the clock of a log shows at best: full days, hours or minutes, or seconds and finer.

Some logs keep the hour only (Tianchi's shoppers), or the date (Tmall's). Between two of their events a pause
of nothing may have been an hour, so whatever counts seconds must first ask what the times themselves show.

A log is a file of the export: a till and a web shop may hand over one each, with clocks of their own. A file
of fewer than ``ENOUGH`` events goes by all of the night's together. There is no least number for those: of a
few round times nobody can say that they show seconds, and to take them for coarse keeps rows, it loses none.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

UNITS = {
    86400: "days",
    3600: "hours",
    1800: "half-hours",
    900: "quarters of an hour",
    300: "five minutes",
    60: "minutes",
}
"""What is told apart, in seconds; a clock of seconds or finer is 0."""
ENOUGH = 20
_NEARLY_ALL = 0.95
"""A clock that shows seconds is on a full minute one time in sixty, so a few rows of another hand can be let
pass."""

Slots = Mapping[int | None, int]
"""Numbers of times by their slot: the minute of the day for those on a quarter of an hour, which in some zone
is a full hour; 1 to 14, the minute within its quarter, for those on another full minute; None for others."""


def slot(at: Column) -> Column:
    micros = F.unix_micros(at)
    minute = F.floor(micros / 60_000_000) % 1440
    return F.when(micros % 60_000_000 == 0, F.when(minute % 15 == 0, minute).otherwise(minute % 15)).cast(
        "int"
    )


def slots(times: Iterable[datetime]) -> Slots:
    """As :func:`slot`, counted. In which zone the times are told does not matter."""
    counts: Counter[int | None] = Counter()
    for at in times:
        minute = at.hour * 60 + at.minute
        counts[
            (minute if minute % 15 == 0 else minute % 15) if not (at.second or at.microsecond) else None
        ] += 1
    return counts


def coarsest(counts: Slots) -> int:
    """The largest of :data:`UNITS` that nearly all times are full ones of, in any zone; 0 when none is."""
    least = _NEARLY_ALL * sum(counts.values())
    full = {minute: count for minute, count in counts.items() if minute is not None}
    if not full:
        return 0
    # Zones lie quarters of an hour apart, so full days, hours and half-hours begin at any quarter of UTC.
    quarters = {minute: count for minute, count in full.items() if minute % 15 == 0}
    for seconds in UNITS:
        if seconds >= 900:
            phases: Counter[int] = Counter()
            for minute, count in quarters.items():
                phases[minute % (seconds // 60)] += count
            met = max(phases.values(), default=0)
        else:
            met = sum(count for minute, count in full.items() if minute % (seconds // 60) == 0)
        if met >= least:
            return seconds
    return 0


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
