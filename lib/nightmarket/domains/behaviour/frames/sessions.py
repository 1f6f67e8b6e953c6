"""Events → sessions: who an event belongs to, and which session it is part of.

A *sitting* is a device's events without a silence longer than the gap (without a device, the user's). Within
a sitting, anonymous events belong to the user who was last signed in before them, else to the first who
signs in after. A device that signed in last week is nobody tonight until it signs in again: a family's tablet
is several people. A *session* is one person's events of one sitting, so two people at one device are two.

Sessions known from earlier days take part as spans: tonight's events after midnight, or late ones, join them
and get their id, for the id is made of the device, the sitting's first instant and the person.
"""

from pyspark.sql import Column, DataFrame, Window, WindowSpec
from pyspark.sql import functions as F

from nightmarket.domains.behaviour.frames.identity import KNOWN_UNTIL, in_order


def reach(end: Column, in_order: WindowSpec) -> Column:
    """How far what lies before a row reaches: the latest of its ends; null for the first."""
    return F.max(end).over(in_order.rowsBetween(Window.unboundedPreceding, -1))


def silence(start: str) -> Column:
    """Microseconds between ``reach`` and the start of a row; null for the first, negative within a span."""
    return F.unix_micros(start) - F.unix_micros("reach")


def opens(start: str, gap_minutes: int) -> Column:
    """Whether a row is the first of a sitting."""
    return F.col("reach").isNull() | (silence(start) > gap_minutes * 60_000_000)


def with_sessions(events: DataFrame, gap_minutes: int, **of_device: Column) -> DataFrame:
    """Events, their spans gone, with ``user_id`` stitched, ``signed_in``, ``session_id`` and ``pause``.

    ``events`` are those of ``identity.by_device``, partitioned by ``place``. ``pause`` is the time since the
    device's event before in the same sitting, in microseconds, null for its first and for spans.
    ``of_device`` are further columns, which may read ``pause``; their windows over ``identity.in_order`` are
    computed in the same pass.
    """
    window = in_order()
    first = opens("event_at", gap_minutes)
    rows = events.withColumn("reach", reach(F.coalesce(KNOWN_UNTIL, "event_at"), window)).withColumns(
        {
            "opened": F.when(first, F.col("event_at")),
            "pause": F.when(~first & F.col(KNOWN_UNTIL).isNull(), silence("event_at")),
            "signed": F.when(F.col("user_id").isNotNull(), F.struct("event_at", "user_id")),
        }
    )
    rows = rows.withColumns(
        {
            "sitting": F.last("opened", ignorenulls=True).over(window),
            "earlier": F.last("signed", ignorenulls=True).over(window),
            # The API's lead cannot skip nulls; a frame that looks ahead would be read anew for each row.
            "later": F.expr("lead(signed) IGNORE NULLS").over(window),
            "next_sitting": F.expr("lead(opened) IGNORE NULLS").over(window),
            **of_device,
        }
    )
    person = _person()
    named = F.sha2(F.concat_ws("\n", "device", F.unix_micros("sitting"), F.coalesce(person, F.lit(""))), 256)
    # By bytes: to cut a text, Spark counts its characters.
    half = F.substring(named.cast("binary"), 1, 32).cast("string")
    return rows.where(F.col(KNOWN_UNTIL).isNull()).withColumns(
        {
            "session_id": F.when(F.col("device").isNotNull(), half),
            "signed_in": F.col("user_id").isNotNull(),
            "user_id": person,
        }
    )


def _person() -> Column:
    """The user of the row itself, or of the sign-in before or after it in the same sitting."""
    ends = F.coalesce(F.col("later.event_at") >= F.col("next_sitting"), F.lit(False))
    return F.coalesce(
        F.col("user_id"),
        F.when(F.col("earlier.event_at") >= F.col("sitting"), F.col("earlier.user_id")),
        F.when(~ends, F.col("later.user_id")),
    )
