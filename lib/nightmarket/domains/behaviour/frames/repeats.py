"""Which events repeat others: by their id, tonight or on an earlier day, or by being the same deed again.

What repeats is found in a few columns of a checkpoint; only what repeats is looked at whole.
"""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from nightmarket.domains.behaviour.frames.clocks import says_nothing
from nightmarket.domains.behaviour.frames.identity import KNOWN_UNTIL, person_key
from nightmarket.spark.checkpoint import checkpointed
from nightmarket.spark.rejects import reject, valid

_BROADCAST_ROWS = 5_000_000
_DETAILS = {
    "duplicate": "event_id: the event is in this export or an earlier day's already",
    "id_reused": "event_id: another event has this id",
    "near_duplicate": "the same again within moments, under another id",
}


def with_repeats(
    rows: DataFrame, earlier: DataFrame, *, near_seconds: float, timed: Column, unit: Column | None
) -> DataFrame:
    """The rows of ``identity.by_device``, those that repeat others with a reject reason.

    Args:
        timed: events whose time says when they were done; only they can come too soon one after the other.
        unit: what their clock shows at best, see ``clocks.unit``.
    """
    fresh = rows.where(valid() & F.col(KNOWN_UNTIL).isNull())
    same_id = _repeated_ids(fresh).unionByName(_known_ids(fresh, earlier)).dropDuplicates(["row"])
    same_id = _few(same_id, "row")
    alone = fresh.join(same_id, "row", "left_anti")
    found = _few(same_id.unionByName(_near_repeats(alone.where(timed), near_seconds, unit)), "row")
    repeated = F.col("repeated")
    detail = F.coalesce(*(F.when(repeated == reason, words) for reason, words in _DETAILS.items()))
    return reject(rows.join(found, "row", "left"), (repeated.isNotNull(), repeated, detail)).drop("repeated")


def _few(rows: DataFrame, by: str) -> DataFrame:
    """Computed once, to be joined ``by``; few as a rule, and then sent whole to every task."""
    found, count = checkpointed(rows, by)
    return F.broadcast(found) if count <= _BROADCAST_ROWS else found


def _repeated_ids(fresh: DataFrame) -> DataFrame:
    """All but the first row of each id. Ids that meet are found by their hash, so that little is shuffled."""
    hashed = fresh.withColumn("hash", F.xxhash64("event_id"))
    # Put together first: nearly all are alone, and counting them where they come from gains nothing.
    parts = int(str(fresh.sparkSession.conf.get("spark.sql.shuffle.partitions")))
    together = hashed.select("hash").repartition(parts, "hash").groupBy("hash").count()
    often = _few(together.where(F.col("count") > 1).select("hash"), "hash")
    by_id = Window.partitionBy("event_id").orderBy("event_at", "raw", "source_file", "row")
    deed = F.struct(person_key(), "event_name", "item_id")
    met = hashed.join(often, "hash", "left_semi").select(
        "row",
        F.row_number().over(by_id).alias("nth"),
        deed.eqNullSafe(F.first(deed).over(by_id)).alias("same"),
    )
    reason = F.when(F.col("same"), "duplicate").otherwise("id_reused")
    return met.where(F.col("nth") > 1).select("row", reason.alias("repeated"))


def _known_ids(fresh: DataFrame, earlier: DataFrame) -> DataFrame:
    """Rows whose id came with an earlier day. Only what happened before those days ended can have."""
    # As a number: PySpark hands times out in the machine's zone, where an hour of autumn comes twice.
    newest = earlier.agg(F.max(F.unix_micros("event_at"))).collect()[0][0]
    old = fresh.where(F.unix_micros("event_at") <= newest) if newest is not None else fresh.limit(0)
    return old.join(earlier.select("event_id"), "event_id", "left_semi").select(
        "row", F.lit("duplicate").alias("repeated")
    )


def _near_repeats(fresh: DataFrame, seconds: float, unit: Column | None) -> DataFrame:
    deed = F.xxhash64("device", "event_name", "item_id", "order_id", "quantity", "price")
    about = fresh.where(F.col("item_id").isNotNull() & F.col("device").isNotNull())
    if unit is not None:
        about = about.where(unit <= seconds)
    in_order = Window.partitionBy("place", "deed").orderBy("event_at", "event_id", "row")
    since = F.unix_micros("event_at") - F.unix_micros(F.lag("event_at").over(in_order))
    again = about.withColumn("deed", deed).withColumn("since", since)
    soon = F.col("since") <= round(seconds * 1_000_000)
    return again.where(soon & ~says_nothing(F.col("since"), unit)).select(
        "row", F.lit("near_duplicate").alias("repeated")
    )
