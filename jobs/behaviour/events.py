"""behaviour.events: what visitors did, each event once, cut into sessions.

- A row the source could not read keeps its reason and passes through to the rejects.
- Events about one item (a look, a cart) must name it. Purchases and refunds need not: postage and discounts
  are lines of an order too, and count as revenue though no item can be recommended for them.
- An event may lie a day ahead of the day's end (clocks differ, and so do time zones) and ``window_days``
  back; beyond that its clock is wrong or its log is, and no session or weight could trust it:
  ``out_of_window``.
- One id is one event. A second row of the same person doing the same to the same item is a ``duplicate``;
  any other row with a used id is ``id_reused``, by a faulty logger or another shop's log. The earliest
  readable row keeps the id, ties by the row's own text, so the same export always keeps the same rows.
- A person is the customer, or the device when nobody was signed in. A session ends with a gap of more than
  ``session_gap_minutes``; its id is made of the person and the first event, so a rerun gives the same id.
  Events of nobody known have no session.
"""

from datetime import date, timedelta

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from nightmarket.plan import job, source
from nightmarket.spark.judged import claim, readable, reject

ABOUT_ONE_ITEM = ("select_item", "view_item", "add_to_wishlist", "add_to_cart", "remove_from_cart")


@job(writes="behaviour.events", rejects="behaviour.rejects", export=source("events"), size="large")
def build(
    export: DataFrame,
    *,
    day: date,
    window_days: int = 30,
    skew_days: int = 1,
    session_gap_minutes: int = 30,
) -> DataFrame:
    first = day - timedelta(days=window_days)
    end = day + timedelta(days=1 + skew_days)
    judged = judge_repeats(judge_rows(with_person(export), first, end))
    return with_sessions(judged, session_gap_minutes).select(
        "event_id", "event_name", "event_at", "user_id", "device_id", "session_id", "item_id", "query",
        "quantity", "price", "currency", "order_id", "user_agent",
        "reject_reason", "reject_detail", "raw", "source_file",
    )  # fmt: skip


def with_person(export: DataFrame) -> DataFrame:
    """Ids that are only blanks are no ids: left as they are, all such events would be one giant person."""
    named = {name: F.nullif(F.trim(name), F.lit("")) for name in ("user_id", "device_id", "item_id")}
    known = export.withColumns(named)
    # The prefix keeps the customer 7 apart from the device 7.
    person = F.coalesce(F.concat(F.lit("u:"), "user_id"), F.concat(F.lit("d:"), "device_id"))
    return known.withColumn("person", person)


def judge_rows(events: DataFrame, first: date, end: date) -> DataFrame:
    """What one row shows on its own; the source's verdict comes first."""
    lacks_item = F.col("event_name").isin(*ABOUT_ONE_ITEM) & F.col("item_id").isNull()
    happened = F.col("event_at")
    outside = (happened < F.lit(first).cast("timestamp")) | (happened >= F.lit(end).cast("timestamp"))
    return reject(
        events,
        (
            lacks_item,
            "missing_required",
            F.concat(F.lit("item_id: a "), "event_name", F.lit(" names its item")),
        ),
        (
            outside,
            "out_of_window",
            F.concat(F.lit("event_at: "), F.date_format(happened, "yyyy-MM-dd HH:mm:ss")),
        ),
    )


def judge_repeats(events: DataFrame) -> DataFrame:
    """All but the first readable row of each id; a shuffle by id is the only way to meet another person's."""
    by_id = Window.partitionBy("claim").orderBy("event_at", "raw", "source_file", "person")
    deed = F.struct("person", "event_name", "item_id")
    repeated = events.withColumn("claim", claim(F.col("event_id"))).select(
        "*", F.row_number().over(by_id).alias("nth"), deed.eqNullSafe(F.first(deed).over(by_id)).alias("same")
    )
    return reject(
        repeated,
        ((F.col("nth") > 1) & F.col("same"), "duplicate", "the event is in the export already"),
        ((F.col("nth") > 1), "id_reused", "event_id: another event has this id"),
    )


def with_sessions(events: DataFrame, gap_minutes: int) -> DataFrame:
    """One shuffle by person; rejected rows and strangers are partitions of their own and touch no session."""
    visitor = F.when(readable(), F.col("person"))
    own = F.coalesce("visitor", F.concat(F.lit("x:"), "claim"))
    in_order = Window.partitionBy("own").orderBy("event_at", "event_id", "nth")
    silence = F.unix_micros("event_at") - F.unix_micros(F.lag("event_at").over(in_order))
    begins = F.col("visitor").isNotNull() & (silence.isNull() | (silence > gap_minutes * 60_000_000))
    # Only the first event of a session pays for the hash; the others look back to it.
    opened = F.when(begins, F.substring(F.sha2(F.concat_ws("\n", "visitor", "event_id"), 256), 1, 32))
    placed = events.withColumn("visitor", visitor).withColumn("own", own).withColumn("opened", opened)
    return placed.withColumn("session_id", F.last("opened", ignorenulls=True).over(in_order))
