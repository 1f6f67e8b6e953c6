"""Whose events are looked at together: a device's, or the user's where the log names no device."""

from pyspark.sql import Column, DataFrame, Window, WindowSpec
from pyspark.sql import functions as F

from nightmarket.spark.rejects import valid

KNOWN_UNTIL = "known_until"
"""Of a span: when the known session ended; null for an event."""


def device_key() -> Column:
    """The device, or the user in its place; the prefix keeps the customer 7 apart from the device 7. Null:
    nobody known."""
    return F.coalesce(F.concat(F.lit("d:"), "device_id"), F.concat(F.lit("u:"), "user_id"))


def person_key() -> Column:
    """The user, or the device in their place. Null: nobody known."""
    return F.coalesce(F.concat(F.lit("u:"), "user_id"), F.concat(F.lit("d:"), "device_id"))


def by_device(events: DataFrame, sessions: DataFrame) -> DataFrame:
    """Events and, as spans among them, the sessions of earlier days; to be partitioned by ``place``.

    They get ``row``, their number, ``device`` (null: nobody known) and ``place``, its hash. Rejected events
    and those of nobody known lie anywhere, each alone.
    """
    device = F.when(valid(), device_key())
    rows = events.withColumns({"device": device, KNOWN_UNTIL: F.lit(None).cast("timestamp")})
    spans = sessions.select(
        F.col("started_at").alias("event_at"), F.col("ended_at").alias(KNOWN_UNTIL), "user_id", "device_id",
        device_key().alias("device"),
    )  # fmt: skip
    rows = rows.unionByName(spans, allowMissingColumns=True).withColumn(
        "row", F.monotonically_increasing_id()
    )
    return rows.withColumn("place", F.xxhash64(F.coalesce("device", F.col("row").cast("string"))))


def in_order() -> WindowSpec:
    """A device's events by time, spans before the events that begin with them."""
    order = F.asc("event_at"), F.asc_nulls_last(KNOWN_UNTIL), F.asc("event_id"), F.asc("row")
    return Window.partitionBy("place", "device").orderBy(*order)
