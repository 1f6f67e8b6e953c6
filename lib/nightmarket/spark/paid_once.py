"""A model's answer is paid for once per content: what is known is reused, and equal contents share one
answer.
"""

from collections.abc import Callable, Collection, Iterable
from functools import reduce
from typing import Protocol

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from nightmarket.spark.batches import TEXT, Content, ContentEncoder, encode_column
from nightmarket.spark.meter import counted
from nightmarket.spark.parts import Parts


class Reader(Protocol):
    """A model and what it reads: see ``nightmarket.models.Route``."""

    @property
    def name(self) -> str: ...

    @property
    def digest(self) -> str: ...

    @property
    def languages(self) -> Collection[str] | None:
        """Of the texts it reads; None for what is in no language."""
        ...

    @property
    def encoder(self) -> Callable[..., ContentEncoder]: ...


TEXTS_PER_PART, PICTURES_PER_PART = 20_000, 10_000
"""Minutes of a machine without GPU: as much as a killed run may lose."""


def embedded_once(
    rows: DataFrame,
    known: DataFrame,
    readers: Iterable[Reader],
    *columns: str,
    content: Content = TEXT,
    per_part: int = TEXTS_PER_PART,
) -> Parts:
    """The rows with ``model``, ``model_digest`` and ``vector`` in place of their content (and ``language``),
    in parts of so many contents to be read.

    Args:
        rows: has ``content_hash``, the key of what is paid once, and the content's column, the same for one
            hash and not needed where the vector is known; texts also ``language``, which decides who reads
            them.
        known: rows with ``content_hash``, ``model_digest`` and ``vector``, computed earlier; those of another
            digest are of another model and never mixed in.
        readers: models with the languages they read, no language in two of them; one model for what is in
            none.
        columns: what to keep of the rows, beside the three.

    Counts ``model_rows_computed`` (contents a model had to read) and ``model_rows_reused`` (rows whose vector
    was known). A row whose content cannot be encoded (empty, or too long) is left out, and so is a text in a
    language that no model was made for: its vector would be noise that looks like a meaning.
    """
    by_reader = [_read_by(reader, rows, known, content, per_part) for reader in readers]
    first = reduce(DataFrame.unionByName, (frames[0] for frames in by_reader))
    frames = [first, *(frame for frames in by_reader for frame in frames[1:])]
    return Parts(tuple(frame.select(*columns, "model", "model_digest", "vector") for frame in frames))


def _read_by(
    reader: Reader, rows: DataFrame, known: DataFrame, content: Content, per_part: int
) -> list[DataFrame]:
    if reader.languages is not None:
        rows = rows.where(F.col("language").isin(*reader.languages)).drop("language")
    # Equal contents may have been computed on two nights with a different last bit: the least is taken.
    same_model = known.where((F.col("model_digest") == reader.digest) & F.col("vector").isNotNull())
    store = same_model.groupBy("content_hash").agg(F.min("vector").alias("vector"))
    reused = counted(rows.drop(content.column).join(store, "content_hash"), "model_rows_reused")
    # Asked once for each part, and without the vectors.
    unknown = rows.join(same_model.select("content_hash").distinct(), "content_hash", "left_anti")
    missing = unknown.where(F.length(content.column) <= content.longest)
    number = max(1, -(-missing.select("content_hash").distinct().count() // per_part))
    place = F.pmod(F.xxhash64("content_hash"), F.lit(number))
    fresh = [_computed(missing.where(place == n), reader, content) for n in range(number)]
    made_by = {"model": F.lit(reader.name), "model_digest": F.lit(reader.digest)}
    return [frame.withColumns(made_by) for frame in (reused.unionByName(fresh[0]), *fresh[1:])]


def _computed(missing: DataFrame, reader: Reader, content: Content) -> DataFrame:
    name = content.column
    contents = counted(missing.groupBy("content_hash").agg(F.min(name).alias(name)), "model_rows_computed")
    computed = encode_column(contents, name, "vector", reader.encoder, content=content)
    return missing.drop(name).join(computed.where("vector is not null").drop(name), "content_hash")
