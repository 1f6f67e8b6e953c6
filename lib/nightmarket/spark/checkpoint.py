"""Rows shuffled once and read as often as wanted.

Spark keeps the files of a shuffle for as long as somebody refers to it, but two queries over one frame
make two. A checkpoint ends the query at its shuffle: what is built on it reads those files, so an export
is read and parsed once however many passes its cleaning needs. Nothing is copied, nothing is kept in memory,
and files lost with a machine are made again, as in any other query.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from nightmarket.spark.meter import arrived

_BYTES = 16 << 20
"""Of input for each partition. Packed text grows tenfold on its way into rows, and two partitions at a time
must be sorted within a small heap."""
_MOST = 2_000
_ROWS_PER_FILE = 5_000_000


def checkpointed(frame: DataFrame, by: str) -> tuple[DataFrame, int]:
    """The frame's rows, partitioned by the column ``by``, and how many there are; runs what the frame needs.

    Windows over ``by`` need no further shuffle. Shuffles by something else get at least as many partitions
    from here on: two of a hundred million rows would not fit into memory, and small ones Spark puts together.

    Use this and not ``persist`` on what is built of a checkpoint: Spark does not recognise such a frame when
    it meets it again, and computes it anew.
    """
    spark = frame.sparkSession
    leaves = frame._jdf.queryExecution().optimizedPlan().collectLeaves()
    # Of what is read; Spark's own estimate of a join is the product of its sides, and what it knows nothing
    # of it takes for endless.
    sizes = [int(leaves.apply(i).stats().sizeInBytes()) for i in range(leaves.size())]
    size = sum(known for known in sizes if known < 1 << 60)
    cores = spark.sparkContext.defaultParallelism
    # A number of our own, because Spark may not put partitions together then: their rows lie where their hash
    # says, which is what the partitioning below claims.
    partitions = max(cores, min(_MOST, size // _BYTES))
    configured = int(str(spark.conf.get("spark.sql.shuffle.partitions")))
    if partitions == configured:
        # Rows that lie so already, after an aggregation, are not shuffled again: nothing would be kept.
        partitions += 1
    spark.conf.set("spark.sql.shuffle.partitions", max(configured, partitions))
    shuffled = frame.repartition(partitions, F.col(by))
    query = shuffled._jdf.queryExecution()
    with _settings_sent_along(spark):
        rows = query.toRdd()
    arrived(query)
    stage = query.executedPlan().executedPlan()
    if stage.getClass().getSimpleName() != "ShuffleQueryStageExec":
        # A shuffle of nothing Spark leaves out, and its partitions with it.
        if not rows.isEmpty():
            raise RuntimeError(f"Spark did not shuffle these rows:\n{query.executedPlan().toString()}")
        return frame.limit(0), 0
    found = _resting_on(shuffled, query, rows, by, partitions)
    return found, int(stage.getRuntimeStatistics().rowCount().get())


def files(rows: int, spark: SparkSession) -> int:
    """How many files so many rows are written to: some 150 MB each, or one for every core when that is
    fewer."""
    cores = spark.sparkContext.defaultParallelism
    return 1 if rows < _ROWS_PER_FILE // 10 else cores * -(-rows // (_ROWS_PER_FILE * cores))


@contextmanager
def _settings_sent_along(spark: SparkSession) -> Iterator[None]:
    """Within, tasks see the session's settings, as an action's do; otherwise they would see the defaults."""
    context: Any = spark.sparkContext
    before = {}
    settings = spark._jsparkSession.conf().getAll().iterator()
    while settings.hasNext():
        pair = settings.next()
        name, value = pair._1(), pair._2()
        before[name] = context.getLocalProperty(name)
        context.setLocalProperty(name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            context.setLocalProperty(name, value)


def _resting_on(frame: DataFrame, query: Any, rows: Any, by: str, partitions: int) -> DataFrame:
    """A frame over the rows as they lie, as ``Dataset.checkpoint`` makes one."""
    spark = frame.sparkSession
    jvm: Any = spark._jvm
    place = frame.columns.index(by)
    output = query.analyzed().output()
    key = jvm.PythonUtils.toSeq([output.apply(place)])
    catalyst = jvm.org.apache.spark.sql.catalyst
    hashed = catalyst.plans.physical.HashPartitioning(key, partitions)
    none = getattr(jvm.scala, "None$")
    relation = jvm.org.apache.spark.sql.execution.LogicalRDD(
        output, rows, hashed, jvm.PythonUtils.toSeq([]), False, spark._jsparkSession,
        getattr(none, "MODULE$"), getattr(none, "MODULE$"),
    )  # fmt: skip
    return DataFrame(jvm.org.apache.spark.sql.Dataset.ofRows(spark._jsparkSession, relation), spark)
