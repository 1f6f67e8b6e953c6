"""A publish killed with SIGKILL at any point leaves readers whole days, and a rerun ends in the same rows."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import publisher
import pytest
from drawn import rows
from publisher import DAY, contracts

from nightmarket.contracts import Contracts
from nightmarket.warehouse import Warehouse

TESTS = Path(publisher.__file__).parent
# In the order in which judged rows pass them; killing after one is killing before the next.
POINTS = [
    "start sales",
    "table rejects",
    "branch rejects",
    "while writing",
    "stage rejects",
    "table sales",
    "branch sales",
    "stage sales",
    "audit sales",
    "seal rejects",
    "seal sales",
    "publish rejects",
    "clear rejects",
    "while restaging",
    "publish sales",
    "clear sales",
]
KEPT = {
    "old": [("s1", 1), ("s2", 2)],
    "new": [("s2", 22), ("s3", 33), ("s4", 44)],
}
REJECTED = {
    "old": [("duplicate", "old x1")],
    "new": [("bad_value", "new x2"), ("duplicate", "new x3")],
}


class Publisher:
    """A ``publisher`` process with a session of its own over the tests' catalog."""

    def __init__(self, log: Path) -> None:
        self.log = log
        environment = {
            **os.environ,
            "PYTHONPATH": str(TESTS),
            "PYSPARK_SUBMIT_ARGS": "--master local[2] --driver-memory 1g "
            "--conf spark.sql.shuffle.partitions=1 pyspark-shell",
            # It lives for seconds: compiling its code well would take longer than running it.
            "SPARK_SUBMIT_OPTS": "-XX:TieredStopAtLevel=1",
        }
        with log.open("w") as errors:
            self.process = subprocess.Popen(
                [sys.executable, TESTS / "publisher.py"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=environment,
                start_new_session=True,
            )

    def tell(self, **order: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()

    def answer(self) -> object:
        """The next answer; None when its output ended: then its JVM is gone too, for it holds that pipe."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        return json.loads(line) if line else None

    def stop(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()


@pytest.fixture(scope="module")
def start(spark, tmp_path_factory) -> Iterator[Callable[[], Publisher]]:
    """Hands out publishers, and starts the next one early: it warms up while its forerunner is at work."""
    folder = tmp_path_factory.mktemp("publishers")
    started: list[Publisher] = []

    chosen: list[Publisher] = []

    def next_one() -> Publisher:
        while len(started) < len(chosen) + 2:
            started.append(Publisher(folder / f"{len(started)}.log"))
        chosen.append(started[len(chosen)])
        return chosen[-1]

    yield next_one
    for one in started:
        one.stop()


@pytest.fixture
def look(spark) -> Callable[[str], tuple[list, list]]:
    """What a reader who opens the tables now finds of the day: kept rows and rejects."""

    def found(domain: str, day: date = DAY) -> tuple[list, list]:
        sales, rejects = contracts(domain)
        warehouse = Warehouse(spark, Contracts({sales.table: sales, rejects.table: rejects}, {}))
        return (
            rows(warehouse.days(sales.table, day, day), "sale_id", "pieces"),
            rows(warehouse.days(rejects.table, day, day), "reason", "raw"),
        )

    return found


@pytest.mark.parametrize("point", POINTS)
def test_killed_there_and_run_again(spark, start, look, point):
    domain = f"killed_{POINTS.index(point)}"
    killed = start()
    publisher.publish(spark, domain, "old", key="yesterday")
    assert look(domain) == (KEPT["old"], REJECTED["old"])
    sales, rejects = contracts(domain)
    reader = Warehouse(spark, Contracts({sales.table: sales, rejects.table: rejects}, {}))
    began = reader.days(sales.table, DAY, DAY)

    assert killed.answer() == "ready", killed.log.read_text()
    step, _, table = point.partition(" ")
    killed.tell(domain=domain, version="new", die=point if step == "while" else f"{step} {domain}.{table}")
    assert killed.answer() is None, "it survived"
    assert killed.process.wait() == -signal.SIGKILL

    reached = POINTS.index(point)
    kept = "new" if reached >= POINTS.index("publish sales") else "old"
    rejected = "new" if reached >= POINTS.index("publish rejects") else "old"
    assert look(domain) == (KEPT[kept], REJECTED[rejected])

    again = publisher.publish(spark, domain, "new")
    assert look(domain) == (KEPT["new"], REJECTED["new"])
    assert (again.rows_out, again.rows_rejected, again.already) == (3, 2, kept == "new")
    assert rows(began, "sale_id", "pieces") == KEPT["old"]
    for table in contracts(domain):
        assert [row.name for row in spark.table(f"{table.table}.refs").collect()] == ["main"]
    if point == "while restaging":
        assert look(domain, date(2026, 3, 1)) == (KEPT["old"], REJECTED["old"])


def test_two_processes_publish_ten_days_of_one_table_and_all_land(start, look):
    first, second = start(), start()
    days = {
        process: [DAY + timedelta(days=2 * n + offset) for n in range(5)]
        for offset, process in enumerate((first, second))
    }
    for process in days:
        assert process.answer() == "ready", process.log.read_text()
    for process, own in days.items():
        for day in own:
            version = "old" if day.day % 3 else "new"
            process.tell(domain="crowded", version=version, day=day.isoformat(), key=f"night {day}")
    for process, own in days.items():
        for _ in own:
            assert "snapshot" in (process.answer() or {}), process.log.read_text()
    for day in sorted(days[first] + days[second]):
        version = "old" if day.day % 3 else "new"
        assert look("crowded", day) == (KEPT[version], REJECTED[version]), day
