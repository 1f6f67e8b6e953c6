"""Airflow by hand: whoever ends the command ends Airflow, with all it started; and which Airflow it is."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nightmarket.errors import NightMarketError
from nightmarket.night import embedded_airflow

CALL = """
import sys
from nightmarket.night import embedded_airflow
embedded_airflow.environment = lambda _: {}
embedded_airflow.prepare = lambda *_: None
embedded_airflow.command = lambda: [sys.executable, "-c", sys.argv[1]]
sys.exit(embedded_airflow.call([]))
"""
STANDALONE = """
import sys, time
try:
    print("ready", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    time.sleep(0.5)
    print("servers ended", flush=True)
    sys.exit(3)
"""


@pytest.mark.parametrize(
    ("started", "sent"),
    [("", signal.SIGINT), ("", signal.SIGTERM), ("trap '' INT;", signal.SIGTERM)],
    ids=["by a terminal", "by a supervisor", "in a script's background"],
)
def test_airflow_is_waited_for_until_it_has_ended_its_servers(
    tmp_path: Path, started: str, sent: signal.Signals
) -> None:
    with subprocess.Popen(
        ["sh", "-c", f'{started} exec "$0" -c "$1" "$2"', sys.executable, CALL, STANDALONE],
        env={"NIGHTMARKET_HOME": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as called:
        assert called.stdout
        assert called.stdout.readline() == "ready\n"
        if sent is signal.SIGINT:  # as a terminal does, to all of the group
            subprocess.run(["kill", "-INT", "--", f"-{called.pid}"], check=True)
        else:
            called.send_signal(sent)
        assert called.communicate(timeout=20)[0] == "servers ended\n"
        assert called.returncode == 3


THEIRS = "postgresql+psycopg2://shop@db/airflow"


@pytest.fixture
def ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home whose own Airflow has a name for its metadata, and an ``airflow`` that a test writes."""
    monkeypatch.setenv("NIGHTMARKET_HOME", str(tmp_path))
    own = {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "sqlite:///own", "AIRFLOW__API__HOST": "127.0.0.1"}
    monkeypatch.setattr(embedded_airflow, "environment", lambda home: own)
    monkeypatch.setattr(embedded_airflow, "prepare", lambda *_: (tmp_path / "prepared").touch())
    return tmp_path


def airflow(monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    monkeypatch.setattr(embedded_airflow, "command", lambda: [sys.executable, "-c", script])


@pytest.mark.parametrize(
    ("environment", "used", "prepared"),
    [
        (None, "sqlite:///own", True),
        ("sqlite:////elsewhere/airflow.db", "sqlite:///own", True),
        ("airflow-db-not-allowed:///", "sqlite:///own", True),
        (THEIRS, THEIRS, False),
    ],
    ids=["nobody's", "this machine's", "of a task", "the shop's"],
)
def test_a_command_by_hand_goes_to_the_airflow_that_the_environment_names(
    ours: Path, monkeypatch: pytest.MonkeyPatch, environment: str | None, used: str, prepared: bool
) -> None:
    name = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
    if environment is None:
        monkeypatch.delenv(name, raising=False)
    else:
        monkeypatch.setenv(name, environment)
    said = ours / "said"
    airflow(monkeypatch, f"import os; open({str(said)!r}, 'w').write(os.environ[{name!r}])")
    assert embedded_airflow.call(["connections", "list"]) == 0
    assert said.read_text() == used
    assert (ours / "prepared").exists() == prepared


def test_the_master_is_the_connections_of_the_airflow_that_is_named(
    ours: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    airflow(
        monkeypatch,
        "import json, os; database = os.environ['AIRFLOW__DATABASE__SQL_ALCHEMY_CONN'].partition('@')[2]; "
        "print(json.dumps([{'conn_type': 'spark', 'host': 'spark://of.' + database, 'port': 7077}]))",
    )
    monkeypatch.delenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", raising=False)
    assert embedded_airflow.spark_master(ours) is None, "this home has no metadata yet"
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", THEIRS)
    assert embedded_airflow.spark_master(ours) == "spark://of.db/airflow:7077"


UNREACHED = """
import sys
if "check" in sys.argv:
    raise SystemExit("Traceback\\n  of it\\na.b.OperationalError: (c.Error) no route to db\\n\\nhelp: https://h\\n")
raise SystemExit("Connection not found.")
"""


def test_no_connection_is_not_the_same_as_no_answer(ours: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", THEIRS)
    airflow(monkeypatch, "import sys; sys.exit('Connection not found.' if 'get' in sys.argv else 0)")
    assert embedded_airflow.spark_master(ours) is None
    airflow(monkeypatch, UNREACHED)
    with pytest.raises(NightMarketError) as error:
        embedded_airflow.spark_master(ours)
    assert str(error.value).startswith("Airflow cannot reach its database ((c.Error) no route to db); start")
