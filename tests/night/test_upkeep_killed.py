"""Upkeep beside runs that publish, and killed with SIGKILL anywhere: rows stay, and the rerun ends it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import keeper
import publisher
import pytest
from drawn import rows
from publisher import DAY, contracts

from nightmarket.contracts import Contracts
from nightmarket.warehouse import Warehouse

TESTS = Path(keeper.__file__).parent
MOMENTS = (0.15, 0.4, 0.6, 0.8)
"""When it is killed, as a share of the time that it takes."""
OLD = DAY - timedelta(days=keeper.RETENTION + 1)
DAYS = [DAY - timedelta(days=n) for n in range(3)]
KEPT = [("s1", 1), ("s2", 2)]
REJECTED = [("duplicate", "old x1")]


class Keeper:
    """A ``keeper`` process with a session of its own over the tests' catalog."""

    def __init__(self, home: Path) -> None:
        self.log = home / "keeper.log"
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")]),
            "PYSPARK_SUBMIT_ARGS": "--master local[2] --driver-memory 1g "
            "--conf spark.sql.shuffle.partitions=1 pyspark-shell",
            "SPARK_SUBMIT_OPTS": "-XX:TieredStopAtLevel=1",
        }
        with self.log.open("w") as errors:
            self.process = subprocess.Popen(
                [sys.executable, TESTS / "keeper.py", home],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=environment,
                start_new_session=True,
            )
        assert self.answer() == "ready", self.log.read_text()

    def tell(self, **order: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()

    def answer(self) -> object:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        return json.loads(line) if line else None

    def kill(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()


@pytest.fixture
def start(spark, tmp_path) -> Iterator[Callable[[], Keeper]]:
    started: list[Keeper] = []

    def one() -> Keeper:
        home = tmp_path / str(len(started))
        home.mkdir()
        started.append(Keeper(home))
        return started[-1]

    yield one
    for keeper_ in started:
        keeper_.kill()


@pytest.fixture
def look(spark) -> Callable[[str, date], tuple[list, list]]:
    """What a reader who opens the tables now finds of a day: kept rows and rejects."""

    def found(domain: str, day: date) -> tuple[list, list]:
        sales, rejects = contracts(domain)
        warehouse = Warehouse(spark, Contracts({sales.table: sales, rejects.table: rejects}, {}))
        return (
            rows(warehouse.days(sales.table, day, day), "sale_id", "pieces"),
            rows(warehouse.days(rejects.table, day, day), "reason", "raw"),
        )

    return found


def laden(spark, domain: str) -> None:
    """Tables with something to do for each operation: an old day, many commits, a run that was given up."""

    class GivenUp(Exception):
        pass

    def give_up(step: str) -> None:
        if step == f"seal {domain}.sales":
            raise GivenUp

    for day in (OLD, *DAYS):
        publisher.publish(spark, domain, "old", day=day, key=f"night {day}")
    with pytest.raises(GivenUp):
        publisher.publish(spark, domain, "new", day=DAY, key="given up", after_step=give_up)


def test_killed_anywhere_and_run_again(spark, start, look, tmp_path):
    laden(spark, "whole")
    undisturbed = start()
    began = time.monotonic()
    undisturbed.tell(domain="whole", later=10, times=1)
    answer = undisturbed.answer()
    took = time.monotonic() - began
    assert answer == {
        "due": [
            "branches rejects 1", "branches sales 1", "days rejects 1", "days sales 1",
            "manifests rejects 4", "manifests sales 4", *answer["due"][-2:],
        ],
        "problems": [],
    }  # fmt: skip
    assert [due.rpartition(" ")[0] for due in answer["due"][-2:]] == ["snapshots rejects", "snapshots sales"]

    for moment in MOMENTS:
        domain = f"killed_{moment * 100:.0f}"
        laden(spark, domain)
        victim = start()
        victim.tell(domain=domain, later=10, times=1)
        time.sleep(moment * took)
        victim.kill()
        for day in DAYS:
            assert look(domain, day) == (KEPT, REJECTED), (moment, day)
        old = look(domain, OLD)
        assert old[0] in ([], KEPT)
        assert old[1] in ([], REJECTED)

        problems = keeper.upkeep(keeper.site(domain, 10, tmp_path))[1]
        assert problems == []
        # What the first pass has made is younger than what it removes.
        assert keeper.upkeep(keeper.site(domain, 20, tmp_path))[1] == []
        assert keeper.upkeep(keeper.site(domain, 20, tmp_path)) == ([], [])
        for day in DAYS:
            assert look(domain, day) == (KEPT, REJECTED), (moment, day)
        assert look(domain, OLD) == ([], [])
        for contract in contracts(domain):
            assert [row.name for row in spark.table(f"{contract.table}.refs").collect()] == ["main"]
            assert spark.table(f"{contract.table}.snapshots").count() == 1
        again = publisher.publish(spark, domain, "old", day=DAYS[2], key=f"night {DAYS[2]}")
        assert again.already


def test_beside_it_all_days_are_published(spark, start, look):
    laden(spark, "busy")
    beside = start()
    # Ten days on by its clock, which the branches of the runs beside it do not go by.
    beside.tell(domain="busy", later=10, times=4, branches=20)
    new = [DAY + timedelta(days=n) for n in range(1, 6)]
    for day in new:
        done = publisher.publish(spark, "busy", "new", day=day, key=f"night {day}")
        assert (done.rows_out, done.rows_rejected, done.already) == (3, 2, False)
    answer = beside.answer()
    assert answer is not None, beside.log.read_text()
    assert answer["problems"] == []
    for day in DAYS:
        assert look("busy", day) == (KEPT, REJECTED), day
    for day in new:
        assert look("busy", day) == (
            [("s2", 22), ("s3", 33), ("s4", 44)],
            [("bad_value", "new x2"), ("duplicate", "new x3")],
        ), day
    assert look("busy", OLD) == ([], [])
