"""What the clock of a log shows at best: full days, hours or minutes, or seconds and finer.

Some logs keep the hour only (Tianchi's shoppers), or the date (Tmall's). Between two of their events a pause
of nothing may have been an hour, so whatever counts seconds must first ask what the times themselves show.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

from pyspark.sql import Column
from pyspark.sql import functions as F

UNITS = {
    86400: "days",
    3600: "hours",
    1800: "half-hours",
    900: "quarters of an hour",
    300: "five minutes",
    60: "minutes",
}
"""The units that are distinguished, in seconds; a clock of seconds or finer is 0."""
ENOUGH = 20
"""Times of one file from which its clock can be found."""
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
    """As :func:`slot`, counted. In which zone the times are given does not matter."""
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
