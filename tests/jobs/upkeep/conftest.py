"""A small warehouse to look after: the stall's tables in a catalog of each test's own, and a clock to set."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import catalogs
import home
import pytest
from pyspark.sql import DataFrame, SparkSession
from stall import ITEMS, MONDAY, REJECTS, SALES

from nightmarket.contracts import Contracts, ddl
from nightmarket.upkeep import Due, Site, discover
from nightmarket.warehouse import Published, Run, Warehouse

KNOWN = Contracts(
    tables={
        "stall.items": replace(ITEMS, retention_days=30),
        "stall.sales": replace(SALES, retention_days=10),
        "stall.rejects": replace(REJECTS, retention_days=None),
    },
    sources={},
)


@pytest.fixture
def catalog(spark: SparkSession, tmp_path: Path) -> Iterator[str]:
    """A catalog of the test's own, current while it runs; its path has a space on purpose."""
    name = catalogs.add(spark, f"kept_{abs(hash(tmp_path)):x}", tmp_path / "ware house")
    with catalogs.current(spark, name):
        yield name


@pytest.fixture
def folder(catalog: str, tmp_path: Path) -> Path:
    """Where the items lie."""
    return tmp_path / "ware house" / "stall" / "items"


@pytest.fixture
def site(catalog: str, tmp_path: Path) -> Callable[..., Site]:
    """The stall's place so many days from now: nothing here waits for a day to pass."""
    return partial(home.site, tmp_path, contracts=KNOWN)


@pytest.fixture
def upkeep() -> Callable[..., list[tuple[str, Due]]]:
    """Plan all operations, or those named, and apply what is due; gives what was."""

    def done(site: Site, *names: str) -> list[tuple[str, Due]]:
        known = discover()
        due = [
            (name, found) for name in known if not names or name in names for found in known[name].plan(site)
        ]
        for name, found in due:
            known[name].apply(site, found)
        return due

    return done


@pytest.fixture
def publish(spark: SparkSession, catalog: str) -> Callable[..., Published]:
    """Publish items of a day by name: ``publish("a", "b", day=TUESDAY, key="night")``."""

    def made(*names: str, day: date = MONDAY, key: str = "night", **watched: object) -> Published:
        run = Run(day, key, "abc123", datetime(2026, 3, 5, 2, tzinfo=UTC))
        warehouse = Warehouse(spark, KNOWN, **watched)  # type: ignore[arg-type]
        return warehouse.publish(ITEMS, items(spark, *names, day=day), run)

    return made


def items(spark: SparkSession, *names: str, day: date = MONDAY) -> DataFrame:
    return spark.createDataFrame([(name, 1.0, day) for name in names], ddl(ITEMS))


@pytest.fixture
def read(spark: SparkSession, catalog: str) -> Callable[..., list[str]]:
    """The items of a day as whoever opens the table now finds them."""

    def found(day: date = MONDAY) -> list[str]:
        rows = Warehouse(spark, KNOWN).days("stall.items", day, day).collect()
        return sorted(row.item_id for row in rows)

    return found
