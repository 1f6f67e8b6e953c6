"""The slow ring: the nightly DAG under ``airflow standalone``, as a person would run it on one machine."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from nightmarket import contracts, night, project, sources
from nightmarket.night import embedded_airflow
from nightmarket.plan import Plan, discover

pytestmark = pytest.mark.slow

DAY = date(2026, 11, 1)
ONLY = "recommendation.factors"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home with the demo shop's exports of one day, in a path with spaces."""
    with pytest.MonkeyPatch.context() as patch:
        path = tmp_path_factory.mktemp("stand alone") / "home"
        patch.setenv("NIGHTMARKET_HOME", str(path))
        patch.setenv("NIGHTMARKET_PROJECT", str(Path(__file__).parents[2]))
        for name in ("NIGHTMARKET_SHOP", "NIGHTMARKET_LANDING", "SPARK_CONF_DIR"):
            patch.delenv(name, raising=False)
        nightmarket("models", "prepare")
        nightmarket("demo", "write", "--day", DAY.isoformat())
        yield path


@pytest.fixture(scope="module")
def variables(home: Path) -> dict[str, str]:
    """Airflow's environment, on ports nobody else has."""
    with ExitStack() as taken:
        ports = [taken.enter_context(_loopback()).getsockname()[1] for _ in range(3)]
    api, logs, trigger_logs = map(str, ports)
    return {
        **night.environment(home),
        "AIRFLOW__API__PORT": api,
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{api}",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{api}/execution/",
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": logs,
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": trigger_logs,
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "5",
    }


@pytest.fixture(scope="module")
def standalone(home: Path, variables: dict[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    """A running ``airflow standalone``; stopped with everything it started."""
    log = home / "logs" / "standalone.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    embedded_airflow.prepare(home, variables, log)
    with log.open("ab") as written:
        server = subprocess.Popen(
            [*embedded_airflow.command(), "standalone"],
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=written,
            start_new_session=True,
        )
    try:
        until(lambda: b"Airflow is ready" in log.read_bytes(), 180, log)
        until(lambda: "nightly" in airflow(variables, "dags", "list", "-o", "json"), 60, log)
        yield server
    finally:
        embedded_airflow.stop(server)


def test_a_run_by_hand_publishes_one_table_and_what_follows(
    home: Path, variables: dict[str, str], standalone: "subprocess.Popen[bytes]"
) -> None:
    shop = sources.load(project.shop(), contracts.load(project.root() / "schemas"))
    plan = Plan.of(discover(project.root()), set(shop.sources), every="day")
    asked = {"day": DAY.isoformat(), "only": ONLY}
    expected = plan.downstream(ONLY)
    # What follows also reads tables that do not follow: those are there already, as on any other night.
    needed = set(expected)
    for table in reversed(plan.order):
        if table in needed and table != "ops.metrics":
            needed.update(plan.upstream(table))
    for table in plan.order:
        if table in needed - expected:
            nightmarket("run", table, "--day", DAY.isoformat())
    before = newest_snapshots(home)

    # Triggered while it is paused, so that the night of the calendar, started by unpausing, waits behind it.
    airflow(variables, "dags", "trigger", "nightly", "--run-id", "by_hand", "--conf", json.dumps(asked))
    airflow(variables, "dags", "unpause", "nightly", "--yes")
    log = home / "logs" / "standalone.log"
    until(lambda: state(variables) in {"success", "failed"}, 540, log)

    assert state(variables) == "success"
    after = newest_snapshots(home)
    changed = {table for table in after if after[table] != before.get(table)}
    rejects = {plan.jobs[table].rejects for table in expected} - {None}
    assert changed == {*expected, *rejects}


def test_it_listens_on_loopback_only(
    variables: dict[str, str], standalone: "subprocess.Popen[bytes]"
) -> None:
    api = int(variables["AIRFLOW__API__PORT"])
    assert _listening(api), "the API server is not there"
    assert _listening(api) == {"127.0.0.1"}


def nightmarket(*arguments: str) -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("nightmarket"), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def airflow(variables: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [*embedded_airflow.command(), *arguments],
        env=variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def state(variables: dict[str, str]) -> str:
    runs: list[dict[str, Any]] = json.loads(
        airflow(variables, "dags", "list-runs", "nightly", "-o", "json").splitlines()[-1]
    )
    return str(next(run["state"] for run in runs if run["run_id"] == "by_hand"))


def newest_snapshots(home: Path) -> dict[str, str]:
    """The newest metadata file of every table: it changes with each commit, and with nothing else."""
    found: dict[str, str] = {}
    for hint in (home / "warehouse").glob("*/*/metadata/version-hint.text"):
        table = hint.parents[1]
        found[f"{table.parent.name}.{table.name}"] = hint.read_text()
    return found


def until(true: Callable[[], bool], seconds: float, log: Path) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, log.read_text(errors="replace")[-4000:]
        time.sleep(1)


def _loopback() -> socket.socket:
    free = socket.socket()
    free.bind(("127.0.0.1", 0))
    return free


def _listening(port: int) -> set[str]:
    """Local addresses on which somebody listens at this port, from the kernel's tables."""
    found: set[str] = set()
    for name, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]:
            address, local_port = line.split()[1].split(":")
            if int(local_port, 16) == port and line.split()[3] == "0A":
                words = [bytes.fromhex(address[i : i + 8])[::-1] for i in range(0, len(address), 8)]
                found.add(socket.inet_ntop(family, b"".join(words)))
    return found
