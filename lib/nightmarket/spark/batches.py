"""Rows through a model: it is loaded once per Python worker, rows come as Arrow batches and leave as such.

An encoder is fast when it sees many texts at once, because it sorts them by length. Spark's batches are cut
by row count and come one by one; so several are buffered, encoded as one, and given back as they came.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from nightmarket.text import normalise

LONGEST_TEXT = 100_000
"""Characters beyond which a text is no text of a shop: such a row gets no vector."""
_BUFFERED_CHARACTERS = 64_000_000


class TextEncoder(Protocol):
    """What a batch needs of a model: see ``nightmarket.models.Encoder``."""

    @property
    def dimension(self) -> int: ...

    def encode(self, texts: Sequence[str], *, prefix: str | None = None) -> np.ndarray:
        """One float32 vector per text, in order."""
        ...


def encode_column(
    frame: DataFrame,
    text_column: str,
    vector_column: str,
    encoder: Callable[[], TextEncoder],
    *,
    prefix: str | None = None,
    workers: int | None = None,
    rows_at_once: int = 16_384,
) -> DataFrame:
    """The frame with one more column, ``vector_column`` array<float>: the encoded text of each row.

    A text that is null, empty once normalised, or longer than :data:`LONGEST_TEXT` gets a null vector: one
    poisoned row must not cost the night, and the caller decides what becomes of it. No row is lost or added.

    The model is the plan's only Python stage when called once per job; a second call would load it twice.

    Args:
        encoder: loads the model; called once per Python worker, from ``nightmarket.models.loader``. It has to
            be picklable and to return the same object when called again in the same process.
        prefix: handed to the encoder; by default the model's own.
        workers: Python processes that hold the model; by default one per core, each with one thread. Rows are
            dealt to them by a hash of their text, so equal texts meet in one worker and a retried task gets
            the same rows.
        rows_at_once: rows buffered for one call of the encoder.

    Raises:
        ValueError: the frame has no such text column, or already has the vector column.
    """
    if text_column not in frame.columns or vector_column in frame.columns:
        raise ValueError(f"cannot encode {text_column} into {vector_column}: the frame has {frame.columns}")
    cores = frame.sparkSession.sparkContext.defaultParallelism
    workers = workers or cores
    threads = max(1, cores // workers)

    def encoded(batches: Iterable[pa.RecordBatch]) -> Iterable[pa.RecordBatch]:
        # Spark gives a worker one thread per task; with fewer workers than cores each may have more.
        os.environ["OMP_NUM_THREADS"] = str(threads)
        for some in buffered(batches, text_column, rows_at_once):
            texts = [text for batch in some for text in batch.column(text_column).to_pylist()]
            vectors = vectors_of(texts, encoder, prefix)
            start = 0
            for batch in some:
                column = vectors.slice(start, batch.num_rows)
                start += batch.num_rows
                yield pa.RecordBatch.from_arrays(
                    [*batch.columns, column], names=[*batch.schema.names, vector_column]
                )

    schema = T.StructType([*frame.schema.fields, T.StructField(vector_column, T.ArrayType(T.FloatType()))])
    return frame.repartition(workers, F.col(f"`{text_column}`")).mapInArrow(encoded, schema)


def buffered(
    batches: Iterable[pa.RecordBatch], text_column: str, rows: int
) -> Iterator[list[pa.RecordBatch]]:
    """Runs of batches with at least ``rows`` rows or 64 MB of text together; the last may have fewer."""
    some: list[pa.RecordBatch] = []
    count = characters = 0
    for batch in batches:
        some.append(batch)
        count += batch.num_rows
        characters += batch.column(text_column).nbytes
        if count >= rows or characters >= _BUFFERED_CHARACTERS:
            yield some
            some, count, characters = [], 0, 0
    if some:
        yield some


def vectors_of(
    texts: Sequence[str | None], encoder: Callable[[], TextEncoder], prefix: str | None
) -> pa.ListArray:
    """One list of float32 per text, null where it cannot be encoded; the model is loaded only if needed."""
    good: list[str] = []
    sizes = np.zeros(len(texts), np.int64)
    usable = np.zeros(len(texts), bool)
    for place, text in enumerate(texts):
        if text is not None and len(text) <= LONGEST_TEXT and (clean := normalise(text)):
            good.append(clean)
            usable[place] = True
    values = pa.array([], pa.float32())
    if good:
        model = encoder()
        vectors = np.ascontiguousarray(model.encode(good, prefix=prefix), dtype=np.float32)
        if vectors.shape != (len(good), model.dimension) or not np.isfinite(vectors).all():
            raise ArithmeticError(
                f"the encoder gave {vectors.shape} for {len(good)} texts, or values that are none"
            )
        sizes[usable] = model.dimension
        values = pa.array(vectors.reshape(-1))
    ends = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
    missing: Any = pa.array(~usable)
    return pa.ListArray.from_arrays(pa.array(ends), values, mask=missing)
