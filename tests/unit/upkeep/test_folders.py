"""Upkeep of a home's folders: old logs, what killed processes left, what Airflow remembers."""

import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nightmarket.contracts import Contracts
from nightmarket.sources.mapping import Ages
from nightmarket.upkeep import Site, discover, logs, runs, scratch


def written(path: Path, text: str = "words", days: float = 0) -> Path:
    """A file as if it had been written so many days ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    old = time.time() - days * 24 * 3600
    os.utime(path, (old, old))
    return path


def test_every_operation_has_its_words_and_comes_after_those_it_names():
    known = discover()
    names = "branches days files logs manifests models orphans runs scratch snapshots"
    assert sorted(known) == names.split()
    for name, operation in known.items():
        assert operation.doc.startswith(f"{name}: ")
        assert set(operation.after) <= set(list(known)[: list(known).index(name)])


def test_finding_the_operations_loads_no_spark():
    asked = "import sys; from nightmarket.upkeep import discover; discover(); print('pyspark' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_clock_without_a_zone_is_no_clock(site):
    of = site()
    with pytest.raises(ValueError, match="time zone"):
        Site(of.day, datetime(2026, 3, 2), of.home, of.shop, Contracts({}, {}), {})  # noqa: DTZ001


def test_logs_go_after_ninety_days_and_their_folders_with_them(site, tmp_path):
    night = written(tmp_path / "logs" / "nightly" / "2026-01-01.log", "x" * 10, days=90.1)
    task = written(
        tmp_path / "airflow" / "logs" / "dag_id=nightly" / "run" / "attempt=1.log", "x" * 5, days=91
    )
    young = written(tmp_path / "logs" / "nightly" / "2026-03-01.log", days=89.9)
    page = written(tmp_path / "reports" / "2025-01-01.html", days=400)
    export = written(tmp_path / "landing" / "items" / "2025-01-01.csv", days=400)
    due = logs.plan(site())
    assert [(d.where, d.count, d.bytes) for d in due] == [
        (str(tmp_path / "logs"), 1, 10),
        (str(tmp_path / "airflow" / "logs"), 1, 5),
    ]
    assert night.is_file()
    for found in due:
        logs.apply(site(), found)
    assert not night.exists()
    assert not task.exists()
    assert task.parent.is_dir(), "made just now, as far as its folder says"
    assert all(path.is_file() for path in (young, page, export))
    logs.apply(site(1.1), due[1])
    assert list((tmp_path / "airflow" / "logs").iterdir()) == []
    assert logs.plan(site()) == []
    assert [d.count for d in logs.plan(site(ages=Ages(logs=89)))] == [1]


def test_of_a_home_without_anything_nothing_is_due(site):
    assert logs.plan(site()) == scratch.plan(site()) == runs.plan(site()) == []


OWNER = """
import sys
from pathlib import Path
from nightmarket.spark.scratch import own
(own(Path(sys.argv[1])) / "shuffled").write_bytes(b"spilled")
print("ready", flush=True)
sys.stdin.read()
"""


def test_scratch_of_the_dead_goes_and_that_of_the_living_stays(site, tmp_path):
    folder = tmp_path / "spark" / "tmp"
    started = [
        subprocess.Popen(
            [sys.executable, "-c", OWNER, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    try:
        assert [process.stdout.readline() for process in started] == ["ready\n"] * 2
        assert scratch.plan(site(400)) == []
        started[0].kill()
        started[0].wait()
        (due,) = scratch.plan(site())
        assert (due.where, due.count, due.bytes) == (str(folder), 1, 7)
        assert scratch.plan(site()) == [due], "looking changes nothing"
        scratch.apply(site(), due)
        assert scratch.plan(site()) == []
        assert [path.read_bytes() for path in folder.glob("*/shuffled")] == [b"spilled"]
    finally:
        for process in started:
            process.kill()
            process.communicate()


def test_what_was_half_unpacked_or_half_written_goes_after_a_day(site, tmp_path):
    half = written(tmp_path / "models" / ".e5-x1y2" / "fresh" / "model.safetensors", "x" * 9, days=1.1)
    for folder in (half.parent, half.parent.parent):
        os.utime(folder, (0, 0))
    at_it = written(tmp_path / "models" / ".e5-z3" / "fresh" / "model.safetensors", days=0.9)
    model = written(tmp_path / "models" / "e5" / "model.safetensors", days=400)
    page = written(tmp_path / "reports" / ".2026-01-01.77.html", "x" * 4, days=2)
    whole = written(tmp_path / "reports" / "2026-01-01.html", days=400)
    due = scratch.plan(site())
    assert [(d.where, d.count, d.bytes) for d in due] == [
        (str(tmp_path / "models"), 1, 9),
        (str(tmp_path / "reports"), 1, 4),
    ]
    for found in due:
        scratch.apply(site(), found)
    assert not half.parent.parent.exists()
    assert not page.exists()
    assert all(path.is_file() for path in (at_it, model, whole))


def test_runs_are_counted_but_not_the_newest_of_a_dag(site, tmp_path):
    path = tmp_path / "airflow" / "airflow.db"
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as db, db:
        assert runs.plan(site()) == []
        db.execute("create table dag_run (dag_id text, start_date text)")
        ages = [("nightly", 95), ("nightly", 91), ("nightly", 89), ("weekly", 200), ("weekly", 190)]
        for dag, days in ages:
            at = datetime.now(UTC) - timedelta(days=days)
            db.execute("insert into dag_run values (?, ?)", (dag, f"{at:%Y-%m-%d %H:%M:%S.%f}"))
    (due,) = runs.plan(site())
    assert (due.where, due.count) == (str(path), 3)
    assert runs.plan(site(-111)) == []
