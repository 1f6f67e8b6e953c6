"""The night as a person sees it: real Airflow and the real DAG, with a script in the place of spark-submit.

The script does what the test tells it to (succeed, fail, break, hang), so each of Airflow's ways through a
night is walked in seconds. Real jobs run in tests/night.
"""

import io
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Collection
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from nightmarket import contracts, night, project, sources
from nightmarket.errors import PlanError
from nightmarket.night import embedded_airflow
from nightmarket.plan import Plan, discover

ROOT = Path(__file__).parents[2]
DAY = date(2026, 11, 1)

SUBMIT = """#!/usr/bin/env bash
exec "$PYTHON" "$0.py" "$@"
"""
PROGRAM = """
# called as: spark-submit --master M --name N run.py TABLE --day D --run-key K
#        or: spark-submit --master M --name N run.py --every day --day D --run-key K --only TABLE
import os, sys, time
from nightmarket.runner.announcement import PAGE, Announcement

def note(line, ending=""):
    with open(os.environ["SUBMITTED"] + ending, "a") as written:
        written.write(line + "\\n")

def value(name):
    return words[words.index(name) + 1]

def build(table):
    note(f"{table} {value('--day')} {value('--run-key')}")
    if table == os.environ["HANGS"]:
        note(str(os.getpid()), ".pid")
        time.sleep(600)
    if table == os.environ["FAILS"]:
        return f"{table} for {value('--day')} is broken:\\n  column price"

def say(subject, state, text="", **more):
    print(Announcement(subject, state, value("--run-key"), text, 1.5, **more).line(), flush=True)

words = sys.argv[1:]
note(value("--master"), ".masters")
program, *words = words[next(n for n, word in enumerate(words) if word.endswith("/run.py")):]
note(os.environ.get("NIGHTMARKET_PSEUDONYM_KEY", "none"), ".keys")
if words[0] != "--every":
    note(words[0], ".alone")
    why = build(words[0])
    if why and not os.environ["RETRYABLE"]:
        print(f"error: {why}", flush=True)
        sys.exit(2)
    print(f"{words[0]} {value('--day')}: 7 rows")
    sys.exit()
note(f"application {value('--day')} {value('--run-key')} {words[words.index('--only') + 1]}", ".applications")
lost = set()
for line in os.environ["PLAN"].split(";"):
    table, *reads = line.split()
    if table == os.environ["DIES"] and not os.path.exists(os.environ["SUBMITTED"] + ".died"):
        note(table, ".died")
        os.kill(os.getpid(), 9)
    if lost.intersection(reads):
        lost.add(table)
        say(table, "left", "not begun")
        continue
    say(table, "started")
    why = build(table)
    if why:
        lost.add(table)
        say(table, "failed", why, retryable=bool(os.environ["RETRYABLE"]))
        os.environ["FAILS"] = ""
    else:
        say(table, "published", f"{table} {value('--day')}: 7 rows")
if not lost:
    say(PAGE, "published", "the page")
"""
PAGE = """#!/usr/bin/env bash
echo "$* page" >>"$SUBMITTED"
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One Airflow for the whole module, in a path with spaces."""
    return tmp_path_factory.mktemp("a night") / "home of it"


