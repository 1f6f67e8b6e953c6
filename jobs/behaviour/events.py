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
- ``near_duplicate``: the very same look or cart (item, quantity and price too) on one device within
  ``near_seconds`` of the one before, under another id: a double click, or a logger that tries again.

Rules that only mark: ``bot`` says why an event is taken for a machine's, see ``frames/bots.py`` of the
domain. Persons and sessions are those of ``frames/sessions.py``. Queries are kept without personal data.

Seconds are counted only where they are seen. Lines of an order carry the order's time, so purchases and
refunds are never near duplicates and never too fast. Of a log whose clock shows minutes, hours or days
(``frames/clocks.py``) nothing is a near duplicate, and a machine is only who would be one however much that
clock hides. Sessions go by the times as shown: with a clock of hours, an hour's events are one session.

The export is read and shuffled once, by device; of its rows only those that repeat are looked at whole.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from nightmarket.domains.behaviour.event_names import ABOUT_ONE_ITEM, SALES
from nightmarket.domains.behaviour.frames.bots import crawlers, timing
from nightmarket.domains.behaviour.frames.clocks import says_nothing, unit
from nightmarket.domains.behaviour.frames.identity import by_device
from nightmarket.domains.behaviour.frames.repeats import with_repeats
from nightmarket.domains.behaviour.frames.sessions import with_sessions
from nightmarket.plan import before, job, latest, source
from nightmarket.spark.checkpoint import checkpointed, files
from nightmarket.spark.networks import with_networks
from nightmarket.spark.private import private
from nightmarket.spark.rejects import Split, reject, rejected, valid


@job(
    writes="behaviour.events",
    rejects="behaviour.rejects",
    export=source("events"),
    items=latest("catalogue.items", max_age=30),
    earlier=before("behaviour.events", days=7),
    sessions=before("behaviour.sessions", days=7),
    size="large",
)
def build(
    export: DataFrame,
    items: DataFrame,
    earlier: DataFrame,
    sessions: DataFrame,
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
) -> Split:
    first, end = day - timedelta(days=window_days), day + timedelta(days=1 + skew_days)
    one_by_one = with_reasons(with_networks(export, internal_ranges), items, first, end)
    rows, count = checkpointed(by_device(one_by_one, sessions), "place")
    timed = ~F.col("event_name").isin(*SALES)
    clock = unit(rows, valid() & timed)
    checked = with_repeats(rows, earlier, near_seconds=near_seconds, timed=timed, unit=clock)
    pause = F.when(timed & ~says_nothing(F.col("pause"), clock), F.col("pause"))
    regular, fast = (regular_events, regular_spread), (rate_events, rate_seconds)
    machine = timing(pause, clock, regular=regular, fast=fast)
    kept = with_sessions(checked.where(valid()), session_gap_minutes, timing=machine)
    cleaned = with_words(kept, rows).select(
        "event_id", "event_name", "event_at", "user_id", "signed_in", "device_id", "session_id",
        "item_id", F.coalesce("redacted", "query").alias("query"),
        "quantity", "price", "currency", "order_id", "user_agent", "network",
        F.coalesce("crawler", "timing").alias("bot"),
    )  # fmt: skip
    return Split(cleaned.coalesce(files(count, rows.sparkSession)), rejected(checked))


def with_reasons(events: DataFrame, items: DataFrame, first: date, end: date) -> DataFrame:
    """What one row shows on its own; the source's reason comes first."""
    known = items.select("item_id", F.lit(True).alias("known"))
    nothing = F.col("event_name").isin(*ABOUT_ONE_ITEM) & F.col("item_id").isNull()
    names_its_item = F.concat(F.lit("item_id: a "), "event_name", F.lit(" names its item"))
    happened = F.col("event_at")
    outside = (happened < F.lit(first).cast("timestamp")) | (happened >= F.lit(end).cast("timestamp"))
    moment = F.concat(F.lit("event_at: "), F.date_format(happened, "yyyy-MM-dd HH:mm:ss"))
    unknown = F.col("item_id").isNotNull() & F.col("known").isNull()
    which = F.concat(F.lit("item_id: '"), "item_id", F.lit("' is not in the catalogue"))
    return reject(
        events.join(F.broadcast(known), "item_id", "left"),
        (nothing, "missing_required", names_its_item),
        (outside, "out_of_window", moment),
        (F.col("internal"), "internal_traffic", "ip: it lies in a range of the shop's own"),
        (unknown, "unknown_item", which),
    ).drop("known", "internal")


def with_words(events: DataFrame, rows: DataFrame) -> DataFrame:
    """``crawler``, of a crawler's user agent, and ``redacted``, of a query with personal data."""
    words, _ = checkpointed(rows.select("user_agent", "query").distinct(), "user_agent")
    agents = crawlers(words.select("user_agent")).withColumn("crawler", F.lit("user_agent"))
    marked = events.join(F.broadcast(agents), "user_agent", "left")
    return marked.join(F.broadcast(private(words.select("query"))), "query", "left")
