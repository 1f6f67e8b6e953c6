"""Events → visits: who an event belongs to, and which session it is part of.

A *sitting* is a device's events without a silence longer than the gap (without a device, the user's). Within
a sitting, anonymous events belong to the user who was last signed in before them, else to the first who
signs in after. A device that signed in last week is nobody tonight until it signs in again: a family's tablet
is several people. A *session* is one person's events of one sitting, so two people at one device are two.

Sessions known from earlier days take part as spans: tonight's events after midnight, or late ones, join them
and get their id, for the id is made of the device, the sitting's first instant and the person.
"""

from pyspark.sql import Column, DataFrame, Window, WindowSpec
from pyspark.sql import functions as F

from nightmarket.spark.rejects import valid

KNOWN_UNTIL = "known_until"
"""Of a span: when the known session ended; null for an event."""


def device_key(user_id: str = "user_id", device_id: str = "device_id") -> Column:
    """What a sitting is of; the prefix keeps the customer 7 apart from the device 7. Null: nobody known."""
    return F.coalesce(F.concat(F.lit("d:"), device_id), F.concat(F.lit("u:"), user_id))


def in_order() -> WindowSpec:
    """A device's events by time, spans before the events that begin with them."""
    order = F.asc("event_at"), F.asc_nulls_last(KNOWN_UNTIL), F.asc("event_id"), F.asc("row")
    return Window.partitionBy("place", "device").orderBy(*order)


def placed(judged: DataFrame, visits: DataFrame) -> DataFrame:
    """Events with their number, their device and the hash of it by which they are shuffled, and the
    spans of the sessions of earlier days among them. Rejected rows and those of nobody known lie anywhere,
    each alone."""
    device = F.when(valid(), device_key())
    rows = judged.withColumns({"device": device, KNOWN_UNTIL: F.lit(None).cast("timestamp")})
    spans = visits.select(
        F.col("started_at").alias("event_at"), F.col("ended_at").alias(KNOWN_UNTIL), "user_id", "device_id",
        device_key().alias("device"),
    )  # fmt: skip
    rows = rows.unionByName(spans, allowMissingColumns=True).withColumn(
        "row", F.monotonically_increasing_id()
    )
    return rows.withColumn("place", F.xxhash64(F.coalesce("device", F.col("row").cast("string"))))


def with_visits(events: DataFrame, gap_minutes: int, **of_device: Column) -> DataFrame:
    """Events, their spans gone, with ``user_id`` stitched, ``signed_in``, ``session_id`` and ``pause``.

    ``events`` is partitioned by ``place`` and has ``device`` (null: no session), ``event_at``, ``event_id``,
    ``row``, ``user_id`` and :data:`KNOWN_UNTIL`. ``pause`` is the time since the device's event before in the
    same sitting, in microseconds, null for its first and for spans. ``of_device`` are further columns, which
    may read ``pause``; what they ask of windows :func:`in_order` is answered in the same pass.
    """
    window = in_order()
    before = window.rowsBetween(Window.unboundedPreceding, -1)
    reach = F.max(F.coalesce(KNOWN_UNTIL, "event_at")).over(before)
    silence = F.unix_micros("event_at") - F.unix_micros("reach")
    opens = F.col("reach").isNull() | (silence > gap_minutes * 60_000_000)
    rows = events.withColumn("reach", reach).withColumns(
        {
            "opened": F.when(opens, F.col("event_at")),
            "pause": F.when(~opens & F.col(KNOWN_UNTIL).isNull(), silence),
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
    ends = F.coalesce(F.col("later.event_at") >= F.col("next_sitting"), F.lit(False))
    person = F.coalesce(
        F.col("user_id"),
        F.when(F.col("earlier.event_at") >= F.col("sitting"), F.col("earlier.user_id")),
        F.when(~ends, F.col("later.user_id")),
    )
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
