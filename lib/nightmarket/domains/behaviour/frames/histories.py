"""What a customer did to an item, day by day: histories, from events and continued from night to night.

A history is an array of one bucket per day (UTC) on which something happened, in order: ``on``, the numbers
of events by kind, and the first and last instant.
"""

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from nightmarket.domains.behaviour.event_names import INTEREST


def histories(events: DataFrame) -> DataFrame:
    """People's events as one history per pair; the shuffle by customer serves both groupings."""
    people = F.col("bot").isNull() & F.col("user_id").isNotNull() & F.col("item_id").isNotNull()
    counts = [F.count_if(F.col("event_name") == name).cast("int").alias(c) for c, name in INTEREST.items()]
    first, last = F.min("event_at").alias("first_at"), F.max("event_at").alias("last_at")
    by_date = (
        events.where(people & F.col("event_name").isin(*INTEREST.values()))
        .select("user_id", "item_id", F.to_date("event_at").alias("on"), "event_name", "event_at")
        .repartition("user_id")
        .groupBy("user_id", "item_id", "on")
        .agg(*counts, first, last)
    )
    bucket = F.struct("on", *INTEREST, "first_at", "last_at")
    return by_date.groupBy("user_id", "item_id").agg(F.sort_array(F.collect_list(bucket)).alias("history"))


def continued(state: DataFrame, fresh: DataFrame, *, forgotten: date) -> DataFrame:
    """Both histories of each pair as one, without what happened up to the ``forgotten`` day; pairs with
    nothing left go.

    A union instead of a join: the state, which is large, is shuffled once, by customer as the cap needs it.
    """
    before = state.select("user_id", "item_id", F.col("history").alias("before"), F.lit(None).alias("since"))
    since = fresh.select("user_id", "item_id", F.lit(None).alias("before"), F.col("history").alias("since"))
    either = before.union(since).repartition("user_id")
    # Each pair has one of each at most; max passes over the nulls.
    once = (F.max("before").alias("before"), F.max("since").alias("since"))
    both = either.groupBy("user_id", "item_id").agg(*once)
    # By the last dates and not by what is left: Spark would work out the whole history twice to ask for it.
    newest = F.greatest(F.element_at("before", -1)["on"], F.element_at("since", -1)["on"])
    whole = (
        F.when(F.col("since").isNull(), F.col("before"))
        .when(F.col("before").isNull(), F.col("since"))
        .otherwise(_merged("before", "since"))
    )
    history = F.filter(whole, lambda bucket: bucket["on"] > F.lit(forgotten))
    return both.where(newest > F.lit(forgotten)).select("user_id", "item_id", history.alias("history"))


def _merged(one: str, other: str) -> Column:
    """Two histories as one; only few pairs of a night have both, so only they pay for the maps."""

    def by_date(history: str) -> Column:
        return F.map_from_arrays(F.col(history)["on"], F.col(history))

    def added(on: Column, a: Column, b: Column) -> Column:
        return F.struct(
            on.alias("on"),
            *((F.coalesce(a[c], F.lit(0)) + F.coalesce(b[c], F.lit(0))).alias(c) for c in INTEREST),
            F.least(a["first_at"], b["first_at"]).alias("first_at"),
            F.greatest(a["last_at"], b["last_at"]).alias("last_at"),
        )

    return F.sort_array(F.map_values(F.map_zip_with(by_date(one), by_date(other), added)))
