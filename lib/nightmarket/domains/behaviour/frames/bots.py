"""Which events are a machine's: by what the browser says of itself, and by how its device keeps time.

Tan & Kumar, "Discovery of Web Robot Sessions Based on their Navigational Patterns" (2002), tell robots by the
mean and the spread of the time between requests; so does this, over a device's day.
"""

from collections.abc import Iterable

import pandas as pd
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from nightmarket.domains.behaviour.frames.identity import in_order

_TICK = 10_000
"""Microseconds of one unit of time; in whole units sums are exact whatever their order."""


def crawlers(agents: DataFrame) -> DataFrame:
    """The user agents of crawlers among a frame's one column, once each.

    The list is that of the package ``crawler-user-agents``. Only distinct agents pass through Python.
    """
    (name,) = agents.columns

    def known(batches: Iterable[pd.DataFrame]) -> Iterable[pd.DataFrame]:
        from crawleruseragents import is_crawler

        for batch in batches:
            yield batch[[is_crawler(agent) for agent in batch[name]]]

    return agents.where(F.col(name).isNotNull()).distinct().mapInPandas(known, f"{name} string")


def timing(
    pause: Column, unit: Column | None, *, regular: tuple[int, float], fast: tuple[int, float]
) -> Column:
    """``regularity`` or ``rate`` for all rows of a device that does not keep time like a person, else null.

    ``pause`` is that of ``sessions.with_sessions``, null where it shall not count; so are the rows' order and
    partitions. A device is ``regular`` when that many pauses or more have a standard deviation below
    that share of their mean, and ``fast`` when that many or more have a mean below so many seconds.

    ``unit`` is what its clock shows at best, as ``clocks.unit`` finds it. A run of pauses may
    have lasted a unit longer than shown, and is fast only if that is; and a spread below the unit is unseen.
    """
    of_device = in_order().rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    ticks = F.floor(pause / _TICK)
    count = F.count(ticks).over(of_device)
    total = F.sum(ticks).over(of_device)
    squares = F.sum(ticks * ticks).over(of_device).cast("double")
    (regular_events, spread), (fast_events, seconds) = regular, fast
    even = count * squares < F.lit(1 + spread * spread) * total.cast("double") * total.cast("double")
    soon = total < F.lit(seconds * 1_000_000 / _TICK) * count
    if unit is not None:
        coarse = F.max(unit * (1_000_000 // _TICK)).over(of_device)
        runs = F.count(F.lit(1)).over(of_device) - count
        soon = total + coarse * runs < F.lit(seconds * 1_000_000 / _TICK) * count
        even &= coarse * count < F.lit(spread) * total
    return F.when((count >= fast_events) & soon, "rate").when((count >= regular_events) & even, "regularity")
