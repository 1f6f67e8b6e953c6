"""The tables of a night in one application: in the order of their edges, independent ones side by side.

A warm session builds a table of a few rows in a second or two where an application of its own takes ten and
more. What goes wrong stays with its table: those that read it are left to whoever started the application,
and the rest goes on. Nothing is tried twice here. A run key publishes a table's day once, so whoever tries a
table again, or the whole night, does nothing twice either.
"""

import sys
import traceback
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import date
from time import monotonic

from pyspark.sql import SparkSession

from nightmarket import outage
from nightmarket.errors import ContendedError, NightMarketError, OutageError
from nightmarket.plan import Plan, Size
from nightmarket.runner.announcement import PAGE, Announcement, State
from nightmarket.runner.specification import Specification
from nightmarket.runner.table import build_table

SLOTS: dict[Size, int] = {"small": 2, "medium": 1, "large": 1}
"""Tables of each size that are built at a time: together they fit into the memory of one machine. On a
cluster, ``spark.nightmarket.slots.large`` and the like say otherwise."""

Announce = Callable[[Announcement], None]


@dataclass
class Night:
    """One run of a plan's tables.

    Args:
        tables: those to build; what they read beside these is there already.
        page: writes the night's page and says where it is; it is written once everything is published.
    """

    specification: Specification
    spark: SparkSession
    plan: Plan
    tables: Collection[str]
    day: date
    run_key: str
    announce: Announce
    page: Callable[[], str]
    states: dict[str, State] = field(default_factory=dict)

    def build(self) -> None:
        """Build all tables that can be; what became of each is announced, and in :attr:`states`.

        Raises:
            OutageError: Spark itself is gone, and with it whatever was not announced.
        """
        waiting = sorted(self.tables, key=self._urgency)
        free = {size: slots(self.spark, size) for size in SLOTS}
        running: dict[Future[None], str] = {}
        with ThreadPoolExecutor(sum(free.values()), "table") as threads:
            while waiting or running:
                for table in self._left(waiting):
                    waiting.remove(table)
                    self._say(table, "left", "not begun: something it reads was not published")
                for table in [one for one in waiting if self._ready(one)]:
                    size = self.plan.jobs[table].size
                    if free[size]:
                        free[size] -= 1
                        waiting.remove(table)
                        running[threads.submit(self._build, table)] = table
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    free[self.plan.jobs[running.pop(future)].size] += 1
                    future.result()
        if all(self.states[table] == "published" for table in self.tables):
            self._attempt(PAGE, self.page)

    def _urgency(self, table: str) -> tuple[int, int]:
        """First what most wait for, then what comes first in the plan."""
        return -len(self.plan.downstream(table)), self.plan.order.index(table)

    def _ready(self, table: str) -> bool:
        return all(self.states.get(read) == "published" for read in self._reads(table))

    def _left(self, waiting: Iterable[str]) -> list[str]:
        lost = {table for table, state in self.states.items() if state in {"failed", "left"}}
        return [table for table in waiting if lost.intersection(self._reads(table))]

    def _reads(self, table: str) -> list[str]:
        return [read for read in self.plan.upstream(table) if read in self.tables]

    def _build(self, table: str) -> None:
        self._attempt(
            table,
            lambda: build_table(self.specification, self.spark, table, self.day, self.run_key).in_words(),
        )

    def _attempt(self, subject: str, act: Callable[[], str]) -> None:
        self._say(subject, "started")
        began = monotonic()
        try:
            words = act()
        except Exception as error:
            if not alive(self.spark):
                raise outage.explained(error) or OutageError(str(error)) from error
            failure = error if isinstance(error, NightMarketError) else outage.explained(error)
            if failure is None:
                sys.stderr.write(f"{subject}:\n{''.join(traceback.format_exception(error))}")
            known = failure is not None and not isinstance(failure, ContendedError | OutageError)
            words = str(failure) if failure else f"{type(error).__name__}: {str(error).split(chr(10))[0]}"
            self._say(subject, "failed", words, monotonic() - began, retryable=not known)
        else:
            self._say(subject, "published", words, monotonic() - began)

    def _say(
        self, subject: str, state: State, words: str = "", seconds: float = 0.0, *, retryable: bool = False
    ) -> None:
        self.states[subject] = state
        self.announce(Announcement(subject, state, self.run_key, words, round(seconds, 3), retryable))


def slots(spark: SparkSession, size: Size) -> int:
    """Tables of a size that may be built at a time.

    Raises:
        NightMarketError: the configuration says something that is no number above zero.
    """
    name = f"spark.nightmarket.slots.{size}"
    given = spark.sparkContext.getConf().get(name, str(SLOTS[size])) or ""
    if not given.isdecimal() or not int(given):
        raise NightMarketError(f"{name} is '{given}'; it says how many tables of size {size} run at a time.")
    return int(given)


def alive(spark: SparkSession) -> bool:
    """Whether the application's Java still answers and has not stopped."""
    try:
        return not spark.sparkContext._jsc.sc().isStopped()
    except Exception:
        return False
