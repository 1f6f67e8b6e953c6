"""behaviour.sessions: the visits that tonight's export added to, each complete as known tonight.

- Where a visit begins and ends, and whose it is, is decided in behaviour.events; here its events are added
  up, and added to what earlier nights knew of it. A visit across midnight, or one that a late export adds to,
  is told anew and whole: its newest row is the truth, the older ones are what was known then.
- A late event can close the silence between two visits that were told apart. They go on as one, under the id
  that tonight's events carry, with the counts of both; the other id gets a row that says where it went
  (``merged_into``), keeps its span and adds nothing to any sum. It is never added up again.
- Visits are joined along a device's sitting, whoever sat there: on a shared device somebody else's late event
  can be what lay between two of one's own. How long a silence ends a sitting, behaviour.events decides.
- What nobody had signed in to yesterday stays nobody's, though somebody signs in after midnight.
- Earlier nights are remembered for seven days; an event that comes later than that is a visit of its own.
- The funnel is the furthest step taken, whichever steps were left out on the way: tills and express checkouts
  sell without a cart. Naming an address or a card is part of checking out.
- Revenue is what was bought, by currency ("" where the log names none), before any refund: a visit is not
  undone by a parcel sent back weeks later. A line without a quantity is one piece; one without a price is
  none of the revenue.
- One machine-like event makes the visit a machine's: a crawler is no customer on the next page.
- Landing is the first event by time, then by id; when a late event is as early as it, the one known first.
"""

from datetime import timedelta

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from nightmarket.plan import before, days, job, parameter_of

STEPS = ("visit", "view_item", "add_to_cart", "begin_checkout", "purchase")
CHECKOUT = ("begin_checkout", "add_shipping_info", "add_payment_info")
BOTS = ("user_agent", "rate", "regularity")
COUNTS = ("events", "views", "carts", "purchases", "queries", "late_events")
MONEY = "decimal(38,4)"  # of sums: the largest price times the largest quantity fits with room to spare


@job(
    writes="behaviour.sessions",
    events=days("behaviour.events", 1),
    earlier=before("behaviour.sessions", days=7),
    session_gap_minutes=parameter_of("behaviour.events"),
    size="large",
)
def build(events: DataFrame, earlier: DataFrame, *, session_gap_minutes: int) -> DataFrame:
    parts = tonight(events).unionByName(known(earlier))
    return told(joined(sittings(parts, timedelta(minutes=session_gap_minutes))))


def tonight(events: DataFrame) -> DataFrame:
    """One part per visit of tonight's events; what tells it from the known ones is that it has no day yet."""
    name = F.col("event_name")
    deeds = {"views": "view_item", "carts": "add_to_cart", "purchases": "purchase", "queries": "search"}
    step = place(F.when(name.isin(*CHECKOUT), "begin_checkout").otherwise(name), STEPS)
    first = F.min(F.struct("event_at", "event_id", "event_name", "item_id"))
    amount = (F.col("price") * F.coalesce("quantity", F.lit(1))).cast(MONEY)
    sale = F.struct(F.coalesce("currency", F.lit("")).alias("key"), amount.alias("value"))
    paid = (name == "purchase") & F.col("price").isNotNull()
    visits = events.where(F.col("session_id").isNotNull()).groupBy("session_id", "device_id", "user_id")
    return visits.agg(
        F.min("event_at").alias("started_at"),
        F.max("event_at").alias("ended_at"),
        F.count(F.lit(1)).alias("events"),
        *(F.count_if(name == deed).alias(count) for count, deed in deeds.items()),
        F.lit(0).cast("long").alias("late_events"),
        first["event_name"].alias("landing_event"),
        first["item_id"].alias("landing_item_id"),
        F.max(F.coalesce(step, F.lit(1))).alias("step"),
        F.min(place(F.col("bot"), BOTS)).alias("machine"),
        F.collect_list(F.when(paid, sale)).alias("sold"),
        F.lit(None).cast("string").alias("merged_into"),
        F.lit(None).cast("date").alias("day"),
    )


def known(earlier: DataFrame) -> DataFrame:
    return earlier.select(
        "session_id", "device_id", "user_id", "started_at", "ended_at", *COUNTS,
        "landing_event", "landing_item_id",
        place(F.col("funnel_step"), STEPS).alias("step"),
        place(F.col("bot"), BOTS).alias("machine"),
        F.map_entries("revenue").alias("sold"),
        "merged_into", "day",
    )  # fmt: skip


