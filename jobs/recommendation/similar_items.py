"""recommendation.similar_items: the items nearest in meaning and looks to each active item, nearest first.

- Exact: every pair of items read by one model is compared. Vectors of two models mean nothing to each other,
  so items of different models are never neighbours.
- Where both items have a picture, it counts by ``picture_weight``, see ``domains.recommendation.looks``;
  where one has none, the texts alone count. A shop without pictures has the lists that its texts give.
- Items are dealt into blocks by a hash of their id and compared block by block, ``budget_bytes`` for a pair
  of blocks and what is computed of it: no machine needs memory for all of them. On disk it takes twice the
  vectors for each block: a million items are 35 blocks and 110 GB. With pictures they would be 184 blocks and
  2.5 TB: from some 200,000 items on, leave pictures aside (``picture_weight: 0``).
- Similarities are rounded before they are compared, and ties go to the smaller item id: a matrix product cut
  otherwise differs in its last bit, and the list must not.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from nightmarket.domains.recommendation.looks import Scale, scale, widened
from nightmarket.domains.recommendation.rank import best
from nightmarket.errors import PlanError
from nightmarket.plan import job, latest

COMPARED = "item_id string, similar_id string, similarity double"
COPIES = 6
"""Of a block's vectors: as Arrow, as Python lists' arrays and as one matrix, for each of two blocks."""
SAMPLED = 1000
"""Items with a picture, of each model, from which the scale of pictures' cosines is measured."""


@job(
    writes="recommendation.similar_items",
    vectors=latest("embeddings.items", max_age=3),
    pictures=latest("embeddings.images", max_age=3, optional=True),
    size="large",
)
def build(
    vectors: DataFrame,
    pictures: DataFrame,
    *,
    count: int = 20,
    picture_weight: float = 0.3,
    budget_bytes: int = 512 << 20,
) -> DataFrame:
    if not 0 <= picture_weight <= 1:
        raise PlanError(f"picture_weight is {picture_weight}, but must be from 0 to 1.")
    seen = pictures.where(F.lit(picture_weight > 0)).select("item_id", F.col("vector").alias("picture"))
    items = vectors.select("item_id", "model_digest", "vector").join(seen, "item_id", "left")
    sizes = F.max(F.size("vector")), F.max(F.when(F.col("picture").isNotNull(), F.size("picture")))
    rows, text, picture = items.agg(F.count("*"), *sizes).collect()[0]
    wide = 2 * text + picture + 1 if picture else text or 0
    number = blocks_of(rows, wide, budget_bytes // 2)
    scales = scales_of(items) if picture else {}
    compared = by_blocks(items, number, count, picture_weight, scales, budget_bytes // 2)
    nearest = Window.partitionBy("item_id").orderBy(F.desc("similarity"), "similar_id")
    ranked = compared.withColumn("rank", F.row_number().over(nearest)).where(F.col("rank") <= count)
    return ranked.select("item_id", "rank", "similar_id", F.round("similarity", 6).alias("similarity"))


def blocks_of(rows: int, wide: int, budget_bytes: int) -> int:
    """How many blocks items of so many numbers are dealt into; a number is four bytes."""
    return max(1, -(-rows * wide * 4 * COPIES // budget_bytes))


def scales_of(items: DataFrame) -> dict[str, Scale]:
    """By the model of the texts; the sample is the same on every run."""
    drawn = Window.partitionBy("model_digest").orderBy(F.xxhash64("item_id"), "item_id")
    shown = items.where("picture is not null").withColumn("drawn", F.row_number().over(drawn))
    sample: pd.DataFrame = shown.where(F.col("drawn") <= SAMPLED).orderBy("item_id").toPandas()
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

    return left.cogroup(right).applyInPandas(compare, COMPARED)


def matrix(vectors: pd.Series) -> np.ndarray:
    """One row each, zeros where there is no vector; one at least is there."""
    known = vectors.notna().to_numpy()
    found = np.stack(vectors[known].to_list()).astype(np.float32)
    if known.all():
        return found
    rows = np.zeros((len(vectors), found.shape[1]), np.float32)
    rows[known] = found
    return rows
