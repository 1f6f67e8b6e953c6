"""``nightmarket show``: rows of a table, for a person or for another program."""

import csv
import sys
from datetime import date
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from nightmarket.cli import terminal, values
from nightmarket.cli.command import Asked, Commands, add_day, command, positive
from nightmarket.cli.session import opened
from nightmarket.errors import NightMarketError

if TYPE_CHECKING:
    from nightmarket.contracts import Contract, Contracts
    from nightmarket.warehouse import Warehouse

_NUMBERS = {"int", "bigint", "double", "float", "decimal"}


def add(commands: Commands) -> None:
    made = command(
        commands, "show", show, "print rows of a table in the order of its key",
        "nightmarket show recommendation.ranked --limit 20",
        "nightmarket show catalogue.items --day 2026-11-01 --columns item_id,title,price --csv",
    )  # fmt: skip
    made.add_argument("table", metavar="TABLE", help="DOMAIN.TABLE, as `nightmarket tables` lists them")
    add_day(made, "the day to show; the newest when left out", required=False)
    made.add_argument("--limit", type=positive, default=10, metavar="N", help="how many rows (default 10)")
    made.add_argument("--columns", metavar="A,B", help="only these columns, in this order")
    made.add_argument("--personal", action="store_true", help="show columns classified as personal data, too")
    form = made.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object a line, nothing cut")
    form.add_argument("--csv", action="store_true", help="comma-separated with a head line, nothing cut")


def show(asked: Asked) -> int:
    from nightmarket import contracts, project

    contract = _contract(contracts.load(project.root() / "schemas"), asked.table)
    columns = _columns(contract, asked.columns)
    warehouse = opened()
    newest = warehouse.newest_day(asked.table, asked.day or date.max)
    day = asked.day or newest
    if day is None or newest is None:
        since = f"has no rows on or before {day}" if day else "has never been published"
        raise NightMarketError(f"{asked.table} {since}; run `nightmarket run {asked.table} --day DAY`.")
    rows = _rows(warehouse, contract, columns, day, asked.limit)
    hidden = set() if asked.personal else {c.name for c in contract.columns if c.classification == "personal"}
    rows = [
        [values.MASK if n in hidden and v is not None else v for n, v in zip(columns, row, strict=True)]
        for row in rows
    ]
    if asked.json:
        for row in rows:
            terminal.say(values.line(dict(zip(columns, map(values.exact, row), strict=True))))
    elif asked.csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([values.cell(value) for value in row] for row in rows)
    else:
        _print(contract, columns, rows, day, newest)
        masked = [name for name in columns if name in hidden]
        if masked and rows:
            terminal.say(f"Personal data is hidden ({', '.join(masked)}); --personal shows it.")
        terminal.say(f"\nFor other engines: {warehouse.metadata_file(asked.table)}")
    return 0


def _contract(known: "Contracts", table: str) -> "Contract":
    if table in known.tables:
        return known.tables[table]
    near = get_close_matches(table, known.tables, n=1)
    hint = f"did you mean {near[0]}?" if near else f"the tables are {', '.join(known.tables)}."
    raise NightMarketError(f"no table {table}; {hint}")


def _columns(contract: "Contract", asked: str | None) -> list[str]:
    known = [column.name for column in contract.columns]
    if asked is None:
        return known
    wanted = [name.strip() for name in asked.split(",") if name.strip()]
    unknown = [name for name in wanted if name not in known]
    if unknown or not wanted:
        raise NightMarketError(
            f"{contract.table} has no column {', '.join(unknown)}; it has {', '.join(known)}."
        )
    return list(dict.fromkeys(wanted))


def _rows(
    warehouse: "Warehouse", contract: "Contract", columns: list[str], day: date, limit: int
) -> list[list[Any]]:
    """The first rows of a day by key; a table without one is put in the order of all it can be sorted by."""
    from pyspark.sql import functions as F

    types = {column.name: column.type for column in contract.columns}
    keys = list(contract.keys) or [name for name, kind in types.items() if not kind.startswith("map")]
    # PySpark hands timestamps out in the machine's zone; as numbers they stay in UTC.
    picked = [
        F.unix_micros(name).alias(name) if types[name] == "timestamp" else F.col(name) for name in columns
    ]
    frame = warehouse.days(contract.table, day, day).orderBy(*keys).limit(limit).select(picked)
    return [
        [values.moment(v) if types[n] == "timestamp" else v for n, v in zip(columns, row, strict=True)]
        for row in frame.collect()
    ]


def _print(contract: "Contract", columns: list[str], rows: list[list[Any]], day: date, newest: date) -> None:
    if not rows:
        terminal.say(f"{contract.table} has no rows of {day}; its newest day up to then is {newest}.")
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
