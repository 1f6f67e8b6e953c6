"""A whole night of the demo shop, table by table in one session: what a rerun and a next day must keep."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from nightmarket import demo
from nightmarket.plan import Plan, discover
from nightmarket.run import run_table
from nightmarket.warehouse import Warehouse

DAY = date(2026, 11, 1)
NEXT = DAY + timedelta(days=1)


def run_night(plan: Plan, day: date, key: str) -> None:
    for table in plan.order:
        run_table(table, day, key)


@pytest.fixture(scope="module")
def plan(root: Path) -> Plan:
    return Plan.of(discover(root))


@pytest.fixture(scope="module")
def night(spark, spark_home: Path, plan: Plan) -> Iterator[dict[str, list]]:
    """The rows of the first night after it has run once, then run again and the next day, in ``after``."""
    patch = pytest.MonkeyPatch()
    patch.setenv("NIGHTMARKET_HOME", str(spark_home))
    patch.setenv("NIGHTMARKET_SHOP", "demo")
    patch.setenv("NIGHTMARKET_ENCODER", "stand-in")
    patch.setenv("NIGHTMARKET_IMAGE_ENCODER", "stand-in-images")
    for day in (DAY, NEXT):
        demo.write_day(day, spark_home / "landing", spark_home / "truth", opening=DAY)
    run_night(plan, DAY, "first")
    yield {table: rows(spark, table, DAY) for table in plan.tables}
    patch.undo()


def rows(spark, table: str, day: date) -> list:
    """The day's rows as plain values in a total order."""
    frame = spark.table(table).where(f"day = date'{day}'")
    return sorted((tuple(row) for row in frame.collect()), key=repr)


def commit(spark, table: str) -> dict[str, str]:
    """The summary of the commit that readers of the table see."""
    main = spark.table(f"{table}.refs").where("name = 'main'")
    return dict(spark.table(f"{table}.snapshots").join(main, "snapshot_id").select("summary").first()[0])


def test_every_table_is_published_with_rows(night: dict[str, list]) -> None:
    assert {table for table, found in night.items() if not found} == set()


def test_nothing_is_lost_between_the_exports_and_the_tables(spark, night: dict[str, list]) -> None:
    judged = {
        "behaviour.events": "behaviour.rejects",
        "catalogue.items": "catalogue.rejects",
        "reviews.clean": "reviews.rejects",
        "embeddings.images": "embeddings.image_rejects",
    }
    for table, rejects in judged.items():
        facts = commit(spark, table)
        counts = [int(facts[f"nightmarket.{name}"]) for name in ("rows_in", "rows_out", "rows_rejected")]
        assert counts[0] == counts[1] + counts[2], (table, counts)
        assert counts[1] == len(night[table])
        assert counts[2] == len(night[rejects])


def test_a_retry_of_the_same_run_does_nothing(spark, night: dict[str, list], plan: Plan) -> None:
    before = {table: commit(spark, table) for table in plan.tables}
    run_night(plan, DAY, "first")
    assert {table: commit(spark, table) for table in plan.tables} == before


def test_the_day_again_gives_the_same_rows_and_asks_no_model(
    spark, night: dict[str, list], plan: Plan, contracts
) -> None:
    run_night(plan, DAY, "second")
    for table in plan.tables:
        again = rows(spark, table, DAY)
        match contracts.tables[table].determinism:
            case "exact":
                assert again == night[table], table
            case "tolerance":
                assert_close(again, night[table], table)
    for table in ("embeddings.items", "embeddings.reviews", "embeddings.images"):
        facts = commit(spark, table)
        assert int(facts["nightmarket.model_rows_computed"]) == 0
        assert int(facts["nightmarket.model_rows_reused"]) == len(night[table])


def assert_close(again: list, before: list, table: str) -> None:
    """Equal keys and texts, floats within 1e-5."""
    assert len(again) == len(before), table
    for one, other in zip(again, before, strict=True):
        for left, right in zip(one, other, strict=True):
            if isinstance(left, float) or (isinstance(left, list) and left and isinstance(left[0], float)):
                np.testing.assert_allclose(left, right, atol=1e-5, err_msg=table)
            else:
                assert left == right, table


def test_readers_without_spark_see_the_same_rows(spark, night: dict[str, list], contracts) -> None:
    program = """
import json, sys
import polars
from pyiceberg.table import StaticTable
newest = sys.argv[1]
columns = ["user_id", "rank", "item_id", "score"]
table = StaticTable.from_metadata(newest)
by_iceberg = table.scan(selected_fields=tuple(columns)).to_arrow().select(columns).to_pylist()
by_polars = polars.scan_iceberg(newest).select(columns).collect().to_dicts()
assert "pyspark" not in sys.modules
print(json.dumps([by_iceberg, by_polars]))
"""
    newest = Warehouse(spark, contracts).metadata_file("recommendation.ranked")
    answer = subprocess.run(
        [sys.executable, "-c", program, newest],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ},
    )
    assert answer.returncode == 0, answer.stderr
    shown = spark.table("recommendation.ranked").select("user_id", "rank", "item_id", "score").collect()
    expected = sorted(tuple(row) for row in shown)
    for read in json.loads(answer.stdout):
        assert sorted(tuple(row.values()) for row in read) == expected


def test_the_next_day_computes_only_what_is_new(spark, night: dict[str, list], plan: Plan) -> None:
    run_night(plan, NEXT, "next")
    known = {row[1] for row in night["embeddings.items"]}
    fresh = {row[1] for row in rows(spark, "embeddings.items", NEXT)} - known
    facts = commit(spark, "embeddings.items")
    assert int(facts["nightmarket.model_rows_computed"]) == len(fresh)
    assert 0 < len(fresh) < len(known) / 5
    assert rows(spark, "behaviour.events", DAY), "yesterday's partition never changes by itself"
