"""Commands that look at the whole: plan, tables."""

import os
from typing import TYPE_CHECKING

from nightmarket.cli import terminal
from nightmarket.cli.command import Arguments, Commands, command
from nightmarket.cli.session import opened
from nightmarket.errors import NightMarketError

if TYPE_CHECKING:
    from nightmarket.plan import Input, Plan


def add(commands: Commands) -> None:
    made = command(
        commands, "plan", plan, "show which tables a night writes, from what, in which order",
        "nightmarket plan", "nightmarket plan --shop infra/sources/online_retail.yaml",
    )  # fmt: skip
    made.add_argument("--shop", metavar="FILE", help="a shop's mapping file, or its name in infra/sources/")
    command(
        commands, "tables", tables, "list the published tables with their newest day, rows and size",
        "nightmarket tables",
    )  # fmt: skip


def plan(arguments: Arguments) -> int:
    from nightmarket import contracts, project, sources
    from nightmarket.plan import Plan, discover

    if arguments.shop:
        os.environ["NIGHTMARKET_SHOP"] = arguments.shop
    root = project.root()
    shop = sources.load(project.shop(), contracts.load(root / "schemas"))
    drawn(Plan.of(discover(root), set(shop.sources)), shop.name, sorted(shop.sources))
    return 0


def drawn(plan: "Plan", shop: str, exports: list[str]) -> None:
    """The plan as a list in the order of the night; tables of one wave do not wait for one another."""
    waves = wave_of(plan)
    screen = terminal.console()
    domains = sorted({table.partition(".")[0] for table in plan.order})
    screen.print(f"Shop {shop}: {len(plan.order)} tables in {max(waves.values(), default=0)} waves")
    screen.print(f"exports  {', '.join(exports) or 'none'}")
    screen.print(f"domains  {', '.join(domains) or 'none'}")
    screen.print()
    listed = terminal.table("wave", "table", "← reads", "size", "every", right=["wave"])
    before = 0
    for table in sorted(plan.order, key=lambda name: (waves[name], plan.order.index(name))):
        job = plan.jobs[table]
        reads = "\n".join(f"← {_read(one)}" for one in job.reads)
        also = f"\n+ {job.rejects}" if job.rejects else ""
        wave = str(waves[table]) if waves[table] != before else ""
        before = waves[table]
        listed.add_row(wave, f"{table}{also}", reads, job.size, job.every)
    screen.print(listed)
    if plan.left_out:
        screen.print("\nleft out for this shop")
        for table, why in sorted(plan.left_out.items()):
            screen.print(f"  {table}: {why}")


def wave_of(plan: "Plan") -> dict[str, int]:
    """Per table 1 + the highest wave of what it waits for."""
    waves: dict[str, int] = {}
    for table in plan.order:
        waves[table] = 1 + max((waves[read] for read in plan.upstream(table)), default=0)
    return waves


def _read(one: "Input") -> str:
    from nightmarket import plan

    match one:
        case plan.Export(source):
            return f"source.{source}"
        case plan.Days(table, count):
            return f"{table}, {_days(count)}"
        case plan.Before(table, count):
            return f"{table}, {_days(count)} before"
        case plan.Latest(table, age, optional):
            read = f"{table}, newest, at most {_days(age)} old" if age else f"{table}, of the day"
            return f"{read}, if any" if optional else read
        case plan.Previous():
            return "itself, the day before"
        case plan.Computed(count):
            return f"itself, {_days(count)}, by content"
        case plan.Commits():
            return "every publish of the night"


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def tables(arguments: Arguments) -> int:
    found = opened().tables()
    screen = terminal.console()
    numbers = ["rows of that day", "days", "size"]
    listed = terminal.table("table", "newest day", *numbers, right=numbers)
    for table in found:
        if table.newest_day:
            counts = (terminal.count(table.rows), terminal.count(table.days), terminal.size(table.bytes))
            listed.add_row(table.table, str(table.newest_day), *counts)
        elif table.damage:
            listed.add_row(table.table, "damaged", "", "", "")
    if listed.row_count:
        screen.print(listed)
    else:
        terminal.say("Nothing is published yet; run a night: nightmarket night --day YYYY-MM-DD")
    damaged = [table.damage for table in found if table.damage]
    if damaged:
        raise NightMarketError("\n".join(damaged))
    return 0
