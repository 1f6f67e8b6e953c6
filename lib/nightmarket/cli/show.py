"""``nightmarket show``: rows of a table, for a person or for another program."""

import csv
import sys
from datetime import date
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from nightmarket import project
from nightmarket.cli import terminal, values
from nightmarket.cli.command import Arguments, Commands, add_day, command, positive
from nightmarket.cli.session import opened
from nightmarket.errors import NightMarketError
from nightmarket.plan import discover

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from nightmarket.contracts import Contract, Contracts
    from nightmarket.warehouse import Warehouse

_NUMBERS = {"int", "bigint", "double", "float", "decimal"}


def add(commands: Commands) -> None:
    made = command(
        commands, "show", show, "print rows of a table in the order of its key",
        "nightmarket show recommendation.ranked --limit 20",
        "nightmarket show catalogue.items --day 2026-11-01 --columns item_id,title,price --csv",
        "nightmarket show reviews.clean --rejected --run by-hand-20261101T020000",
    )  # fmt: skip
    made.add_argument("table", metavar="TABLE", help="DOMAIN.TABLE, as `nightmarket tables` lists them")
    add_day(made, "the day to show; the newest when left out", required=False)
    made.add_argument(
        "--rejected", action="store_true", help="the rows that were rejected from TABLE, with their reasons"
    )
    made.add_argument(
        "--run",
        dest="run_key",
        metavar="KEY",
        help="the rows that one run wrote, also when its audit failed and nothing was published",
    )
    made.add_argument("--limit", type=positive, default=10, metavar="N", help="how many rows (default 10)")
    made.add_argument("--columns", metavar="A,B", help="only these columns, in this order")
    made.add_argument("--personal", action="store_true", help="show columns classified as personal data, too")
    form = made.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object a line, nothing cut")
    form.add_argument("--csv", action="store_true", help="comma-separated with a head line, nothing cut")


def show(arguments: Arguments) -> int:
    from nightmarket import contracts

    known = contracts.load(project.root() / "schemas")
    contract = _contract(known, arguments.table)
    if arguments.rejected:
        contract = known.tables[_rejects(arguments.table)]
    columns = _columns(contract, arguments.columns)
    warehouse = opened()
    if arguments.run_key:
        day, frame = _of_run(warehouse, contract.table, arguments.run_key, arguments.day)
        newest: date | None = None
    else:
        newest = warehouse.newest_publish(contract.table, arguments.day or date.max)
        if newest is None:
            since = (
                f"has no rows on or before {arguments.day}" if arguments.day else "has never been published"
            )
            table = _writer(contract.table)
            raise NightMarketError(f"{contract.table} {since}; run `nightmarket run {table} --day DAY`.")
        day = arguments.day or newest
        frame = warehouse.days(contract.table, day, day)
    rows = _rows(frame, contract, columns, arguments.limit)
    hidden = (
        set() if arguments.personal else {c.name for c in contract.columns if c.classification == "personal"}
    )
    rows = [
        [values.MASK if n in hidden and v is not None else v for n, v in zip(columns, row, strict=True)]
        for row in rows
    ]
    if arguments.json:
        for row in rows:
            terminal.say(values.line(dict(zip(columns, map(values.exact, row), strict=True))))
    elif arguments.csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([values.cell(value) for value in row] for row in rows)
    else:
        _print(contract, columns, rows, day, newest)
        if not rows and newest == day and _writer(contract.table) != contract.table:
            terminal.say("None was rejected on that day.")
        masked = [name for name in columns if name in hidden]
        if masked and rows:
            terminal.say(f"Personal data is hidden ({', '.join(masked)}); --personal shows it.")
        if not arguments.run_key:
            terminal.say(f"\nFor other engines: {warehouse.metadata_file(contract.table)}")
    return 0


def _contract(known: "Contracts", table: str) -> "Contract":
    if table in known.tables:
        return known.tables[table]
    near = get_close_matches(table, known.tables, n=1)
    hint = f"did you mean {near[0]}?" if near else f"the tables are {', '.join(known.tables)}."
    raise NightMarketError(f"no table {table}; {hint}")


