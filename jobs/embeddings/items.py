"""embeddings.items: the meaning of each active item's text as a unit vector.

- A vector is a function of the text and the model. Both are in its row (content hash, model digest), so
  what any of the last ``computed`` days holds for them is taken from there, and equal texts are read once.
- The model is the shop's encoder (``$NIGHTMARKET_ENCODER``) unless ``model`` names another. Items in a
  language the model was not made for get no vector: it would be noise that looks like a meaning.
"""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from nightmarket import models
from nightmarket.plan import computed, job, latest
from nightmarket.spark.paid_once import embedded_once


@job(
    writes="embeddings.items",
    items=latest("catalogue.items", max_age=3),
    known=computed(days=7),
    size="large",
)
def build(items: DataFrame, known: DataFrame, *, model: str | None = None) -> DataFrame:
    name = model or models.default_name()
    entry = models.model(name, models.models_folder())
    readable = F.col("language").isin(*entry.languages, "und")
    texts = items.where("active").where(readable).select("item_id", "content_hash", "text")
    vectors = embedded_once(texts, known, models.loader(name), model=name, digest=entry.digest)
    return vectors.select("item_id", "content_hash", "model", "model_digest", "vector")
