"""Commands that make something of a day: run, night, report."""

import os
from datetime import UTC, datetime

from nightmarket.cli import terminal
from nightmarket.cli.command import Asked, Commands, add_day, command
from nightmarket.cli.session import embed, opened


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
    )  # fmt: skip
    add_day(made, "the day of the exports")
    made.add_argument("--only", metavar="TABLE", help="this table and everything that follows from it")
    made = command(
        commands,
        "report",
        report,
        "write the night's page and print where it is",
        "nightmarket report --day 2026-11-01",
    )
    add_day(made, "the night's day")


def run(asked: Asked) -> int:
    embed()
    from nightmarket.run import run_table

    key = asked.run_key or f"by-hand-{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{os.getpid()}"
    terminal.say(run_table(asked.table, asked.day, key).in_words())
    return 0


def night(asked: Asked) -> int:
    from nightmarket import night

    return night.run(asked.day, only=asked.only)


def report(asked: Asked) -> int:
    from nightmarket import nightpage, project

    path = nightpage.write(opened(), asked.day, project.home() / "reports")
    terminal.say(str(path))
    return 0
