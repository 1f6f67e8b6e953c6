"""Commands that make something of a day: run, night, report."""

import os
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime
from multiprocessing import get_context

from nightmarket.cli import terminal
from nightmarket.cli.command import Arguments, Commands, add_day, command, day
from nightmarket.cli.session import embed, opened
from nightmarket.errors import NightMarketError


def add(commands: Commands) -> None:
    made = command(
        commands, "run", run, "build and publish one table for one day, without Airflow",
        "nightmarket run behaviour.events --day 2026-11-01",
    )  # fmt: skip
    made.add_argument("table", metavar="TABLE", help="DOMAIN.TABLE, as `nightmarket plan` lists them")
    add_day(made, "the day of the exports")
    made.add_argument(
        "--run-key", metavar="KEY",
        help="the same key publishes a table's day once, however often it is run; a new one when left out",
    )  # fmt: skip
    made = command(
        commands, "night", night, "run a whole night through Airflow and watch it",
        "nightmarket night --day 2026-11-01",
        "nightmarket night --day 2026-11-01 --only reviews.clean",
        "nightmarket night --from 2026-11-01",
        "nightmarket night --from 2026-11-01 --to 2026-11-07",
    )  # fmt: skip
    days = made.add_mutually_exclusive_group(required=True)
    days.add_argument("--day", type=day, metavar="YYYY-MM-DD", help="the day of the exports")
    days.add_argument(
        "--from", type=day, dest="first", metavar="YYYY-MM-DD",
        help="the first day of a range; its nights are run, or run again, one after the other",
    )  # fmt: skip
    made.add_argument(
        "--to", type=day, dest="last", metavar="YYYY-MM-DD",
        help="the last day of the range; the newest that is published when left out",
    )  # fmt: skip
    made.add_argument("--only", metavar="TABLE", help="this table and everything that follows from it")
    made = command(
        commands,
        "report",
        report,
        "write the night's page and print where it is",
        "nightmarket report --day 2026-11-01",
    )
    add_day(made, "the night's day")


def run(arguments: Arguments) -> int:
    embed()
    from nightmarket.run import run_table

    key = arguments.run_key or f"by-hand-{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{os.getpid()}"
    terminal.say(run_table(arguments.table, arguments.day, key).in_words())
    return 0


def night(arguments: Arguments) -> int:
    from nightmarket import night

    if arguments.day:
        if arguments.last:
            raise NightMarketError("--to ends a range that --from begins; --day is one day alone.")
        return night.run(arguments.day, only=arguments.only)
    last = arguments.last or _newest_published()
    if last is None or last < arguments.first:
        ends = f"the range would end on {last}" if last else "nothing is published yet"
        raise NightMarketError(f"{ends}, before it begins on {arguments.first}; say its last day with --to.")
    return night.run_range(arguments.first, last, only=arguments.only)


def _newest_published() -> date | None:
    # In a process of its own: the JVM that answers would stay, with all its memory, while the nights run.
    with ProcessPoolExecutor(1, get_context("spawn")) as aside:
        return aside.submit(_newest_day).result()


def _newest_day() -> date | None:
    return max((table.newest_day for table in opened().tables() if table.newest_day), default=None)


def report(arguments: Arguments) -> int:
    from nightmarket import project
    from nightmarket.report.gather import write

    path = write(opened(), arguments.day, project.home() / "reports")
    terminal.say(str(path))
    return 0
