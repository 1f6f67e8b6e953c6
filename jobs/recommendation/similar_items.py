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

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from nightmarket.domains.recommendation.frames.nearest import blocks_of, by_blocks, scales_of
from nightmarket.errors import PlanError
from nightmarket.plan import job, latest


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
