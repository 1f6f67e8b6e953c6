"""Counting rows where they flow, without a second pass over them.

A counted frame carries a Spark observation (``Dataset.observe``): the count is taken while the rows are
written and read once the write is done. A frame that Spark evaluates twice would be counted for its first
evaluation only, which is why a frame is counted where it is cheap to evaluate once: at the source, or
beside the model.

Rows are counted by the partition they lie in, with how often each was computed. Spark adds up what every
task counted that succeeded, and a stage whose files were lost with a machine is run again: its rows were seen
twice and are there once. A partition holds the same rows whenever it is computed, so its count is what was
seen of it over how often it was.
"""

import json
from collections import Counter
from threading import Thread, local
from typing import Any, Literal

from pyspark.sql import Column, DataFrame, Observation, SparkSession
from pyspark.sql import functions as F

_NUMBER = "_market_row_number"
_PLACES = 33
"""Bits of a row's number within its partition, the partition's own above them; Spark's own division."""
_MOST_PARTITIONS = 1 << 20
"""And tries: of so many values a histogram keeps each by itself, and its count is exact."""

_PATIENCE_MILLISECONDS = 60_000
"""Other tables' tasks go by on the same bus."""

Reading = Literal["rows_in", "rows_carried", "records_left_out", "model_rows_computed", "model_rows_reused"]


class _Counted(local):
    """What the calling thread has counted: each table of a night is built in one of its own."""

    def __init__(self) -> None:
        self.frames: list[tuple[Reading, Observation, SparkSession]] = []


_counted = _Counted()


def counted(frame: DataFrame, reading: Reading, *, where: Column | None = None) -> DataFrame:
    """The same frame; its rows, or those for which ``where`` is true, are added to ``reading`` when it is
    evaluated."""
    observation = Observation()
    _counted.frames.append((reading, observation, frame.sparkSession))
    number = F.col(_NUMBER)
    partition = F.shiftright(number, _PLACES)
    first = number.bitwiseAND(F.lit((1 << _PLACES) - 1)) == 0
    seen = partition if where is None else F.when(where, partition)
    tries = F.when(first, partition)
    return (
        frame.withColumn(_NUMBER, F.monotonically_increasing_id())
        .observe(observation, _by_value(seen).alias("rows"), _by_value(tries).alias("tries"))
        .drop(_NUMBER)
    )


def _by_value(number: Column) -> Column:
    """How often each value occurs, nulls left out. Of all that Spark aggregates as it goes by, only a
    histogram keeps the values apart."""
    return F.to_json(F.histogram_numeric(number, F.lit(_MOST_PARTITIONS)))


def forget() -> None:
    """Begin anew: what a run that failed earlier in this thread had counted is nobody's."""
    _counted.frames.clear()


def arrived(query: Any) -> None:
    """Take the counts of a query that ran outside an action, of which Spark tells no observation."""
    for _, observation, _ in _counted.frames:
        observation._jo.onFinish(query)  # type: ignore[union-attr]


def readings() -> dict[Reading, int]:
    """The counts of all frames counted since the last call; call it after the write that evaluated them.

    Spark fills an observation at the end of the first action whose plan holds it, so that action must
    evaluate the whole frame. A frame that the optimiser found empty and removed, counter and all, counts 0.
    """
    counts: dict[Reading, int] = {}
    for _, _, spark in _counted.frames[:1]:
        # Observations arrive through Spark's listener bus, a moment after the action returns.
        spark.sparkContext._jsc.sc().listenerBus().waitUntilEmpty(_PATIENCE_MILLISECONDS)
    for reading, observation, _ in _counted.frames:
        counts[reading] = counts.get(reading, 0) + _rows(observation)
    _counted.frames.clear()
    return counts


def _rows(observation: Observation) -> int:
    """The observed count, or 0 when there is none: ``Observation.get`` would wait for it for ever."""
    found: list[dict[str, Any]] = []
    waiting = Thread(target=lambda: found.append(observation.get), daemon=True)
    waiting.start()
    waiting.join(timeout=2)
    return _once(*(found[0].get(name) for name in ("rows", "tries"))) if found else 0


def _once(rows: str | None, tries: str | None) -> int:
    """The rows of all partitions, each counted for one of its tries.

    Raises:
        RuntimeError: a partition did not hold the same rows at each try.
    """
    seen, times = _counts(rows), _counts(tries)
    total = 0
    for partition, count in seen.items():
        each, rest = divmod(count, times[partition])
        if rest:
            raise RuntimeError(
                f"partition {partition} was computed {times[partition]} times and held {count} rows in all: "
                "not the same ones each time; did an export change while it was read?"
            )
        total += each
    return total


def _counts(histogram: str | None) -> Counter[int]:
    counts: Counter[int] = Counter()
    for entry in json.loads(histogram or "[]"):
        # One for each try, and Spark may put them together.
        counts[int(entry["x"])] += int(entry["y"])
    return counts
