"""The slow ring: executors die in the middle of a table, and nothing is lost and nothing counted twice."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nightmarket.spark import embedded

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
DAY = "2026-11-01"
BUILDER = Path(__file__).parents[1] / "lost_workers.py"


@pytest.fixture(scope="module")
def variables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A demo home whose Spark is two workers, each with an executor process, and nothing else embedded."""
    folder = tmp_path_factory.mktemp("lost workers")
    home, conf = folder / "home", folder / "conf"
    conf.mkdir()
    settings = {
        "spark.master": "local-cluster[2,1,1024]",
        "spark.executor.memory": "1g",
        "spark.driver.memory": "1g",
        "spark.jars": embedded.iceberg_jar().as_uri(),
        "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
        "spark.sql.catalog.shop": "org.apache.iceberg.spark.SparkCatalog",
        "spark.sql.catalog.shop.type": "hadoop",
        "spark.sql.catalog.shop.warehouse": str(folder / "warehouse"),
        "spark.sql.catalog.shop.cache-enabled": "false",
        "spark.sql.defaultCatalog": "shop",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.local.dir": str(folder / "scratch"),
    }
    (conf / "log4j2.properties").write_text(embedded.LOGGING)
    lines = [f"{name} {value}\n" for name, value in settings.items()]
    (conf / "spark-defaults.conf").write_text("".join(lines))
    given = {name: value for name, value in os.environ.items() if not name.startswith("NIGHTMARKET_")}
    found = {
        **given,
        "NIGHTMARKET_HOME": str(home),
        "NIGHTMARKET_PROJECT": str(ROOT),
        "SPARK_CONF_DIR": str(conf),
        "SPARK_HOME": str(embedded.spark_home()),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "JAVA_HOME": str(embedded.java_home()),
        "PYSPARK_PYTHON": sys.executable,
        # A run's own folder: the workers' logs and jars go where the command was started.
        "SPARK_WORKER_DIR": str(folder / "work"),
        "NIGHTMARKET_MODELS": os.environ.get("NIGHTMARKET_MODELS", str(home / "models")),
    }
    nightmarket(found, "models", "prepare")
    nightmarket(found, "demo", "write", "--day", DAY)
    nightmarket(found, "run", "catalogue.items", "--day", DAY)
    return found


def nightmarket(variables: dict[str, str], *arguments: str) -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("nightmarket"), *arguments],
        env=variables, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def built(variables: dict[str, str], table: str, rounds: int) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, BUILDER, table, str(rounds)],
        env=variables, capture_output=True, text=True, check=False,
    )  # fmt: skip
    # Spark's own traces of the executors that died are long.
    said = [line for line in done.stderr.splitlines() if not line.startswith("\tat ")]
    assert done.returncode == 0, "\n".join(said)[:8000]
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


@pytest.mark.parametrize(
    ("table", "rounds", "source"), [("reviews.clean", 4, "reviews"), ("behaviour.events", 5, "events")]
)
def test_an_export_is_counted_once_however_often_its_workers_die(
    variables: dict[str, str], table: str, rounds: int, source: str
) -> None:
    undisturbed, *disturbed = built(variables, table, rounds)
    assert [run["killed"] for run in disturbed] == [1] * rounds
    assert undisturbed["counts"]["rows_in"] == {"reviews": 800, "events": 12_000}[source]
    for run in disturbed:
        assert run["counts"] == undisturbed["counts"]
        assert run["rows"] == undisturbed["rows"], "the same rows, whoever computed them"


def test_a_model_row_is_counted_once(variables: dict[str, str]) -> None:
    (disturbed,) = built(variables, "embeddings.items", 1)
    assert disturbed["killed"] == 1
    counts = disturbed["counts"]
    # Every title of the demo's catalogue is different.
    assert (counts["rows_out"], counts["model_rows_computed"], counts["model_rows_reused"]) == (300, 300, 0)
