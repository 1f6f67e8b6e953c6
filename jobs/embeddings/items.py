"""embeddings.items: the meaning of each active item's text as a unit vector.

- Read is the text of catalogue.items: title, brand, category, attributes, description. Each weighs by its
  tokens, for a vector is the mean over them, of all windows of a long text; nothing is cut off.
- A vector is a function of the text and the model. Both are in its row (content hash, model digest), so
  what any of the last ``computed`` days holds for them is taken from there, and equal texts are read once.
- The model is the shop's encoder (``$NIGHTMARKET_ENCODER``) unless ``model`` names another; ``by_language``
  names other models for single languages. Items in a language that no model was made for get no vector: it
  would be noise that looks like a meaning.
- A model that was tuned on the shop's own texts and passed the gate (embeddings.encoders) reads in place of
  its own; ``tuned: false`` leaves that.
- ``precision`` bf16 computes some three times as fast on a CPU with AMX, at a cosine of 0.9999 to the full
  vectors; int8 nearly twice as fast on one with VNNI, at 0.998. Other CPUs compute both in fp32.
"""

from pyspark.sql import DataFrame

from nightmarket.models import Route
from nightmarket.plan import computed, encoder, job, latest
from nightmarket.spark.paid_once import TEXTS_PER_PART, embedded_once
from nightmarket.spark.parts import Parts


@job(
    writes="embeddings.items",
    items=latest("catalogue.items", max_age=3),
    known=computed(days=7),
    readers=encoder(tuned_by="embeddings.encoders"),
    size="large",
)
def build(
    items: DataFrame,
    known: DataFrame,
    readers: list[Route],
    *,
    texts_per_part: int = TEXTS_PER_PART,
) -> Parts:
    texts = items.where("active").select("item_id", "content_hash", "text", "language")
    return embedded_once(texts, known, readers, "item_id", "content_hash", per_part=texts_per_part)
