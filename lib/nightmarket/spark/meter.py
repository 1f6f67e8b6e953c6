"""Counting rows where they flow, without a second pass over them.

A counted frame carries a Spark observation (``Dataset.observe``): the count is taken while the rows are
written and read once the write is done. A frame that Spark evaluates twice would be counted for its first
evaluation only, which is why a frame is counted where it is cheap to evaluate once: at the source, or
beside the model.
"""

from threading import Thread
from typing import Any, Literal

from pyspark.sql import Column, DataFrame, Observation, SparkSession
from pyspark.sql import functions as F

Reading = Literal["rows_in", "rows_carried", "model_rows_computed", "model_rows_reused"]

_running: list[tuple[Reading, Observation]] = []


def counted(frame: DataFrame, reading: Reading, *, where: Column | None = None) -> DataFrame:
    """The same frame; its rows, or those for which ``where`` is true, are added to ``reading`` when it is
    evaluated."""
    observation = Observation()
    _running.append((reading, observation))
    rows = F.count(F.lit(1)) if where is None else F.count_if(where)
    return frame.observe(observation, rows.alias("rows"))


def arrived(query: Any) -> None:
    """Take the counts of a query that ran outside an action, of which Spark tells no observation."""
    for _, observation in _running:
        observation._jo.onFinish(query)  # type: ignore[union-attr]


def readings() -> dict[Reading, int]:
    """The counts of all frames counted since the last call; call it after the write that evaluated them.

    Spark fills an observation at the end of the first action whose plan holds it, so that action must
    evaluate the whole frame. A frame that the optimiser found empty and removed, counter and all, counts 0.
    """
    counts: dict[Reading, int] = {}
    if _running:
        _await_listeners()
    for reading, observation in _running:
        counts[reading] = counts.get(reading, 0) + _rows(observation)
    _running.clear()
    return counts


def _await_listeners() -> None:
    """Observations arrive through Spark's listener bus, a moment after the action returns."""
    spark = SparkSession.getActiveSession()
    if spark is not None:
        spark.sparkContext._jsc.sc().listenerBus().waitUntilEmpty()


def _rows(observation: Observation) -> int:
    """The observed count, or 0 when there is none: ``Observation.get`` would wait for it for ever."""
    found: list[int] = []
    waiting = Thread(target=lambda: found.append(int(observation.get.get("rows", 0))), daemon=True)
    waiting.start()
    waiting.join(timeout=2)
    return found[0] if found else 0
