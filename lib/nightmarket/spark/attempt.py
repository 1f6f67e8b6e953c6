"""Spark as it is configured, tried once: `python -m nightmarket.spark.attempt` says as JSON what answered.

A session is started, the catalog asked for its namespaces, and one row sent through Python on every executor
that comes first: most of what can be wrong with a cluster is wrong there.
"""

import json
import platform
import socket
import sys
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import pyarrow as pa

from nightmarket.spark.session import session


def attempt() -> dict[str, Any]:
    spark = session("nightmarket doctor")
    jvm: Any = spark._jvm
    catalog = spark.catalog.currentCatalog()
    found: dict[str, Any] = {
        "spark": spark.version,
        "master": spark.sparkContext.master,
        "catalog": catalog,
        "kind": spark.conf.get(f"spark.sql.catalog.{catalog}.type", "") or "",
        "iceberg": str(jvm.org.apache.iceberg.IcebergBuild.version()),
        "namespaces": spark.sql("SHOW NAMESPACES").count(),
        "shuffle_partitions": int(str(spark.conf.get("spark.sql.shuffle.partitions"))),
    }
    rows = spark.range(0, 2, 1, 2).mapInArrow(_worker, "host string, python string, nightmarket string")
    found["workers"] = sorted({tuple(row) for row in rows.collect()})
    return found


def _worker(batches: Iterable[pa.RecordBatch]) -> Iterable[pa.RecordBatch]:
    for _ in batches:
        try:
            ours = version("nightmarket")
        except PackageNotFoundError:
            ours = "unpacked"
        values = [[socket.gethostname()], [platform.python_version()], [ours]]
        yield pa.RecordBatch.from_arrays([pa.array(v) for v in values], ["host", "python", "nightmarket"])


if __name__ == "__main__":
    sys.stdout.write(f"{json.dumps(attempt())}\n")
