"""Conforming a frame, and a table, to a contract."""

from dataclasses import replace

import pytest
from pyspark.sql import functions as F
from pyspark.sql import types as T
from stall import ITEMS, MONDAY, contract

from nightmarket.contracts import Column
from nightmarket.errors import ContractError
from nightmarket.warehouse.conform import conform, keeps

KNOWN = contract(
    "stall.codes",
    Column("code", "bigint", "Code.", required=True, key=True),
    Column("price", "decimal(18,4)", "Price."),
    Column("vector", "array<double>", "Vector."),
    Column("note", "string", "Note."),
)


def test_columns_get_the_contracts_order_and_types_where_nothing_is_lost(spark):
    frame = spark.createDataFrame(
        [(MONDAY, [1.5], 7, 1)], "day date, vector array<float>, code int, price int"
    ).select("day", "vector", "code", F.col("price").cast("decimal(9,2)"), F.lit(None).alias("note"))
    fitted = conform(frame, KNOWN)
    assert fitted.dtypes == [
        ("code", "bigint"),
        ("price", "decimal(18,4)"),
        ("vector", "array<double>"),
        ("note", "string"),
        ("day", "date"),
    ]
    assert fitted.collect()[0][:3] == (7, 1, [1.5])


def test_all_problems_are_reported_at_once(spark):
    frame = spark.createDataFrame(
        [], "code string, prise decimal(18,4), vector array<double>, day timestamp, colour string"
    )
    with pytest.raises(ContractError) as failure:
        conform(frame, KNOWN)
    assert str(failure.value).splitlines() == [
        "stall.codes: the job's frame does not fit the contract stall.codes.yaml:",
        "  - column 'prise' is not in the contract; did you mean 'price'?",
        "  - column 'colour' is not in the contract; drop it in the job or add it to the contract",
        "  - column 'code' is string and the contract says bigint; cast it in the job, where it can be "
        "decided what happens to values that do not fit",
        "  - column 'price' (decimal(18,4)) is missing",
        "  - column 'note' (string) is missing",
        "  - column 'day' is timestamp and the contract says date; cast it in the job, where it can be "
        "decided what happens to values that do not fit",
    ]


def test_a_column_that_is_there_twice_is_refused(spark):
    frame = spark.createDataFrame([], "item_id string, price double, day date")
    with pytest.raises(ContractError, match="column 'price' is there more than once"):
        conform(frame.select("*", F.lit(1.0).alias("price")), ITEMS)


@pytest.mark.parametrize(
    ("found", "target"),
    [
        (T.LongType(), T.IntegerType()),
        (T.DoubleType(), T.FloatType()),
        (T.LongType(), T.DoubleType()),
        (T.DecimalType(18, 4), T.DecimalType(18, 2)),
        (T.DecimalType(18, 2), T.DecimalType(18, 4)),
        (T.LongType(), T.DecimalType(18, 0)),
        (T.TimestampNTZType(), T.TimestampType()),
        (T.StringType(), T.DateType()),
        (T.ArrayType(T.DoubleType()), T.ArrayType(T.FloatType())),
    ],
)
def test_a_cast_that_could_lose_something_is_not_made(found, target):
    assert not keeps(found, target)


def test_a_table_is_not_bent_to_a_contract_that_changed_its_mind(spark, open_warehouse, items, run):
    open_warehouse().publish(ITEMS, items("a"), run())
    changed = contract(
        "stall.items",
        Column("item_id", "bigint", "Another kind of name.", required=True, key=True),
        Column("cost", "double", "What it costs."),
        version="2.0.0",
    )
    frame = spark.createDataFrame([], "item_id bigint, cost double, day date")
    with pytest.raises(ContractError) as failure:
        open_warehouse().publish(changed, frame, run(key="second"))
    assert len(str(failure.value).splitlines()) == 3
    assert "column 'price' (double) is gone from the contract" in str(failure.value)
    assert "column 'item_id' is string in the table and bigint in the contract" in str(failure.value)
    assert spark.table("stall.items").columns == ["item_id", "price", "day"]


def test_a_table_partitioned_otherwise_is_refused(spark, open_warehouse, items, run):
    spark.sql("CREATE NAMESPACE stall")
    spark.sql("CREATE TABLE stall.items (item_id string, price double, day date) USING iceberg")
    with pytest.raises(ContractError, match="partitioned by nothing and the contract says day"):
        open_warehouse().publish(ITEMS, items("a"), run())


def test_a_contract_that_is_not_partitioned_by_day_is_refused(open_warehouse, items, run):
    columns = tuple(replace(column, partition=False) for column in ITEMS.columns)
    with pytest.raises(ContractError, match="must have a partition column named 'day'"):
        open_warehouse().publish(replace(ITEMS, columns=columns), items("a"), run())
