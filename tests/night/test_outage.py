"""Java killed and a full disk while a command runs: one sentence, no traceback, nothing half-published."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = """
import os, resource, signal, sys, threading
from datetime import UTC, date, datetime
from nightmarket import cli, contracts, project
from nightmarket.cli import look
from nightmarket.cli.session import embed

def work(asked):
    embed()
    from nightmarket.spark import session
    from nightmarket.warehouse import Run, Warehouse
    spark = session("outage")
    java = spark._jvm.java.lang.ProcessHandle.current().pid()
    known = contracts.load(project.root() / "schemas")
    contract = known.tables["recommendation.similar_items"]
    names = {column.name: column for column in contract.columns}
    def rows(count):
        made = {name: "cast(null as " + column.type + ")" for name, column in names.items()}
        made |= {"item_id": "sha2(cast(id as string), 256)", "day": "date '2026-03-02'"}
        texts = {name for name, column in names.items() if column.type == "string" and name != "item_id"}
        made |= {name: "sha2(concat('x', id), 512)" for name in texts}
        return spark.range(count).selectExpr(*(f"{sql} as {name}" for name, sql in made.items()))
    after = {"table": lambda: None, "kill": lambda: os.kill(java, signal.SIGKILL),
             "fill": lambda: resource.prlimit(java, resource.RLIMIT_FSIZE, (60_000, 60_000))}
    def step(done):
        if done.startswith("branch"):
            after[sys.argv[1]]()
    run = Run(date(2026, 3, 2), "r", "test", datetime(2026, 3, 3, tzinfo=UTC))
    Warehouse(spark, known, after_step=step).publish(contract, rows(20_000), run)
    return 0

look.plan = work
sys.exit(cli.main(["plan"]))
"""


@pytest.mark.parametrize(
    ("fault", "says"),
    [("kill", "Java, in which Spark runs, ended in the middle of the work"), ("fill", "the disk is full")],
)
def test_one_sentence_and_no_traceback(root: Path, tmp_path: Path, fault: str, says: str) -> None:
    home = {"NIGHTMARKET_HOME": str(tmp_path / "home"), "NIGHTMARKET_PROJECT": str(root)}
    variables = {name: value for name, value in os.environ.items() if name != "SPARK_CONF_DIR"}
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, fault],
        env={**variables, **home, "NIGHTMARKET_DRIVER_MEMORY": "1g"},
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1, done.stderr
    assert says in errors[0]
    assert "run it again" in errors[0]
    assert "Traceback" not in done.stderr
    assert "\tat " not in done.stderr, "no stack trace of Java's either"
