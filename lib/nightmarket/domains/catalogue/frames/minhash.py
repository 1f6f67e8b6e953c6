"""Pairs of listings whose titles are alike, by MinHash (Broder 1997) over their shingles."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from nightmarket.domains.catalogue.listings import shingles


def candidates(listed: DataFrame, least_shared: float, bands: int, rows: int, most_in_band: int) -> DataFrame:
    """Pairs of ids, the smaller first, with ``shared``: how many of their shingles they have in common."""
    cut = F.udf(shingles, "array<string>")
    words = listed.select("item_id", cut("title").alias("shingles")).where(F.size("shingles") > 0)
    least = "array_min(transform(shingles, shingle -> xxhash64(shingle, {})))"
    keys = [
        f"xxhash64({band}, {', '.join(least.format(band * rows + row) for row in range(rows))})"
        for band in range(bands)
    ]
    banded = words.select("item_id", F.explode(F.array(*map(F.expr, keys))).alias("band"))
    together = banded.groupBy("band").agg(F.sort_array(F.collect_list("item_id")).alias("ids"))
    together = together.where(F.size("ids").between(2, most_in_band))
    firsts = together.select("ids", F.posexplode("ids").alias("place", "item_id_1"))
    others = F.explode(F.expr("slice(ids, place + 2, size(ids))")).alias("item_id_2")
    pairs = firsts.select("item_id_1", others).distinct()
    one, other = (
        words.select(F.col("item_id").alias(f"item_id_{n}"), F.col("shingles").alias(f"shingles_{n}"))
        for n in (1, 2)
    )
    both = pairs.join(one, "item_id_1").join(other, "item_id_2")
    common = F.size(F.array_intersect("shingles_1", "shingles_2"))
    shared = common / F.size(F.array_union("shingles_1", "shingles_2"))
    found = both.select("item_id_1", "item_id_2", shared.alias("shared"))
    return found.where(F.col("shared") >= least_shared)
