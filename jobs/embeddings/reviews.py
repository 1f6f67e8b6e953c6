"""embeddings.reviews: the meaning of each of the day's reviews as a unit vector.

- A vector is a function of the text and the model. Both are in its row (content hash, model digest), so
  what any of the last ``computed`` days holds for them is taken from there: a shop that exports its last
  weeks of reviews every night pays for each once. Equal texts are read once.
- The model is the shop's encoder (``$NIGHTMARKET_ENCODER``) unless ``model`` names another. Reviews in a
  language the model was not made for get no vector: it would be noise that looks like a meaning.
"""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from nightmarket import models
from nightmarket.plan import computed, days, job
from nightmarket.spark.paid_once import embedded_once


@job(
    writes="embeddings.reviews",
    reviews=days("reviews.clean", 1),
    known=computed(days=30),
    size="large",
)
def build(reviews: DataFrame, known: DataFrame, *, model: str | None = None) -> DataFrame:
    name = model or models.default_name()
    entry = models.model(name, models.models_folder())
    readable = F.col("language").isin(*entry.languages, "und")
    texts = reviews.where(readable).select("review_id", "content_hash", "text")
    vectors = embedded_once(texts, known, models.loader(name), model=name, digest=entry.digest)
    return vectors.select("review_id", "content_hash", "model", "model_digest", "vector")
