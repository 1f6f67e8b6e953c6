"""embeddings.reviews: the meaning of each of the day's reviews as a unit vector.

- A vector is a function of the text and the model. Both are in its row (content hash, model digest), so
  what any of the last ``computed`` days holds for them is taken from there: a shop that exports its last
  weeks of reviews every night pays for each once. Equal texts are read once.
- The model is the shop's encoder (``$NIGHTMARKET_ENCODER``) unless ``model`` names another; ``by_language``
  names other models for single languages. Reviews in a language that no model was made for get no vector: it
  would be noise that looks like a meaning.
- ``precision`` bf16 computes some three times as fast on a CPU with AMX, at a cosine of 0.9999 to the full
  vectors; int8 nearly twice as fast on one with VNNI, at 0.998. Other CPUs compute both in fp32.
"""

from collections.abc import Mapping

from pyspark.sql import DataFrame

from nightmarket import models
from nightmarket.plan import computed, days, job
from nightmarket.spark.paid_once import TEXTS_PER_PART, embedded_once
from nightmarket.spark.parts import Parts


@job(
    writes="embeddings.reviews",
    reviews=days("reviews.clean", 1),
    known=computed(days=30),
    size="large",
)
def build(
    reviews: DataFrame,
    known: DataFrame,
    *,
    model: str | None = None,
    by_language: Mapping[str, str] | None = None,
    precision: str = "fp32",
    texts_per_part: int = TEXTS_PER_PART,
) -> Parts:
    texts = reviews.select("review_id", "content_hash", "text", "language")
    readers = models.routes(model, by_language, precision)
    return embedded_once(texts, known, readers, "review_id", "content_hash", per_part=texts_per_part)