@pytest.fixture
def submitted(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Puts the scripts before the real programs; gives the file that lists what was submitted."""
    scripts = tmp_path / "bin"
    scripts.mkdir()
    for name, text in (("spark-submit", SUBMIT), ("nightmarket", PAGE)):
        (scripts / name).write_text(text)
        (scripts / name).chmod(0o755)
    (scripts / "spark-submit.py").write_text(PROGRAM)
    path = tmp_path / "submitted"
    for ending in ("", ".alone", ".applications", ".keys"):
        Path(f"{path}{ending}").touch()
    plain = {"JAVA_HOME": str(tmp_path), "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"}
    monkeypatch.setattr(embedded_airflow.embedded, "environment", lambda _: plain)
    for name, value in {
        "NIGHTMARKET_PROJECT": str(ROOT),
        "NIGHTMARKET_HOME": str(home),
        "SUBMITTED": str(path),
        "PYTHON": sys.executable,
        "PLAN": in_words(_plan()),
        "FAILS": "",
        "RETRYABLE": "",
        "HANGS": "",
        "DIES": "",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NIGHTMARKET_SHOP", raising=False)
    return path


@pytest.fixture(scope="module")
def plan() -> Plan:
    return _plan()


def in_words(plan: Plan, tables: Collection[str] | None = None) -> str:
    """The tables of a night, each with those it reads."""
    kept = plan.order if tables is None else [table for table in plan.order if table in tables]
    return ";".join(
        " ".join([table, *(read for read in plan.upstream(table) if read in kept)]) for table in kept
    )


def run(only: str | None = None) -> tuple[int, str]:
    console = Console(file=io.StringIO(), width=200, highlight=False)
    status = night.run(DAY, only, console)
    assert isinstance(console.file, io.StringIO)
    return status, console.file.getvalue()


def tables(submitted: Path) -> list[str]:
    return [line.split()[0] for line in submitted.read_text().splitlines() if "page" not in line]


def noted(submitted: Path, what: str) -> list[str]:
    return Path(f"{submitted}.{what}").read_text().splitlines()


def test_a_good_night_is_one_application_that_builds_every_table_once(submitted: Path, plan: Plan) -> None:
    status, text = run()
    assert status == 0, text
    assert tables(submitted) == list(plan.order)
    assert len(noted(submitted, "applications")) == 1
    assert noted(submitted, "alone") == []
    for table in plan.order:
        assert f"{table} " in text
    assert text.count("   1.5 s  published · 2026-11-01: 7 rows") == len(plan.order), "the application's time"
    assert "   1.5 s  written" in text
    lines = submitted.read_text().splitlines()
    assert {line.split()[1] for line in lines} == {"2026-11-01"}
    (application,) = noted(submitted, "applications")
    assert {line.split()[2] for line in lines} == {application.split()[2]}, "one run, one run key"


def test_a_failed_table_stops_what_reads_it_and_nothing_else(
    submitted: Path, plan: Plan, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = next(t for t in plan.order if len(plan.downstream(t)) > 2)
    monkeypatch.setenv("FAILS", broken)
    status, text = run()
    assert status == 1
    after = plan.downstream(broken) - {broken, "ops.metrics"}
    assert sorted(tables(submitted)) == sorted(set(plan.order) - after), "and tried only once"
    assert noted(submitted, "alone") == ["ops.metrics"], "it counts what there is"
    assert text.count("not run, an input failed") == len(after)
    assert f"error: {broken}: {broken} for 2026-11-01 is broken:\n  column price\n" in text
    assert "report --day 2026-11-01 page" in submitted.read_text()
    log = Path(text.splitlines()[-1].removeprefix("The full log is "))
    assert log.parent == home / "logs" / "nightly"
    assert "is broken" in log.read_text()


def test_what_may_pass_is_tried_again_by_itself_and_what_follows_goes_on(
    submitted: Path, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    only = "recommendation.factors"
    followers = plan.downstream(only)
    monkeypatch.setenv("PLAN", in_words(plan, followers))
    monkeypatch.setenv("FAILS", only)
    monkeypatch.setenv("RETRYABLE", "yes")
    status, text = run(only)
    assert status == 0, text
    assert sorted(noted(submitted, "alone")) == sorted(followers)
    keys = {line.split()[2] for line in submitted.read_text().splitlines() if "page" not in line}
    assert len(keys) == 1, "so that nothing published is published twice"
    assert "report --day 2026-11-01 page" in submitted.read_text(), (
        "the page was not the application's to write"
    )


def test_an_application_that_is_lost_is_started_again_and_goes_on(
    submitted: Path, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    dies = plan.order[2]
    monkeypatch.setenv("DIES", dies)
    status, text = run()
    assert status == 0, text
    first, second = noted(submitted, "applications")
    assert first == second, "under the same run key, by which it knows what is published"
    assert noted(submitted, "alone") == []
    assert tables(submitted) == [*plan.order[:2], *plan.order]
    assert text.count("published · 2026-11-01: 7 rows") == len(plan.order)


def test_only_a_table_runs_it_and_what_follows(
    submitted: Path, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = min((t for t in plan.order if plan.upstream(t)), key=lambda t: (len(plan.downstream(t)), t))
    table = table if table != "ops.metrics" else plan.order[0]
    monkeypatch.setenv("PLAN", in_words(plan, plan.downstream(table)))
    status, text = run(only=table)
    assert status == 0, text
    assert sorted(tables(submitted)) == sorted(plan.downstream(table))
    (application,) = noted(submitted, "applications")
    assert application.split()[3:] == [table]
    assert {line.split()[0] for line in text.splitlines()} == {*plan.downstream(table), "report"}


def test_a_range_is_a_night_each_day_and_a_published_day_is_run_again(
    submitted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAN", "ops.metrics")
    console = Console(file=io.StringIO(), width=200, highlight=False)
    first = DAY - timedelta(days=1)
    assert night.run_range(first, DAY, "ops.metrics", console) == 0
    assert night.run_range(DAY, DAY, "ops.metrics", console) == 0
    ran = [line.split() for line in submitted.read_text().splitlines() if "page" not in line]
    assert [day for _, day, _ in ran] == [str(first), str(DAY), str(DAY)]
    assert len({key for _, _, key in ran}) == 3, "a key that has published does nothing"


def test_a_key_that_airflow_keeps_reaches_the_jobs_and_no_log(
    submitted: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NIGHTMARKET_PSEUDONYM_KEY", raising=False)
    secret = "made of thirty-two random bytes"
    kept = ["--conn-type", "generic", "--conn-password", secret]
    assert night.call(["connections", "add", "nightmarket_pseudonyms", *kept]) == 0
    try:
        status, text = run()
    finally:
        assert night.call(["connections", "delete", "nightmarket_pseudonyms"]) == 0
    assert status == 0, text
    assert noted(submitted, "keys") == [secret]
    assert secret not in text
    logs = [path for path in (home / "logs").rglob("*") if path.is_file()]
    logs += [path for path in (home / "airflow" / "logs").rglob("*") if path.is_file()]
    assert [path for path in logs if secret in path.read_text(errors="replace")] == []
    with closing(sqlite3.connect(embedded_airflow.database(home))) as db:
        assert "env" in str(
            db.execute("select rendered_fields from rendered_task_instance_fields").fetchall()
        )
        assert secret not in "\n".join(db.iterdump())


def masters(submitted: Path) -> set[str]:
    return set(Path(f"{submitted}.masters").read_text().splitlines())


def test_jobs_go_to_the_master_of_the_connection_and_else_of_the_configuration(
    submitted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAN", "ops.metrics")
    monkeypatch.delenv("SPARK_CONF_DIR", raising=False)
    assert run(only="ops.metrics")[0] == 0
    assert masters(submitted) == {"local[*]"}, "no configuration, no connection"

    (tmp_path / "spark-defaults.conf").write_text("# ours\nspark.master = spark://conf.example:7077\n")
    monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path))
    assert run(only="ops.metrics")[0] == 0
    assert masters(submitted) == {"local[*]", "spark://conf.example:7077"}

    added = ["--conn-type", "spark", "--conn-host", "spark://airflow.example", "--conn-port", "7077"]
    assert night.call(["connections", "add", "spark_default", *added]) == 0
    try:
        Path(f"{submitted}.masters").unlink()
        assert run(only="ops.metrics")[0] == 0
    finally:
        assert night.call(["connections", "delete", "spark_default"]) == 0
    assert masters(submitted) == {"spark://airflow.example:7077"}

    (tmp_path / "spark-defaults.conf").write_text("spark.sql.defaultCatalog shop\n")
    Path(f"{submitted}.masters").unlink()
    status, text = run(only="ops.metrics")
    assert status == 1
    assert "no connection spark_default" in text
    assert not Path(f"{submitted}.masters").exists(), "nothing runs here against a cluster's catalog"


def test_a_table_nobody_writes_is_refused_before_airflow_starts(submitted: Path) -> None:
    with pytest.raises(PlanError, match=r"no table behaviour\.nothing"):
        run(only="behaviour.nothing")
    assert submitted.read_text() == ""


def test_an_interrupted_night_leaves_no_process_behind(
    submitted: Path, plan: Plan, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    monkeypatch.setenv("HANGS", plan.order[0])
    # A process of its own, because a signal to pytest would end pytest.
    script = (
        "import sys, json; from datetime import date; from nightmarket import night; "
        "from nightmarket.night import embedded_airflow as a; "
        "a.embedded.environment = lambda _: json.loads(sys.argv[1]); "
        "sys.exit(night.run(date(2026, 11, 1)))"
    )
    plain = embedded_airflow.embedded.environment(home)
    told = subprocess.Popen(
        [sys.executable, "-c", script, str(plain).replace("'", '"')], stdout=subprocess.PIPE, text=True
    )
    pid_file = Path(f"{submitted}.pid")
    _until(pid_file.is_file, 60)
    hanging = int(pid_file.read_text())
    told.send_signal(signal.SIGINT)
    text, _ = told.communicate(timeout=60)
    assert told.returncode == night.INTERRUPTED
    assert "stopped" in text
    _until(lambda: not Path(f"/proc/{hanging}").exists(), 10)


def test_the_environment_listens_on_loopback_and_tells_nobody(submitted: Path, home: Path) -> None:
    variables = night.environment(home)
    assert variables["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert variables["AIRFLOW__USAGE_DATA_COLLECTION__ENABLED"] == "False"
    assert variables["AIRFLOW_HOME"] == str(home / "airflow")
    assert variables["AIRFLOW__CORE__DEFAULT_TIMEZONE"] == _shop().timezone, "a backfill's dates are its days"
    assert variables["NIGHTMARKET_LANDING"] == str(project.landing())
    assert variables["NIGHTMARKET_SHOP"] == str(ROOT / "infra" / "sources" / "demo.yaml")


def _plan() -> Plan:
    return Plan.of(discover(ROOT), set(_shop().sources), every="day")


def _shop() -> sources.Shop:
    return sources.load(ROOT / "infra" / "sources" / "demo.yaml", contracts.load(ROOT / "schemas"))


def _until(true: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)
