"""The items nearest to each item, exactly: every pair is compared, block by block.

Items are dealt into blocks by a hash of their id, and a pair of blocks is compared at a time, so no machine
needs memory for all of them.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from nightmarket.domains.recommendation.looks import Scale, scale, widened
from nightmarket.domains.recommendation.rank import best
from nightmarket.spark.vectors import matrix

_COMPARED = "item_id string, similar_id string, similarity double"
_COPIES = 6
"""Of a block's vectors: as Arrow, as Python lists' arrays and as one matrix, for each of two blocks."""
_SAMPLED = 1000
"""Items with a picture, of each model, from which the scale of pictures' cosines is measured."""


def blocks_of(rows: int, wide: int, budget_bytes: int) -> int:
    """How many blocks items of so many numbers are dealt into; a number is four bytes."""
    return max(1, -(-rows * wide * 4 * _COPIES // budget_bytes))


def scales_of(items: DataFrame) -> dict[str, Scale]:
    """By the model of the texts; the sample is the same on every run."""
    drawn = Window.partitionBy("model_digest").orderBy(F.xxhash64("item_id"), "item_id")
    shown = items.where("picture is not null").withColumn("drawn", F.row_number().over(drawn))
    sample: pd.DataFrame = shown.where(F.col("drawn") <= _SAMPLED).orderBy("item_id").toPandas()
    return {
        digest: scale(matrix(some["vector"]), matrix(some["picture"]))
        for digest, some in sample.groupby("model_digest")
    }


def by_blocks(
    items: DataFrame, number: int, count: int, weight: float, scales: Mapping[str, Scale], budget_bytes: int
) -> DataFrame:
    """Of each pair of blocks, the ``count`` items of the second nearest to each of the first."""
    own = F.pmod(F.xxhash64("item_id"), F.lit(number)).alias("own")
    blocks = items.select("*", own)
    others = F.explode(F.expr(f"sequence(0L, {number - 1}L)"))
    pair = ["model_digest", "left", "right"]
    left = blocks.withColumns({"left": F.col("own"), "right": others}).drop("own").groupBy(*pair)
    # Under names of its own, for Spark takes the columns of a joined frame for the same on both sides.
    blocks = blocks.select(*[F.col(name).alias(name) for name in blocks.columns])
    right = blocks.withColumns({"right": F.col("own"), "left": others}).drop("own").groupBy(*pair)

    def compare(key: tuple[str, int, int], one: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
        if one.empty or other.empty:
            return pd.DataFrame({"item_id": [], "similar_id": [], "similarity": []})
        one, other = one.sort_values("item_id"), other.sort_values("item_id")
        ids, other_ids = one["item_id"].to_numpy(object), other["item_id"].to_numpy(object)
        _, same, also = np.intersect1d(ids, other_ids, return_indices=True)
        near, far = matrix(one["vector"]), matrix(other["vector"])
        if one["picture"].notna().any() and other["picture"].notna().any():
            near = widened(near, matrix(one["picture"]), weight, scales[key[0]], queries=True)
            far = widened(far, matrix(other["picture"]), weight, scales[key[0]], queries=False)
        rows, columns, scores = best(near, far, count, excluded=(same, also), budget_bytes=budget_bytes)
        return pd.DataFrame(
            {"item_id": ids[rows], "similar_id": other_ids[columns], "similarity": scores.astype(np.float64)}
        )

    return left.cogroup(right).applyInPandas(compare, _COMPARED)
