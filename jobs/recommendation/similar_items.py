"""recommendation.similar_items: the items nearest in meaning to each active item, nearest first.

- Exact: every pair of items read by one model is compared. Vectors of two models mean nothing to each other,
  so items of different models are never neighbours.
- Items are dealt into blocks by a hash of their id and compared block by block, ``budget_bytes`` for a pair
  of blocks and what is computed of it: no machine needs memory for all of them. On disk it takes twice the
  vectors for each block: a million items are 35 blocks and some 115 GB.
- Similarities are rounded before they are compared, and ties go to the smaller item id: a matrix product cut
  otherwise differs in its last bit, and the list must not.
"""

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from nightmarket.plan import job, latest
from nightmarket.recommend.rank import best

COMPARED = "item_id string, similar_id string, similarity double"
COPIES = 6
"""Of a block's vectors: as Arrow, as Python lists' arrays and as one matrix, for each of two blocks."""


@job(
    writes="recommendation.similar_items",
    vectors=latest("embeddings.items", max_age=3),
    size="large",
)
def build(vectors: DataFrame, *, count: int = 20, budget_bytes: int = 512 << 20) -> DataFrame:
    items, dimensions = vectors.agg(F.count("*"), F.max(F.size("vector"))).collect()[0]
    number = -(-items * (dimensions or 0) * 4 * COPIES // (budget_bytes // 2))
    compared = by_blocks(vectors, max(1, number), count, budget_bytes // 2)
    nearest = Window.partitionBy("item_id").orderBy(F.desc("similarity"), "similar_id")
    ranked = compared.withColumn("rank", F.row_number().over(nearest)).where(F.col("rank") <= count)
    return ranked.select("item_id", "rank", "similar_id", F.round("similarity", 6).alias("similarity"))


def by_blocks(vectors: DataFrame, number: int, count: int, budget_bytes: int) -> DataFrame:
    """Of each pair of blocks, the ``count`` items of the second nearest to each of the first."""
    own = F.pmod(F.xxhash64("item_id"), F.lit(number)).alias("own")
    blocks = vectors.select("item_id", "model_digest", "vector", own)
    others = F.explode(F.expr(f"sequence(0L, {number - 1}L)"))
    pair = ["model_digest", "left", "right"]
    left = blocks.withColumns({"left": F.col("own"), "right": others}).drop("own").groupBy(*pair)
    right = blocks.withColumns({"right": F.col("own"), "left": others}).drop("own").groupBy(*pair)

    def compare(one: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
        if one.empty or other.empty:
            return pd.DataFrame({"item_id": [], "similar_id": [], "similarity": []})
        one, other = one.sort_values("item_id"), other.sort_values("item_id")
        ids, other_ids = one["item_id"].to_numpy(object), other["item_id"].to_numpy(object)
        _, same, also = np.intersect1d(ids, other_ids, return_indices=True)
        rows, columns, scores = best(
            np.stack(one["vector"].to_list()).astype(np.float32),
            np.stack(other["vector"].to_list()).astype(np.float32),
            count,
            excluded=(same, also),
            budget_bytes=budget_bytes,
        )
        return pd.DataFrame(
            {"item_id": ids[rows], "similar_id": other_ids[columns], "similarity": scores.astype(np.float64)}
        )

    return left.cogroup(right).applyInPandas(compare, COMPARED)
