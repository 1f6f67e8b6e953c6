"""embeddings.queries: the meaning of what people searched for lately as a unit vector.

- One row per different query of the last thirty days, in the one spelling of behaviour.searches.
- A query is read by the model that reads items of its language, with that model's own prefix and precision,
  so that its vector can be compared with theirs: a shop names them for embeddings.items.
- Paid for once: what the last ``computed`` days hold for a text and a model is taken from there.
"""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from nightmarket.models import Route
from nightmarket.plan import computed, days, encoder, job
from nightmarket.spark.paid_once import TEXTS_PER_PART, embedded_once
from nightmarket.spark.parts import Parts


@job(
    writes="embeddings.queries",
    searches=days("behaviour.searches", 30),
    known=computed(days=7),
    readers=encoder(of="embeddings.items", tuned_by="embeddings.encoders"),
    size="medium",
)
def build(
    searches: DataFrame,
    known: DataFrame,
    readers: list[Route],
    *,
    texts_per_part: int = TEXTS_PER_PART,
) -> Parts:
    spelled = searches.where(F.col("normalised_query").isNotNull())
    # One query has one language; two nights may have found it by two versions of the detector.
    queries = spelled.groupBy("normalised_query").agg(F.max(F.struct("day", "language")).alias("last"))
    texts = queries.select(
        "normalised_query", F.col("normalised_query").alias("text"), F.col("last.language").alias("language"),
        F.sha2("normalised_query", 256).alias("content_hash"),
    )  # fmt: skip
    return embedded_once(texts, known, readers, "normalised_query", "content_hash", per_part=texts_per_part)
