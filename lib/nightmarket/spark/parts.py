"""Rows of one day in parts, for what costs too much to be lost."""

from typing import NamedTuple

from pyspark.sql import DataFrame


class Parts(NamedTuple):
    """Rows that are computed and written one part after the other.

    Nobody reads them before all are there. But a run that is killed has kept the parts it had written, and
    the next one finds them among what was ``computed``, see :class:`nightmarket.plan.job.Computed`.
    """

    frames: tuple[DataFrame, ...]
    """At least one; each the table's columns."""