def _columns(contract: "Contract", named: str | None) -> list[str]:
    known = [column.name for column in contract.columns]
    if named is None:
        return known
    wanted = [name.strip() for name in named.split(",") if name.strip()]
    unknown = [name for name in wanted if name not in known]
    if unknown or not wanted:
        raise NightMarketError(
            f"{contract.table} has no column {', '.join(unknown)}; it has {', '.join(known)}."
        )
    return list(dict.fromkeys(wanted))


def _rejects(table: str) -> str:
    """The table that takes the rejected rows of another, or of itself when it is such a table.

    Raises:
        NightMarketError: the table rejects nothing.
    """
    jobs = discover(project.root())
    if any(job.rejects == table for job in jobs.values()):
        return table
    found = jobs[table].rejects if table in jobs else None
    if found is None:
        judging = ", ".join(sorted(name for name, job in jobs.items() if job.rejects))
        raise NightMarketError(f"{table} rejects no rows; the tables that do are {judging}.")
    return found


def _writer(table: str) -> str:
    """The table to run for a table: itself, or the one whose rejected rows it takes."""
    jobs = discover(project.root())
    return next((name for name, job in jobs.items() if job.rejects == table), table)


def _of_run(warehouse: "Warehouse", table: str, key: str, day: date | None) -> tuple[date, "DataFrame"]:
    found = warehouse.of_run(table, key, day)
    if found is None:
        of = f" of {day}" if day else ""
        raise NightMarketError(
            f"no run '{key}' has written rows{of} to {table}, or they were replaced since; the key is in the "
            "message of the run that failed."
        )
    return found


def _rows(frame: "DataFrame", contract: "Contract", columns: list[str], limit: int) -> list[list[Any]]:
    """The first rows by key; a table without one is put in the order of all it can be sorted by."""
    from pyspark.sql import functions as F

    types = {column.name: column.type for column in contract.columns}
    keys = list(contract.keys) or [name for name, kind in types.items() if not kind.startswith("map")]
    # PySpark hands timestamps out in the machine's zone; as numbers they stay in UTC.
    picked = [
        F.unix_micros(name).alias(name) if types[name] == "timestamp" else F.col(name) for name in columns
    ]
    frame = frame.orderBy(*keys).limit(limit).select(picked)
    return [
        [values.moment(v) if types[n] == "timestamp" else v for n, v in zip(columns, row, strict=True)]
        for row in frame.collect()
    ]


def _print(
    contract: "Contract", columns: list[str], rows: list[list[Any]], day: date, newest: date | None
) -> None:
    if not rows:
        earlier = f"; its newest day up to then is {newest}" if newest not in {None, day} else ""
        terminal.say(f"{contract.table} has no rows of {day}{earlier}.")
        return
    from rich.measure import Measurement
    from rich.text import Text

    screen = terminal.console()
    numbers = {
        c.name
        for c in contract.columns
        if c.type.split("(")[0] in {"int", "bigint", "double", "float", "decimal"}
    }
    listed = terminal.table(*columns, right=[name for name in columns if name in numbers])
    for row in rows:
        listed.add_row(*(Text(values.readable(value)) for value in row))
    screen.print(f"{contract.table} of {day}")
    screen.print()
    if Measurement.get(screen, screen.options.update(max_width=10_000), listed).maximum <= screen.width:
        screen.print(listed)
        return
    # Too wide for this terminal: one value a line, as nobody can read columns three letters wide.
    widest = max(map(len, columns))
    for place, row in enumerate(rows, 1):
        screen.print(f"── {place} ──", style="dim")
        for name, value in zip(columns, row, strict=True):
            line = Text(f"{name.rjust(widest)}  ", style="bold")
            line.append(values.readable(value, longest=4 * values.LONGEST), style="not bold")
            screen.print(line)
