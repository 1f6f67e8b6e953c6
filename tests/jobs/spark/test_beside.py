"""Tables of one application that are built side by side know nothing of each other."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Timer
from time import sleep

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from nightmarket.spark import counted, forget, readings
from nightmarket.spark.session import beside

PARTITIONS = "spark.sql.shuffle.partitions"


def test_each_counts_its_own_rows_and_has_its_own_settings(spark: SparkSession) -> None:
    both = Barrier(2, timeout=60)
    before = spark.conf.get(PARTITIONS)

    def build(table: str, rows: int) -> tuple[dict[str, int], object]:
        with beside(spark, table) as own:
            own.conf.set(PARTITIONS, rows)
            frame = counted(own.range(rows), "rows_in")
            both.wait()
            frame.write.format("noop").mode("overwrite").save()
            both.wait()
            return dict(readings()), own.conf.get(PARTITIONS)

    with ThreadPoolExecutor(2) as threads:
        found = list(threads.map(build, ["a.few", "b.many"], [3, 70]))
    assert found == [({"rows_in": 3}, "3"), ({"rows_in": 70}, "70")]
    assert spark.conf.get(PARTITIONS) == before


def test_its_settings_hold_for_what_spark_asks_of_the_thread(spark: SparkSession) -> None:
    def parse() -> tuple[str, str]:
        with beside(spark, "a.b") as own:
            row = own.sql("select current_catalog() as catalog").first()
            return own.catalog.currentCatalog(), row.catalog

    with ThreadPoolExecutor(1) as threads:
        name, asked = threads.submit(parse).result()
    assert name == asked == spark.conf.get("spark.sql.defaultCatalog", "spark_catalog")


def test_afterwards_the_thread_has_what_it_had(spark: SparkSession) -> None:
    spark.conf.set("spark.nightmarket.test", "before")
    with beside(spark, "a.b") as own:
        assert own.conf.get("spark.nightmarket.test") == "before", "what was set by hand holds there too"
        own.conf.set("spark.nightmarket.test", "within")
        assert spark.sparkContext.getLocalProperty("spark.jobGroup.id") == "a.b"
        assert spark.sparkContext.getLocalProperty("spark.scheduler.pool") == "a.b"
    assert spark.conf.get("spark.nightmarket.test") == "before"
    assert spark.sparkContext.getLocalProperty("spark.jobGroup.id") is None
    assert spark.sparkContext.getLocalProperty("spark.scheduler.pool") is None
    active = spark._jvm.org.apache.spark.sql.SparkSession.active()
    assert active.equals(spark._jsparkSession)


def test_what_a_failed_run_has_counted_is_forgotten(spark: SparkSession) -> None:
    counted(spark.range(5), "rows_in")
    forget()
    assert readings() == {}


def test_one_is_cancelled_by_its_name_and_the_other_goes_on(spark: SparkSession) -> None:
    slow = F.udf(lambda n: sleep(0.2) or n, "long")

    def build(table: str, rows: int) -> int:
        with beside(spark, table) as own:
            return own.range(0, rows, 1, 1).select(slow("id").alias("n")).agg(F.sum("n")).first()[0]

    with ThreadPoolExecutor(2) as threads:
        long, short = threads.submit(build, "a.long", 500), threads.submit(build, "b.short", 4)
        Timer(3, spark.sparkContext.cancelJobGroup, ["a.long"]).start()
        assert short.result() == 0 + 1 + 2 + 3
        with pytest.raises(Exception, match=r"cancelled part of cancelled job group a\.long"):
            long.result()