def sittings(parts: DataFrame, gap: timedelta) -> DataFrame:
    """The parts of the sittings that tonight added to, numbered, after one shuffle by device."""
    fresh = F.col("day").isNull()
    in_order = Window.partitionBy("device_id", "owner").orderBy("started_at", "session_id", "day")
    before_it = in_order.rowsBetween(Window.unboundedPreceding, -1)
    all_along = in_order.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    silence = F.col("started_at") - F.max("ended_at").over(before_it)
    opens = F.coalesce(silence > F.lit(gap), F.lit(True))
    owned = parts.withColumn("owner", F.when(F.col("device_id").isNull(), F.col("user_id")))
    spans = owned.repartition("device_id", "owner").select(
        "*", opens.cast("int").alias("opens"), F.max(fresh).over(all_along).alias("active")
    )
    so_far = in_order.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    sitting = Window.partitionBy("device_id", "owner", "sitting")
    visit = Window.partitionBy("device_id", "owner", "sitting", "session_id")
    numbered = spans.where("active").select("*", F.sum("opens").over(so_far).alias("sitting"))
    touched = numbered.select("*", F.max(fresh).over(sitting).alias("touched")).where("touched")
    dated = touched.select("*", F.max("day").over(visit).alias("newest"))
    return dated.where(fresh | ((F.col("day") == F.col("newest")) & F.col("merged_into").isNull()))


def joined(parts: DataFrame) -> DataFrame:
    """One visit per person and sitting, where tonight brought something of it or made one of two."""
    fresh = F.col("day").isNull()
    first = F.min(F.struct("started_at", fresh, "session_id", "landing_event", "landing_item_id"))
    later = F.when(F.count("day") > 0, F.sum(F.when(fresh, F.col("events"))))
    id_ = F.struct("session_id", "started_at", "ended_at")
    visits = parts.groupBy("device_id", "user_id", "sitting").agg(
        F.min(F.struct(~fresh, "started_at", "session_id"))["session_id"].alias("into"),
        F.min("started_at").alias("started_at"),
        F.max("ended_at").alias("ended_at"),
        *(F.sum(count).alias(count) for count in COUNTS[:-1]),
        (F.sum("late_events") + F.coalesce(later, F.lit(0))).alias("late_events"),
        first["landing_event"].alias("landing_event"),
        first["landing_item_id"].alias("landing_item_id"),
        F.element_at(listed(STEPS), F.max("step")).alias("funnel_step"),
        F.element_at(listed(BOTS), F.min("machine")).alias("bot"),
        totals(F.flatten(F.collect_list("sold"))).alias("revenue"),
        F.max(fresh).alias("added_to"),
        F.collect_list(F.when(~fresh, id_)).alias("known"),
    )
    return visits.where(F.col("added_to") | (F.size("known") > 1))


def told(visits: DataFrame) -> DataFrame:
    """A row for the visit, and one for each other id that went into it."""
    itself = F.struct(F.col("into").alias("session_id"), "started_at", "ended_at")
    others = F.filter("known", lambda id_: id_.session_id != F.col("into"))
    whole = F.col("session_id") == F.col("into")
    lasted = ((F.unix_micros("ended_at") - F.unix_micros("started_at")) / 1_000_000).cast("long")
    kept = ("landing_event", "landing_item_id", "funnel_step", "revenue", "bot")
    sums = [name for name in visits.columns if name not in ("started_at", "ended_at", "known")]
    return visits.select(*sums, F.inline(F.concat(F.array(itself), others))).select(
        "session_id", "user_id", "device_id", "started_at", "ended_at",
        F.when(whole, lasted).otherwise(0).alias("seconds"),
        *(F.when(whole, F.col(count)).otherwise(0).cast("int").alias(count) for count in COUNTS),
        *(F.when(whole, F.col(name)).alias(name) for name in kept),
        (whole & (F.col("purchases") > 0)).alias("converted"),
        F.when(~whole, F.col("into")).alias("merged_into"),
    )  # fmt: skip


def listed(names: tuple[str, ...]) -> Column:
    return F.array(*map(F.lit, names))


def place(value: Column, names: tuple[str, ...]) -> Column:
    """Where a name stands in the list, from 1; null when it does not."""
    return F.create_map(*(F.lit(part) for pair in enumerate(names, 1) for part in reversed(pair)))[value]


def totals(sold: Column) -> Column:
    """(key, value) pairs as a map of sums, null when there are none."""
    keys = F.array_sort(F.array_distinct(F.transform(sold, lambda sale: sale.key)))

    def total(key: Column) -> Column:
        of_it = F.filter(sold, lambda sale: sale.key == key)
        return F.aggregate(of_it, F.lit(0).cast(MONEY), lambda so_far, sale: so_far + sale.value)

    return F.when(F.size(keys) > 0, F.map_from_arrays(keys, F.transform(keys, total)))
