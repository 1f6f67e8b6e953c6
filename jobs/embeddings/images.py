"""embeddings.images: what each item's picture looks like as a unit vector.

- A vector is a function of the file's bytes and the model. Both are in its row (content hash, model digest),
  so what any of the last ``computed`` days holds for them is taken from there, and equal files are read once.
- The model is the shop's image encoder (``$NIGHTMARKET_IMAGE_ENCODER``) unless ``model`` names another.
- A picture of no item in the catalogue is rejected as ``unknown_item``, also when that item left long ago.
- Whether a file is a picture is decided before any model is loaded, by decoding it. One whose vector is known
  was decoded then, and is not again.
- An item has one picture: of those that can be read the first by path. The others are ``duplicate``.
- The export is read once. Only what a model still has to read is kept beside the reasons until then.
"""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from nightmarket import models
from nightmarket.plan import computed, image_encoder, job, latest, source
from nightmarket.spark.batches import PICTURE
from nightmarket.spark.checkpoint import checkpointed
from nightmarket.spark.paid_once import PICTURES_PER_PART, embedded_once
from nightmarket.spark.rejects import Split, dedup_key, reject, rejected, valid


@job(
    writes="embeddings.images",
    rejects="embeddings.image_rejects",
    pictures=source("pictures"),
    items=latest("catalogue.items", max_age=3),
    known=computed(days=30),
    readers=image_encoder(),
    size="large",
)
def build(
    pictures: DataFrame,
    items: DataFrame,
    known: DataFrame,
    readers: list[models.Route],
    *,
    pictures_per_part: int = PICTURES_PER_PART,
) -> Split:
    (reader,) = readers
    same_model = known.where((F.col("model_digest") == reader.digest) & F.col("vector").isNotNull())
    seen = with_faults(of_items(pictures, items), same_model)
    resting, _ = checkpointed(seen.withColumn("dedup_key", dedup_key(F.col("item_id"))), "dedup_key")
    checked = one_each(resting)
    kept = checked.where(valid()).select("item_id", "content_hash", "picture")
    vectors = embedded_once(
        kept, known, readers, "item_id", "content_hash", content=PICTURE, per_part=pictures_per_part
    )
    return Split(vectors, rejected(checked))


def of_items(pictures: DataFrame, items: DataFrame) -> DataFrame:
    # Ids are small and pictures are large: these stay where they are.
    listed = F.broadcast(items.select("item_id", F.lit(True).alias("listed")))
    words = F.concat(F.lit("item_id: '"), F.col("item_id"), F.lit("' is not in the catalogue"))
    return reject(
        pictures.join(listed, "item_id", "left"), (F.col("listed").isNull(), "unknown_item", words)
    ).drop("listed")


def with_faults(pictures: DataFrame, known: DataFrame) -> DataFrame:
    """Pictures that cannot be decoded get a reason; the bytes only of those that a model has to read."""

    @F.udf("string")
    def fault(content: bytes | None) -> str | None:
        return None if content is None else models.picture_fault(content)

    hashed = pictures.withColumn("content_hash", F.sha2("picture", 256))
    paid = F.broadcast(known.select("content_hash", F.lit(True).alias("paid")).distinct())
    fresh = hashed.join(paid, "content_hash", "left").withColumn(
        "picture", F.when(F.col("paid").isNull() & valid(), F.col("picture"))
    )
    large = F.octet_length("picture") > PICTURE.longest
    too_large = F.concat(F.lit("it has more than "), F.lit(PICTURE.longest), F.lit(" bytes"))
    decoded = fresh.withColumn("fault", F.when(large, too_large).otherwise(fault("picture")))
    words = F.concat(F.lit("picture: "), F.col("fault"))
    checked = reject(decoded, (F.col("fault").isNotNull(), "unreadable_picture", words))
    return checked.withColumn("picture", F.when(valid(), F.col("picture"))).drop("paid", "fault")


def one_each(pictures: DataFrame) -> DataFrame:
    first = Window.partitionBy("dedup_key").orderBy("source_file", "raw", "content_hash")
    placed = pictures.withColumn("nth", F.row_number().over(first))
    return reject(placed, (F.col("nth") > 1, "duplicate", "item_id: it has a picture of an earlier path"))
