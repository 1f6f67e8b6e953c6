"""Names as their places in a list."""

from pyspark.sql import functions as F

from nightmarket.spark.places import name_at, place_of

SIZES = ("small", "medium", "large")


def test_names_go_by_their_place_in_the_list(spark) -> None:
    names = spark.createDataFrame([("large",), ("small",), ("medium",), (None,), ("huge",)], "name string")
    placed = names.withColumn("place", place_of(F.col("name"), SIZES))
    assert [row.place for row in placed.collect()] == [3, 1, 2, None, None]
    back = placed.select("name", name_at(F.col("place"), SIZES).alias("back"))
    assert [row.back for row in back.collect()] == ["large", "small", "medium", None, None]
    largest = placed.agg(name_at(F.max("place"), SIZES).alias("largest")).first()
    assert largest.largest == "large"
