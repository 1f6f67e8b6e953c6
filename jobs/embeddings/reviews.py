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

from pyspark.sql import DataFrame

from nightmarket.models import Route
from nightmarket.plan import computed, days, encoder, job
from nightmarket.spark.paid_once import TEXTS_PER_PART, embedded_once
from nightmarket.spark.parts import Parts


@job(
    writes="embeddings.reviews",
    reviews=days("reviews.clean", 1),
    known=computed(days=30),
    readers=encoder(),
    size="large",
)
def build(
    reviews: DataFrame,
    known: DataFrame,
    readers: list[Route],
    *,
    texts_per_part: int = TEXTS_PER_PART,
) -> Parts:
    texts = reviews.select("review_id", "content_hash", "text", "language")
    return embedded_once(texts, known, readers, "review_id", "content_hash", per_part=texts_per_part)
