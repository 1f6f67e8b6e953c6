"""behaviour.interactions: how strongly each customer has been interested in each item, as known on the day.

- Events count by what they say of wanting the item: a look 1, a cart 3, a purchase 5; a refund takes a
  purchase back. Quantities do not count: fifty napkins are one decision. Bots' events do not count at all.
- Interest fades: an event weighs half after ``half_life_days``, by its age in whole days (UTC) on the run's
  day; an event of tomorrow (clock skew) counts as one of today. After ``window_days`` it is forgotten.
- A customer's weights together never exceed ``customer_cap``: they are scaled down evenly, so a reseller who
  buys the whole shop every week keeps his own tastes and does not set everybody else's.
- No pair weighs less than 0. Pairs that cancelled out stay with their counts: what was bought, even if
  returned, is not recommended again.
- A night reads its own newest earlier day and the events that became known since, however many nights lie
  between. ``history`` is all it needs of what came before: the pair's events counted by the day they
  happened, so a late one is added to its own day. Everything else in a row is a function of ``history`` and
  the run's day; so the night equals the recomputation from all events bit for bit, and other weights, or
  another half-life, need no recomputation. A longer window does: it cannot bring back what was forgotten.
- Nothing that became known after the day is read. Where events of an earlier day are replaced, the days from
  it on are run again, in their order.
- Weights are summed as whole millionths: sums of floating-point numbers depend on their order, and this
  table gives the same bits on a rerun.
"""

from datetime import date, timedelta

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from nightmarket.domains.behaviour.event_names import INTEREST
from nightmarket.domains.behaviour.frames.histories import continued, histories
from nightmarket.errors import PlanError
from nightmarket.plan import days, job, previous

LONGEST_WINDOW = 365
AHEAD = 7
"""Days of events read beyond the window: an event may have become known before the day it is dated."""
MILLION = 1_000_000


@job(
    writes="behaviour.interactions",
    known=previous(),
    events=days("behaviour.events", LONGEST_WINDOW + AHEAD),
    size="large",
)
def build(
    known: DataFrame,
    events: DataFrame,
    *,
    day: date,
    view_weight: float = 1.0,
    cart_weight: float = 3.0,
    purchase_weight: float = 5.0,
    half_life_days: float = 30.0,
    customer_cap: float = 300.0,
    window_days: int = LONGEST_WINDOW,
) -> DataFrame:
    if window_days > LONGEST_WINDOW:
        raise PlanError(
            f"behaviour.interactions: window_days is {window_days}; it can be {LONGEST_WINDOW} at most."
        )
    weights = {
        "views": view_weight,
        "carts": cart_weight,
        "purchases": purchase_weight,
        "refunds": -purchase_weight,
    }
    state = known.where(F.col("history").isNotNull())  # a day of an older version has none
    # As a literal, so that only the files of the days since are opened.
    newest = state.select("day").first()
    fresh = events if newest is None else events.where(F.col("day") > F.lit(newest.day))
    pairs = continued(state, histories(fresh), forgotten=day - timedelta(days=window_days))
    return capped(measured(pairs, weights, day, half_life_days), customer_cap)


def measured(pairs: DataFrame, weights: dict[str, float], day: date, half_life_days: float) -> DataFrame:
    def millionths(bucket: Column) -> Column:
        worth = sum((bucket[c] * F.lit(weight) for c, weight in weights.items()), F.lit(0.0))
        age = F.greatest(F.date_diff(F.lit(day), bucket["on"]), F.lit(0))
        return F.rint(worth * F.pow(F.lit(0.5), age / half_life_days) * MILLION).cast("long")

    def total(values: Column, kind: str) -> Column:
        return F.aggregate(values, F.lit(0).cast(kind), lambda so_far, value: so_far + value)

    history = F.col("history")
    return pairs.select(
        "user_id",
        "item_id",
        F.greatest(total(F.transform(history, millionths), "long"), F.lit(0)).alias("millionths"),
        *(total(history[c], "int").alias(c) for c in INTEREST),
        F.element_at("history", 1)["first_at"].alias("first_at"),
        F.element_at("history", -1)["last_at"].alias("last_at"),
        "history",
    )


def capped(pairs: DataFrame, customer_cap: float) -> DataFrame:
    """Millionths to weights, those of a customer above the cap scaled to add up to it."""
    total = F.sum("millionths").over(Window.partitionBy("user_id")) / MILLION
    share = F.least(F.lit(1.0), F.lit(customer_cap) / total)  # null when the total is 0: nothing to scale
    weight = F.round(F.col("millionths") / MILLION * F.coalesce(share, F.lit(1.0)), 6)
    return pairs.select(
        "user_id", "item_id", weight.alias("weight"), *INTEREST, "first_at", "last_at", "history"
    )
