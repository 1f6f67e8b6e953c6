"""Rows through a model: it is loaded once per Python worker, rows come as Arrow batches and leave as such.

The model draws batches ahead, since it is fast when it sees much at once; each leaves as it came, with
its vectors.
"""

import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from pyspark import TaskContext
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from nightmarket.text import normalise

LONGEST_TEXT = 100_000
"""Characters beyond which a text is no text of a shop: such a row gets no vector."""
_SECONDS_BETWEEN_WORDS = 30


@dataclass(frozen=True)
class Content:
    """A kind of what models read."""

    column: str
    """The column it usually is in."""
    longest: int
    """Characters of a text, or bytes of anything else, beyond which it is not read."""
    readable: Callable[[Any], Any]
    """What a model is handed of a value that is no longer; something empty when there is nothing to read."""
    rows_at_once: int
    """Rows of an Arrow batch, which Spark cuts by rows whatever their size."""


TEXT = Content("text", LONGEST_TEXT, normalise, 10_000)
PICTURE = Content("picture", 16 << 20, bytes, 32)


class ContentEncoder(Protocol):
    """What a batch needs of a model: see ``nightmarket.models.Encoder`` and ``ImageEncoder``."""

    @property
    def dimension(self) -> int: ...

    def encode_each(self, batches: Iterable[Sequence[Any]]) -> Iterator[np.ndarray]:
        """For each batch its float32 vectors, in order."""
        ...


