"""The slow ring: executors, workers and machines die in the middle of a table; nothing is lost or doubled."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from nightmarket.spark import embedded

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
DAY = "2026-11-01"
BUILDER = ROOT / "tests" / "lost_workers.py"
COUNTS = {
    "reviews.clean": {"rows_in": 800},
    "behaviour.events": {"rows_in": 12_000},
    # Every title of the demo's catalogue is different.
    "embeddings.items": {"rows_out": 300, "model_rows_computed": 300, "model_rows_reused": 0},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A demo home, and Spark's own master and two workers, one executor each; nothing else of a cluster."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "infra" / "cluster"))
        from processes import Processes
        from standalone import NAMES, Standalone

    place = tmp_path_factory.mktemp("lost workers")
    processes = Processes(place)
    processes.prepare()
    with ExitStack() as taken:
        ports = [str(taken.enter_context(_free()).getsockname()[1]) for _ in range(2)]
    facts = dict(zip(("master", "master_page"), ports, strict=True))
    (place / "facts.json").write_text(json.dumps(facts))
    cluster = Standalone(processes, facts["master"], facts["master_page"], cores=1)
    conf = place / "conf"
    conf.mkdir()
    (conf / "log4j2.properties").write_text(embedded.LOGGING)
    settings = {
        "spark.master": cluster.master,
        "spark.pyspark.python": cluster.install(),
        "spark.executor.cores": "1",
        "spark.executor.memory": "1g",
        "spark.driver.memory": "1g",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.jars": embedded.iceberg_jar().as_uri(),
        "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
        "spark.sql.catalog.shop": "org.apache.iceberg.spark.SparkCatalog",
        "spark.sql.catalog.shop.type": "hadoop",
        "spark.sql.catalog.shop.warehouse": place / "warehouse",
        "spark.sql.catalog.shop.cache-enabled": "false",
        "spark.sql.defaultCatalog": "shop",
        "spark.sql.shuffle.partitions": "4",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.local.dir": place / "scratch",
    }
    lines = [f"{name} {value}\n" for name, value in settings.items()]
    (conf / "spark-defaults.conf").write_text("".join(lines))
    try:
        cluster.start()
        nightmarket(place, "models", "prepare")
        nightmarket(place, "demo", "write", "--day", DAY)
        nightmarket(place, "run", "catalogue.items", "--day", DAY)
        yield place
    finally:
        processes.end([], [*NAMES])


def variables(folder: Path) -> dict[str, str]:
    given = {name: value for name, value in os.environ.items() if not name.startswith("NIGHTMARKET_")}
    home = folder / "home"
    return {
        **given,
        "NIGHTMARKET_HOME": str(home),
        "NIGHTMARKET_PROJECT": str(ROOT),
        "NIGHTMARKET_MODELS": os.environ.get("NIGHTMARKET_MODELS", str(home / "models")),
        "SPARK_CONF_DIR": str(folder / "conf"),
        "SPARK_HOME": str(embedded.spark_home()),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "JAVA_HOME": str(embedded.java_home()),
    }


def nightmarket(folder: Path, *arguments: str) -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("nightmarket"), *arguments],
        env=variables(folder), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("table", "kills"),
    [
        # What is killed, and how many stages of the run are done by then.
        ("reviews.clean", ["executor:1", "worker:2", "machine:3", "executor:4"]),
        ("behaviour.events", ["executor:1", "worker:2", "machine:3", "executor:5"]),
        ("embeddings.items", ["machine:1", "executor:1", "worker:1"]),
    ],
)
def test_nothing_is_lost_or_counted_twice_whoever_dies(folder: Path, table: str, kills: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, BUILDER, folder, table, *kills],
        env={**variables(folder), **_python(folder)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    # Spark's own traces of the executors that died are long.
    said = [line for line in done.stderr.splitlines() if not line.startswith("\tat ")]
    assert done.returncode == 0, "\n".join(said)[:8000]
    found: list[dict[str, Any]] = [
        json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")
    ]
    undisturbed, *disturbed = found
    assert undisturbed["counts"].items() >= COUNTS[table].items()
    assert len(disturbed) == len(kills)
    for kill, run in zip(kills, disturbed, strict=True):
        # Of a machine at least the daemon and its executor.
        assert run["killed"] >= 2 if kill.startswith("machine") else run["killed"] == 1, kill
        assert run["counts"] == undisturbed["counts"], kill
        assert run["rows"] == undisturbed["rows"], f"{kill}: the same rows, whoever computed them"


def _python(folder: Path) -> dict[str, str]:
    """A driver that starts Spark itself is told of the executors' Python by nobody else."""
    return {"PYSPARK_PYTHON": str(folder / "python" / "bin" / "python")}


def _free() -> socket.socket:
    free = socket.socket()
    free.bind(("127.0.0.1", 0))
    return free
