"""Fixtures every ring shares: the contracts, one Spark session, a warehouse of a test's own."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import catalogs
import pytest
from hypothesis import settings

from nightmarket.contracts import Contracts, load
from nightmarket.plan import Job, discover

# How long one example takes says more about the machine than about the code.
settings.register_profile("night", deadline=None, derandomize=True)
settings.load_profile("night")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    """The project folder."""
    return ROOT


@pytest.fixture(scope="session")
def contracts() -> Contracts:
    return load(ROOT / "schemas")


@pytest.fixture(scope="session")
def spark_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A NIGHTMARKET_HOME of the test session's own; its path has a space on purpose."""
    return tmp_path_factory.mktemp("night market")


@pytest.fixture(scope="session")
def spark(spark_home: Path) -> Iterator:
    """The embedded session over a temporary warehouse."""
    from nightmarket.spark import embedded, session

    os.environ.pop("SPARK_CONF_DIR", None)
    os.environ.setdefault("NIGHTMARKET_DRIVER_MEMORY", "2g")
    os.environ.update(embedded.environment(spark_home))
    running = session("tests")
    running.conf.set("spark.sql.shuffle.partitions", "2")
    yield running
    running.stop()


@pytest.fixture
def warehouse(spark, contracts: Contracts, tmp_path: Path) -> Iterator:
    """An empty warehouse of the test's own: another folder behind the same session's default catalog."""
    from nightmarket.warehouse import Warehouse

    name = catalogs.add(spark, f"test_{abs(hash(str(tmp_path))):x}", tmp_path / "warehouse")
    with catalogs.current(spark, name):
        yield Warehouse(spark, contracts)


@pytest.fixture(scope="session")
def job() -> Callable[[str], Job]:
    """``job("behaviour.events")`` is the declared job, its functions ready to run on Python workers."""
    from nightmarket.spark import ship

    jobs = discover(ROOT)

    def found(table: str) -> Job:
        declared = jobs[table]
        ship(declared.build)
        return declared

    return found
