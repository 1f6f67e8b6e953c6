"""A model's answer is paid for once per content: what is known is reused, and equal contents share one
answer.
"""

from collections.abc import Callable

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from nightmarket.spark.batches import LONGEST_TEXT, TextEncoder, encode_column
from nightmarket.spark.meter import counted


def embedded_once(
    rows: DataFrame, known: DataFrame, encoder: Callable[[], TextEncoder], *, model: str, digest: str
) -> DataFrame:
    """The rows with ``model``, ``model_digest`` and ``vector`` in place of ``text``.

    Args:
        rows: has ``content_hash``, the key of what is paid once, and ``text``, the same for one hash.
        known: rows with ``content_hash``, ``model_digest`` and ``vector``, computed earlier; those of another
            digest are of another model and never mixed in.
        encoder: loads the model on a Python worker, see :func:`~nightmarket.spark.batches.encode_column`.

    Counts ``model_rows_computed`` (contents the model had to read) and ``model_rows_reused`` (rows whose
    vector was known). A row whose text cannot be encoded (empty, or beyond the longest text) is left out.
    """
    # Equal contents may have been computed on two nights with a different last bit: the least is taken.
    same_model = known.where(F.col("model_digest") == digest)
    store = same_model.groupBy("content_hash").agg(F.min("vector").alias("vector"))
    looked_up = rows.join(store, "content_hash", "left")
    reused = counted(looked_up.where("vector is not null").drop("text"), "model_rows_reused")
    missing = looked_up.where(F.col("vector").isNull() & (F.length("text") <= LONGEST_TEXT)).drop("vector")
    contents = counted(
        missing.groupBy("content_hash").agg(F.min("text").alias("text")), "model_rows_computed"
    )
    computed = encode_column(contents, "text", "vector", encoder).where("vector is not null").drop("text")
    fresh = missing.drop("text").join(computed, "content_hash")
    return reused.unionByName(fresh).withColumns({"model": F.lit(model), "model_digest": F.lit(digest)})
