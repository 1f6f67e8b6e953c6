"""Sessions from their parts: what a night's events show of a session, and what earlier nights knew of it.

Both are spans of a device, so they are joined by the rule that makes sessions of events: those of one sitting
and one person are one session. Of the parts one night's session has no ``day`` yet.
"""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from nightmarket.domains.behaviour.event_names import BOT_REASONS, CHECKOUT, STEPS
from nightmarket.domains.behaviour.frames.identity import device_key
from nightmarket.domains.behaviour.frames.revenue import MONEY, currency, pieces, totals
from nightmarket.domains.behaviour.frames.sessions import opens, reach
from nightmarket.spark.places import name_at, place_of

COUNTS = ("events", "views", "carts", "purchases", "queries", "late_events")
"""What is counted of a session."""


def of_events(events: DataFrame) -> DataFrame:
    """One part per session of tonight's events."""
    name = F.col("event_name")
    counted = {"views": "view_item", "carts": "add_to_cart", "purchases": "purchase", "queries": "search"}
    step = place_of(F.when(name.isin(*CHECKOUT), "begin_checkout").otherwise(name), STEPS)
    first = F.min(F.struct("event_at", "event_id", "event_name", "item_id"))
    sale = F.struct(currency().alias("key"), (F.col("price") * pieces()).cast(MONEY).alias("value"))
    paid = (name == "purchase") & F.col("price").isNotNull()
    sessions = events.where(F.col("session_id").isNotNull()).groupBy("session_id", "device_id", "user_id")
    return sessions.agg(
        F.min("event_at").alias("started_at"),
        F.max("event_at").alias("ended_at"),
        F.count(F.lit(1)).alias("events"),
        *(F.count_if(name == event).alias(count) for count, event in counted.items()),
        F.lit(0).cast("long").alias("late_events"),
        first["event_name"].alias("landing_event"),
        first["item_id"].alias("landing_item_id"),
        F.max(F.coalesce(step, F.lit(1))).alias("step"),
        F.min(place_of(F.col("bot"), BOT_REASONS)).alias("machine"),
        F.collect_list(F.when(paid, sale)).alias("sold"),
        F.lit(None).cast("string").alias("merged_into"),
        F.lit(None).cast("date").alias("day"),
    )


def of_sessions(earlier: DataFrame) -> DataFrame:
    """One part per row of earlier nights."""
    return earlier.select(
        "session_id", "device_id", "user_id", "started_at", "ended_at", *COUNTS,
        "landing_event", "landing_item_id",
        place_of(F.col("funnel_step"), STEPS).alias("step"),
        place_of(F.col("bot"), BOT_REASONS).alias("machine"),
        F.map_entries("revenue").alias("sold"),
        "merged_into", "day",
    )  # fmt: skip


def in_sittings(parts: DataFrame, gap_minutes: int) -> DataFrame:
    """The parts of the sittings that tonight added to, with its number, after one shuffle by device.

    Of a session known from several nights the newest row counts, unless it was merged into another.
    """
    fresh = F.col("day").isNull()
    in_order = Window.partitionBy("device").orderBy("started_at", "session_id", "day")
    all_along = in_order.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    so_far = in_order.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    sitting = Window.partitionBy("device", "sitting")
    session = Window.partitionBy("device", "sitting", "session_id")
    spans = parts.withColumn("device", device_key()).repartition("device")
    spans = spans.select(
        "*", reach(F.col("ended_at"), in_order).alias("reach"), F.max(fresh).over(all_along).alias("active")
    )
    first = opens("started_at", gap_minutes).cast("int")
    numbered = spans.where("active").select("*", F.sum(first).over(so_far).alias("sitting"))
    touched = numbered.select("*", F.max(fresh).over(sitting).alias("touched")).where("touched")
    dated = touched.select("*", F.max("day").over(session).alias("newest"))
    return dated.where(fresh | ((F.col("day") == F.col("newest")) & F.col("merged_into").isNull()))


def merged(parts: DataFrame) -> DataFrame:
    """One session per person and sitting, where tonight brought something of it or made one of two.

    ``into`` is its id: that of tonight's part, or else of the earliest. ``known`` are the ids of earlier
    nights' parts, each with its span.
    """
    fresh = F.col("day").isNull()
    first = F.min(F.struct("started_at", fresh, "session_id", "landing_event", "landing_item_id"))
    later = F.when(F.count("day") > 0, F.sum(F.when(fresh, F.col("events"))))
    id_ = F.struct("session_id", "started_at", "ended_at")
    # The device's own id beside its key, which is computed from it: no row lies elsewhere for it.
    sessions = parts.groupBy("device", "device_id", "user_id", "sitting").agg(
        F.min(F.struct(~fresh, "started_at", "session_id"))["session_id"].alias("into"),
        F.min("started_at").alias("started_at"),
        F.max("ended_at").alias("ended_at"),
        *(F.sum(count).alias(count) for count in COUNTS[:-1]),
        (F.sum("late_events") + F.coalesce(later, F.lit(0))).alias("late_events"),
        first["landing_event"].alias("landing_event"),
        first["landing_item_id"].alias("landing_item_id"),
        name_at(F.max("step"), STEPS).alias("funnel_step"),
        name_at(F.min("machine"), BOT_REASONS).alias("bot"),
        totals(F.flatten(F.collect_list("sold"))).alias("revenue"),
        F.max(fresh).alias("added_to"),
        F.collect_list(F.when(~fresh, id_)).alias("known"),
    )
    return sessions.where(F.col("added_to") | (F.size("known") > 1))