def encode_column(
    frame: DataFrame,
    content_column: str,
    vector_column: str,
    encoder: Callable[..., ContentEncoder],
    *,
    content: Content = TEXT,
    workers: int | None = None,
) -> DataFrame:
    """The frame with one more column, ``vector_column`` array<float>: the encoded content of each row.

    What is null, empty (of a text: once normalised), or longer than ``content`` allows gets a null vector:
    one poisoned row must not cost the night, and the caller decides what becomes of it. No row is lost or
    added.

    The model is the plan's only Python stage when called once per job; a second call would load it twice.

    Args:
        encoder: of the device ("cpu", or "cuda:1") loads the model; called once
            per Python worker, from ``nightmarket.models.loader``. It has to be picklable
            and to return the same object when called again in the same process.
        content: what the column holds.
        workers: Python processes that hold the model; by default one per GPU that Spark has to give, and
            without any one per core, each with one thread. Rows are dealt to them by a hash of their content,
            so equal contents meet in one worker and a retried task gets the same rows.

    Raises:
        ValueError: the frame has no such column, or already has the vector column.
    """
    if content_column not in frame.columns or vector_column in frame.columns:
        raise ValueError(
            f"cannot encode {content_column} into {vector_column}: the frame has {frame.columns}"
        )
    cores = frame.sparkSession.sparkContext.defaultParallelism
    given = gpus(frame.sparkSession)
    workers = workers or given or cores
    threads = max(1, cores // workers)
    # Read when the plan is run, so it stays; a job has one kind of content.
    frame.sparkSession.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", content.rows_at_once)

    def encoded(batches: Iterable[pa.RecordBatch]) -> Iterable[pa.RecordBatch]:
        # Spark gives a worker one thread per task; with fewer workers than cores each may have more.
        os.environ["OMP_NUM_THREADS"] = str(threads)
        return with_vectors(batches, content_column, vector_column, lambda: encoder(leased(given)), content)

    schema = T.StructType([*frame.schema.fields, T.StructField(vector_column, T.ArrayType(T.FloatType()))])
    return frame.repartition(workers, F.col(f"`{content_column}`")).mapInArrow(encoded, schema)


def gpus(spark: SparkSession) -> int:
    """GPUs for this application's tasks: as many of them compute at a time, and never more.

    On a cluster they are those that Spark gives to its executors; where it manages none, none is used. On one
    machine, where Spark manages nothing, they are the machine's own.
    """
    context = spark.sparkContext
    conf = context.getConf()
    if str(context.master).startswith("local["):
        return _of_this_machine()
    if not conf.contains("spark.task.resource.gpu.amount"):
        return 0
    each = int(conf.get("spark.executor.resource.gpu.amount", "0"))
    # The driver is among those that report memory, and computes nothing.
    executors = spark.sparkContext._jsc.sc().getExecutorMemoryStatus().size() - 1
    return each * max(1, int(conf.get("spark.executor.instances", "0")), executors)


def _of_this_machine() -> int:
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        # What begins with a minus hides all.
        return len([name for name in visible.split(",") if name and not name.startswith("-")])
    folder = Path("/proc/driver/nvidia/gpus")
    return len(list(folder.iterdir())) if folder.is_dir() else 0


def leased(given: int) -> str:
    """The device of the task this worker runs, as torch names it: the GPU Spark leased to it, or else one of
    the machine's ``given`` that no other task has; the CPU when there is none."""
    task = TaskContext.get()
    if task is None or not given:
        return "cpu"
    lease = task.resources().get("gpu")
    return f"cuda:{lease.addresses[0] if lease else task.partitionId() % given}"


def with_vectors(
    batches: Iterable[pa.RecordBatch],
    content_column: str,
    vector_column: str,
    encoder: Callable[[], ContentEncoder],
    content: Content = TEXT,
) -> Iterator[pa.RecordBatch]:
    """The batches, each with its column of vectors, in their order; the model is loaded only if needed."""
    rows = (_Rows(batch, content_column, vector_column, content) for batch in batches)
    for first in rows:
        if first.contents:
            break
        yield first.answered(None)
    else:
        return
    model = encoder()
    waiting: deque[_Rows] = deque()

    def drawn() -> Iterator[Sequence[Any]]:
        for each in chain([first], rows):
            waiting.append(each)
            yield each.contents

    progress = _Progress()
    for vectors in model.encode_each(drawn()):
        each = waiting.popleft()
        if vectors.shape != (len(each.contents), model.dimension) or not np.isfinite(vectors).all():
            raise ArithmeticError(
                f"the encoder gave {vectors.shape} for {len(each.contents)} contents, or values that are none"
            )
        progress.tell(len(vectors))
        yield each.answered(vectors)


class _Rows:
    """A batch and those of its contents that a model can read."""

    def __init__(
        self, batch: pa.RecordBatch, content_column: str, vector_column: str, content: Content
    ) -> None:
        self._batch, self._vector_column = batch, vector_column
        values = batch.column(content_column).to_pylist()
        self._usable = np.zeros(len(values), bool)
        self.contents: list[Any] = []
        for place, value in enumerate(values):
            if value is not None and len(value) <= content.longest and (clean := content.readable(value)):
                self.contents.append(clean)
                self._usable[place] = True

    def answered(self, vectors: np.ndarray | None) -> pa.RecordBatch:
        """The batch with one list of float32 per row, null where the content cannot be read."""
        size = 0 if vectors is None else vectors.shape[1]
        values: Any = [] if vectors is None else np.ascontiguousarray(vectors, np.float32).reshape(-1)
        ends = np.concatenate([[0], np.cumsum(self._usable * size)]).astype(np.int32)
        missing: Any = pa.array(~self._usable)
        column = pa.ListArray.from_arrays(pa.array(ends), pa.array(values, pa.float32()), mask=missing)
        return pa.RecordBatch.from_arrays(
            [*self._batch.columns, column], names=[*self._batch.schema.names, self._vector_column]
        )


class _Progress:
    """Says now and then in the task's log how many rows a second are read."""

    def __init__(self) -> None:
        self._began = self._said = monotonic()
        self._rows = 0

    def tell(self, rows: int) -> None:
        self._rows += rows
        now = monotonic()
        if now - self._said >= _SECONDS_BETWEEN_WORDS:
            self._said = now
            rate = self._rows / (now - self._began)
            print(f"embedding: {self._rows:,} rows, {rate:,.0f} a second", file=sys.stderr, flush=True)  # noqa: T201
