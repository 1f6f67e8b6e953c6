"""What every session of ours is set to do without."""

import time

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

STEPS = 12


@pytest.mark.parametrize(("how", "hint", "expected"), [("left", "broadcast", 5), ("inner", "merge", 5)])
def test_a_column_that_is_cleaned_in_many_steps_is_planned_at_once(
    spark: SparkSession, how: str, hint: str, expected: int
) -> None:
    """Each step names the column three times: written as one expression it would be 3 ** 12 times as long."""
    rows = spark.range(10).select(F.col("id").cast("string").alias("key"))
    for _ in range(STEPS):
        key = F.col("key")
        rows = rows.select(F.when(key.contains("x"), F.upper(key)).otherwise(F.lower(key)).alias("key"))
    # As an export's rows are counted, past which no condition of the join is pushed.
    rows = rows.observe("rows of a test", F.count(F.lit(1)).alias("rows"))
    other = (
        spark.range(10)
        .where("id < 5")
        .select(F.col("id").cast("string").alias("key"), F.lit(1).alias("known"))
    )
    began = time.monotonic()
    joined = rows.join(other.hint(hint), "key", how)
    joined._jdf.queryExecution().executedPlan()
    assert time.monotonic() - began < 15
    assert joined.where("known = 1").count() == expected


def test_a_method_that_java_does_not_compile_is_cut(spark: SparkSession) -> None:
    """HotSpot leaves methods of more than 8,000 bytes to its interpreter (``HugeMethodLimit``)."""
    assert spark.conf.get("spark.sql.codegen.hugeMethodLimit") == "8000"
