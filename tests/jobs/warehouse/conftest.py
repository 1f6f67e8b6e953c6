"""The small shop of ``stall``: runs of its days, rows of its tables, a catalog of each test's own."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import catalogs
import pytest
from drawn import table
from pyspark.sql import DataFrame, SparkSession
from stall import ITEMS, MONDAY, STALL

from nightmarket.contracts import Contract, Contracts, ddl
from nightmarket.warehouse import Run, Warehouse


@pytest.fixture
def catalog(spark: SparkSession, tmp_path: Path) -> Iterator[str]:
    """A catalog of the test's own, current while it runs; its path has a space on purpose."""
    name = catalogs.add(spark, f"stall_{abs(hash(tmp_path)):x}", tmp_path / "ware house")
    with catalogs.current(spark, name):
        yield name


@pytest.fixture
def open_warehouse(spark: SparkSession, catalog: str) -> Callable[..., Warehouse]:
    """A new Warehouse over the test's catalog, as another run would open one."""

    def opened(contracts: Contracts = STALL, **options: object) -> Warehouse:
        return Warehouse(spark, contracts, **options)  # type: ignore[arg-type]

    return opened


@pytest.fixture
def run() -> Callable[..., Run]:
    def made(day: date = MONDAY, key: str = "first") -> Run:
        return Run(day=day, key=key, code_version="abc123", started_at=datetime(2026, 3, 5, 2, tzinfo=UTC))

    return made


@pytest.fixture
def rows_of(spark: SparkSession) -> Callable[[Contract, str], DataFrame]:
    """Rows of a contract, drawn; a contract's columns that are not drawn are null."""

    def drawn(known: Contract, drawing: str, more: str = "") -> DataFrame:
        return table(spark, ddl(known) + more, drawing)

    return drawn


@pytest.fixture
def items(spark: SparkSession) -> Callable[..., DataFrame]:
    """Items of a day by name: ``items("a", "b", day=TUESDAY, price=2.0)``."""

    def made(*names: str, day: date = MONDAY, price: float | None = 1.0) -> DataFrame:
        return spark.createDataFrame([(name, price, day) for name in names], ddl(ITEMS))

    return made
