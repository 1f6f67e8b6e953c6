"""Catalogs of a test's own, each a folder, behind the one Spark session."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pyspark.sql import SparkSession


def add(spark: SparkSession, name: str, folder: Path) -> str:
    """Make the folder known as an Iceberg catalog; returns its name."""
    for setting, value in {
        "": "org.apache.iceberg.spark.SparkCatalog",
        ".type": "hadoop",
        ".warehouse": str(folder),
        ".cache-enabled": "false",
    }.items():
        spark.conf.set(f"spark.sql.catalog.{name}{setting}", value)
    return name


@contextmanager
def current(spark: SparkSession, name: str) -> Iterator[None]:
    """Within, it is the catalog that names without one mean."""
    before = spark.catalog.currentCatalog()
    spark.catalog.setCurrentCatalog(name)
    try:
        yield
    finally:
        spark.catalog.setCurrentCatalog(before)
