"""The entry point of every application, under ``spark-submit``: one table for one day, or a night of them.

    spark-submit lib/nightmarket/run.py TABLE --day YYYY-MM-DD --run-key KEY
    spark-submit lib/nightmarket/run.py --every day --day YYYY-MM-DD --run-key KEY [--only TABLE]

A run key that has published a table and day already does nothing, so a retry after a lost answer is free.
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    # Python puts a script's folder on its path, and in ours lie rooms named like other people's packages.
    sys.path[:] = [
        entry for entry in sys.path if Path(entry or ".").resolve() != Path(__file__).resolve().parent
    ]

import argparse
from datetime import date
from threading import Lock
from typing import TYPE_CHECKING

from nightmarket import outage
from nightmarket.errors import EXIT_NON_RETRYABLE, ContendedError, NightMarketError, OutageError
from nightmarket.plan import Cadence
from nightmarket.visible import visible

if TYPE_CHECKING:
    from nightmarket.runner.announcement import Announcement
    from nightmarket.warehouse import Published


def run_table(table: str, day: date, run_key: str) -> "Published":
    """Build ``table`` for ``day`` and publish it under ``run_key``, in this process's own session.

    Raises:
        NightMarketError: anything the reader can mend, from a missing export to a failed audit.
    """
    from nightmarket.runner.specification import Specification
    from nightmarket.runner.table import build_table
    from nightmarket.spark import session

    specification = Specification.of_project()
    specification.job(table)  # before Java is started for a table that nobody writes
    return build_table(specification, session(f"{table} {day}"), table, day, run_key)


def run_night(every: Cadence, day: date, run_key: str, only: str | None) -> None:
    """Build the tables of one cadence for ``day``, or ``only`` one and those that follow from it, and write
    the night's page; what became of each is written to the output as it happens.

    Raises:
        NightMarketError: nothing could be begun, or Spark came to its end in the middle.
    """
    from nightmarket import project
    from nightmarket.report.gather import write
    from nightmarket.runner.night import Night
    from nightmarket.runner.specification import Specification
    from nightmarket.spark import session
    from nightmarket.warehouse import Warehouse

    specification = Specification.of_project()
    plan = specification.plan(every)
    tables = plan.downstream(only) if only else frozenset(plan.order)
    spark = session(f"{'nightly' if every == 'day' else 'weekly'} {day}")
    writing = Lock()

    def announce(announcement: "Announcement") -> None:
        with writing:
            sys.stdout.write(f"{announcement.line()}\n")
            sys.stdout.flush()

    def page() -> str:
        warehouse = Warehouse(spark, specification.contracts)
        return str(write(warehouse, day, project.home() / "reports"))

    Night(specification, spark, plan, tables, day, run_key, announce, page).build()


def main() -> int:
    parser = argparse.ArgumentParser(description="Build and publish one table, or a night of them.")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("table", nargs="?", help="one table by itself")
    what.add_argument("--every", choices=["day", "week"], help="the tables of this cadence")
    parser.add_argument("--day", type=date.fromisoformat, required=True)
    parser.add_argument("--run-key", required=True, help="the run that asks; the same key publishes once")
    parser.add_argument("--only", default="", help="of the cadence: this table and what follows from it")
    arguments = parser.parse_args()
    try:
        if arguments.every:
            run_night(arguments.every, arguments.day, arguments.run_key, arguments.only or None)
        else:
            published = run_table(arguments.table, arguments.day, arguments.run_key)
            sys.stdout.write(f"{published.in_words()}\n")
    except Exception as error:
        failure = error if isinstance(error, NightMarketError) else outage.explained(error)
        if failure is None:
            raise
        said = "\n".join(visible(line) for line in str(failure).split("\n"))
        sys.stderr.write(f"error: {said}\n")
        return 1 if isinstance(failure, ContendedError | OutageError) else EXIT_NON_RETRYABLE
    return 0


if __name__ == "__main__":
    sys.exit(main())
