"""behaviour.events: what visitors did, each event once, of a known person and session, machines marked.

Rules that reject, in this order, the first that holds giving the reason (the export's own come first):

- ``missing_required``: an event about one item (a look, a cart) names it. Purchases and refunds need not:
  postage and discounts are lines of an order too, and revenue though no item can be recommended for them.
- ``out_of_window``: an event may lie ``skew_days`` ahead of the day's end (clocks differ, and so do time
  zones) and ``window_days`` back; beyond that its clock is wrong or its log is.
- ``internal_traffic``: it came from one of ``internal_ranges`` (CIDR), the shop's own offices and monitors.
- ``unknown_item``: the catalogue has never had the item.
- ``duplicate``, ``id_reused``: one id is one event. The earliest readable row keeps it, ties by the row's own
  text; the same person doing the same to the same item under that id is a duplicate, and so is an id that
  came with one of the earlier days; anything else reused the id.
- ``near_duplicate``: the very same deed (item, order, quantity and price too) on one device within
  ``near_seconds`` of the one before, under another id: a double click, or a logger that tries again.

Rules that only mark: ``bot`` says why an event is taken for a machine's, see ``nightmarket.spark.bots``.
Persons and sessions are those of ``nightmarket.spark.visits``. Queries are kept without personal data.

The export is read once and shuffled once, by device. What ids and deeds repeat is found in a few columns of
the shuffled rows; only what repeats is looked at whole.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from nightmarket import text
from nightmarket.plan import before, job, latest, source
from nightmarket.spark.bots import crawlers, timing
from nightmarket.spark.held import held
from nightmarket.spark.judged import Judged, readable, reject
from nightmarket.spark.networks import inside, truncated
from nightmarket.spark.repeats import repeat_detail, repeats
from nightmarket.spark.visits import KNOWN_UNTIL, device_key, with_visits

ABOUT_ONE_ITEM = ("select_item", "view_item", "add_to_wishlist", "add_to_cart", "remove_from_cart")
BOUGHT = ("purchase", "refund")
"""Lines of orders come as fast as a till prints; only looking around is timed."""
ROWS_PER_FILE = 5_000_000


@job(
    writes="behaviour.events",
    rejects="behaviour.rejects",
    export=source("events"),
    items=latest("catalogue.items", max_age=30),
    earlier=before("behaviour.events", days=7),
    visits=before("behaviour.sessions", days=7),
    size="large",
)
def build(
    export: DataFrame,
    items: DataFrame,
    earlier: DataFrame,
    visits: DataFrame,
    *,
    day: date,
    window_days: int = 30,
    skew_days: int = 1,
    internal_ranges: Sequence[str] = (),
    near_seconds: float = 1.0,
    session_gap_minutes: int = 30,
    regular_events: int = 20,
    regular_spread: float = 0.1,
    rate_events: int = 50,
    rate_seconds: float = 1.5,
) -> Judged:
    first, end = day - timedelta(days=window_days), day + timedelta(days=1 + skew_days)
    judged = judge_rows(with_networks(export, internal_ranges), items, first, end)
    rows, count = held(placed(judged, visits), "place")
    verdicts = rows.join(repeats(rows, earlier, near_seconds), "row", "left")
    reason = F.coalesce("reject_reason", "repeated")
    rejected = verdicts.where(reason.isNotNull()).select(
        reason.alias("reject_reason"), repeat_detail().alias("reject_detail"), "raw", "source_file"
    )
    timed = timing(
        F.when(~F.col("event_name").isin(*BOUGHT), F.col("pause")),
        regular_events=regular_events,
        spread=regular_spread,
        rate_events=rate_events,
        seconds=rate_seconds,
    )
    words, _ = held(rows.select("user_agent", "query").distinct(), "user_agent")
    kept = (
        with_visits(verdicts.where(reason.isNull()), session_gap_minutes, timing=timed)
        .join(F.broadcast(crawlers(words.select("user_agent")).withColumn("crawler", F.lit("user_agent"))),
              "user_agent", "left")
        .join(F.broadcast(private(words.select("query"))), "query", "left")
        .select(
            "event_id", "event_name", "event_at", "user_id", "signed_in", "device_id", "session_id",
            "item_id", F.coalesce("redacted", "query").alias("query"),
            "quantity", "price", "currency", "order_id", "user_agent", "network",
            F.coalesce("crawler", "timing").alias("bot"),
        )
    )  # fmt: skip
    return Judged(kept.coalesce(files(count, rows)), rejected)


def with_networks(export: DataFrame, internal: Sequence[str]) -> DataFrame:
    """Addresses become networks, and whether they are the shop's own; both are asked of each record once."""
    return export.withColumns(
        {
            "network": F.coalesce("network", truncated(F.col("ip"))),
            "internal": inside(F.col("ip"), internal),
        }
    ).drop("ip")


def judge_rows(events: DataFrame, items: DataFrame, first: date, end: date) -> DataFrame:
    """What one row shows on its own; the source's verdict comes first."""
    known = items.select("item_id", F.lit(True).alias("known"))
    lacks_item = F.col("event_name").isin(*ABOUT_ONE_ITEM) & F.col("item_id").isNull()
    happened = F.col("event_at")
    outside = (happened < F.lit(first).cast("timestamp")) | (happened >= F.lit(end).cast("timestamp"))
    return reject(
        events.join(F.broadcast(known), "item_id", "left"),
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
        (F.col("internal"), "internal_traffic", "ip: it lies in a range of the shop's own"),
        (
            F.col("item_id").isNotNull() & F.col("known").isNull(),
            "unknown_item",
            F.concat(F.lit("item_id: '"), "item_id", F.lit("' is not in the catalogue")),
        ),
    ).drop("known", "internal")


def placed(judged: DataFrame, visits: DataFrame) -> DataFrame:
    """Rows with their number, their device and the hash of it by which they are shuffled, and the spans of
    the sessions of earlier days among them. Rejected rows and strangers lie anywhere, each alone."""
    device = F.when(readable(), device_key())
    rows = judged.withColumns({"device": device, KNOWN_UNTIL: F.lit(None).cast("timestamp")})
    spans = visits.select(
        F.col("started_at").alias("event_at"), F.col("ended_at").alias(KNOWN_UNTIL), "user_id", "device_id",
        device_key().alias("device"),
    )  # fmt: skip
    rows = rows.unionByName(spans, allowMissingColumns=True).withColumn(
        "row", F.monotonically_increasing_id()
    )
    return rows.withColumn("place", F.xxhash64(F.coalesce("device", F.col("row").cast("string"))))


def private(queries: DataFrame) -> DataFrame:
    """The queries that hold personal data, and what is left of them; only distinct ones meet Python."""

    def redact(batches: Iterable[pd.DataFrame]) -> Iterable[pd.DataFrame]:
        for batch in batches:
            words = [text.redact(query) for query in batch["query"]]
            batch["redacted"] = [clean for clean, _ in words]
            yield batch[[count > 0 for _, count in words]]

    return (
        queries.where(F.col("query").isNotNull())
        .distinct()
        .mapInPandas(redact, "query string, redacted string")
    )


def files(rows: int, frame: DataFrame) -> int:
    """How many files a day is written to: some 150 MB each, or one for every core when that is fewer."""
    cores = frame.sparkSession.sparkContext.defaultParallelism
    return 1 if rows < ROWS_PER_FILE // 10 else cores * -(-rows // (ROWS_PER_FILE * cores))
