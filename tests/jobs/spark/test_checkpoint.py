"""A checkpoint: rows computed once however often they are read, and lying where they say."""

import pytest
from pyspark.sql import Window
from pyspark.sql import functions as F

from nightmarket.spark.checkpoint import checkpointed

ROWS = 3_000


@pytest.fixture
def watched(spark):
    """``watched(frame)`` is the frame with every row counted that is computed, and the count."""
    counts = spark.sparkContext.accumulator(0)

    def counted(batches):
        for batch in batches:
            counts.add(len(batch))
            yield batch

    return lambda frame: (frame.mapInPandas(counted, frame.schema), counts)


def test_rows_are_computed_once_and_read_as_often_as_wanted(spark, watched) -> None:
    frame, computed = watched(spark.range(ROWS).withColumn("by", F.col("id") % 7))
    rows, count = checkpointed(frame, "by")
    assert (count, computed.value) == (ROWS, ROWS)
    assert rows.agg(F.sum("id")).collect()[0][0] == ROWS * (ROWS - 1) // 2
    assert rows.where("by = 3").count() == len(range(3, ROWS, 7))
    assert computed.value == ROWS


def test_rows_that_lay_so_already_get_a_checkpoint_too(spark, watched) -> None:
    grouped = spark.range(ROWS).groupBy((F.col("id") % 100).alias("by")).count()
    frame, computed = watched(grouped)
    rows, count = checkpointed(frame.repartition("by").groupBy("by").agg(F.max("count").alias("most")), "by")
    once = computed.value
    assert (count, rows.agg(F.sum("most")).collect()[0][0]) == (100, ROWS)
    assert rows.count() == 100
    assert computed.value == once


def test_windows_and_joins_by_the_column_need_no_further_shuffle(spark) -> None:
    # A broadcast would need none either.
    before = spark.conf.get("spark.sql.autoBroadcastJoinThreshold")
    spark.conf.set("spark.sql.autoBroadcastJoinThreshold", "-1")
    try:
        rows, _ = checkpointed(spark.range(ROWS).withColumn("by", F.col("id") % 7), "by")
        first = rows.withColumn("nth", F.row_number().over(Window.partitionBy("by").orderBy("id")))
        assert "Exchange" not in first._jdf.queryExecution().executedPlan().toString()
        assert {tuple(row) for row in first.where("nth = 1").select("id", "by").collect()} == {
            (n, n) for n in range(7)
        }
        other = spark.range(7).select(F.col("id").alias("by"), F.lit("x").alias("word"))
        joined = rows.join(other, "by")
        assert joined._jdf.queryExecution().executedPlan().toString().count("Exchange") == 1
        assert joined.count() == ROWS
    finally:
        spark.conf.set("spark.sql.autoBroadcastJoinThreshold", before)


def test_nothing_can_be_checkpointed(spark) -> None:
    rows, count = checkpointed(spark.range(ROWS).where("id < 0"), "id")
    assert (count, rows.count(), rows.columns) == (0, 0, ["id"])
    assert spark.range(5).join(rows, "id", "left_anti").count() == 5
