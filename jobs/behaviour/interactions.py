"""behaviour.interactions: how strongly each customer has been interested in each item, as known on the day.

- Events count by what they say of wanting the item: a look 1, a cart 3, a purchase 5; a refund takes a
  purchase back. Quantities do not count: fifty napkins are one decision.
- Interest fades: an event weighs half after ``half_life_days``, measured to the end of the run's day.
- A customer's weights together never exceed ``customer_cap``: they are scaled down evenly, so a reseller who
  buys the whole shop every week keeps his own tastes and does not set everybody else's.
- No pair weighs less than 0. Pairs that cancelled out stay with their counts: what was bought, even if
  returned, is not recommended again.
- An event re-sent with a later day's export is counted once. Nothing that became known after the day is read.
- Weights are summed as whole millionths: sums of floating-point numbers depend on their order, and this
  table promises the same bits on a rerun.
"""

from datetime import date, timedelta

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from nightmarket.plan import days, job

MILLION = 1_000_000
MICROSECONDS_PER_DAY = 86_400_000_000


@job(writes="behaviour.interactions", events=days("behaviour.events", 365), size="large")
def build(
    events: DataFrame,
    *,
    day: date,
    view_weight: float = 1.0,
    cart_weight: float = 3.0,
    purchase_weight: float = 5.0,
    half_life_days: float = 30.0,
    customer_cap: float = 300.0,
) -> DataFrame:
    weights = {
        "view_item": view_weight,
        "add_to_cart": cart_weight,
        "purchase": purchase_weight,
        "refund": -purchase_weight,
    }
    once = distinct_events(events.where(F.col("event_name").isin(*weights)))
    faded = once.withColumn("millionths", millionths(weights, day + timedelta(days=1), half_life_days))
    return capped(by_pair(faded), customer_cap)


def distinct_events(events: DataFrame) -> DataFrame:
    """One row per customer, item and event id; the only shuffle, by customer, serves all that follows."""
    known = events.where(F.col("user_id").isNotNull() & F.col("item_id").isNotNull())
    first = F.min(F.struct("event_at", "event_name"))
    grouped = known.repartition("user_id").groupBy("user_id", "item_id", "event_id").agg(first.alias("event"))
    return grouped.select("user_id", "item_id", "event.event_at", "event.event_name")


def millionths(weights: dict[str, float], until: date, half_life_days: float) -> Column:
    """An event's faded weight as a whole number; an event of tomorrow (clock skew) counts as one of today."""
    worth = F.create_map(*(F.lit(part) for pair in weights.items() for part in pair))[F.col("event_name")]
    age = F.unix_micros(F.lit(until).cast("timestamp")) - F.unix_micros("event_at")
    age_days = F.greatest(age, F.lit(0)) / MICROSECONDS_PER_DAY
    return F.round(worth * F.pow(F.lit(0.5), age_days / half_life_days) * MILLION).cast("long")


def by_pair(events: DataFrame) -> DataFrame:
    def count(name: str) -> Column:
        return F.count_if(F.col("event_name") == name).cast("int")

    return events.groupBy("user_id", "item_id").agg(
        F.greatest(F.sum("millionths"), F.lit(0)).alias("millionths"),
        count("view_item").alias("views"),
        count("add_to_cart").alias("carts"),
        count("purchase").alias("purchases"),
        count("refund").alias("refunds"),
        F.min("event_at").alias("first_at"),
        F.max("event_at").alias("last_at"),
    )


def capped(pairs: DataFrame, customer_cap: float) -> DataFrame:
    """Millionths to weights, those of a customer above the cap scaled to add up to it."""
    total = F.sum("millionths").over(Window.partitionBy("user_id")) / MILLION
    share = F.least(F.lit(1.0), F.lit(customer_cap) / total)  # null when the total is 0: nothing to scale
    weight = F.round(F.col("millionths") / MILLION * F.coalesce(share, F.lit(1.0)), 6)
    return pairs.select(
        "user_id", "item_id", weight.alias("weight"),
        "views", "carts", "purchases", "refunds", "first_at", "last_at",
    )  # fmt: skip
