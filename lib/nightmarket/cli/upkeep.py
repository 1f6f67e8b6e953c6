"""The command that deletes what contracts keep no longer and nobody needs: upkeep."""

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from nightmarket.cli import terminal
from nightmarket.cli.command import Arguments, Commands, add_day, command
from nightmarket.cli.session import opened
from nightmarket.errors import NightMarketError

if TYPE_CHECKING:
    from nightmarket.upkeep import Due, Operation, Site


def add(commands: Commands) -> None:
    made = command(
        commands, "upkeep", upkeep, "remove days past their retention, and whatever nobody needs any more",
        "nightmarket upkeep --dry-run",
        "nightmarket upkeep",
        "nightmarket upkeep days snapshots --day 2026-11-01",
    )  # fmt: skip
    made.add_argument(
        "operations", nargs="*", metavar="OPERATION",
        help="days, branches, files, manifests, snapshots, orphans, models, runs, logs, scratch; all when "
        "left out, each after those it builds on",
    )  # fmt: skip
    add_day(
        made, "the day that retention is counted from; the newest that is published when left out",
        required=False,
    )  # fmt: skip
    made.add_argument("--dry-run", action="store_true", help="show what would go, and change nothing")


def upkeep(arguments: Arguments) -> int:
    from nightmarket.upkeep import discover

    known = discover()
    unknown = sorted(set(arguments.operations) - set(known))
    if unknown:
        raise NightMarketError(f"there is no operation {', '.join(unknown)}; there are {', '.join(known)}.")
    chosen = [known[name] for name in known if not arguments.operations or name in arguments.operations]
    site = _site(arguments.day)
    due = [(operation, found) for operation in chosen for found in operation.plan(site)]
    _print(due)
    if arguments.dry_run or not due:
        return 0
    failed = [problem for operation, found in due if (problem := _apply(operation, site, found))]
    if failed:
        rest = "the rest is done" if len(failed) < len(due) else "nothing is done"
        raise NightMarketError(
            "\n".join([*failed, f"Rows are as they were and {rest}; run `nightmarket upkeep` again."])
        )
    terminal.say("done")
    return 0


def _site(day: date | None) -> "Site":
    from zoneinfo import ZoneInfo

    from nightmarket import contracts, project, sources
    from nightmarket.plan import discover
    from nightmarket.upkeep import Site

    root, now = project.root(), datetime.now(UTC)
    known = contracts.load(root / "schemas")
    shop = sources.load(project.shop(), known)
    today = now.astimezone(ZoneInfo(shop.timezone)).date()
    newest = max((table.newest_day for table in opened().tables() if table.newest_day), default=today)
    # A night that was run for a wrong year is no reason to remove all others.
    if day is not None and day > max(today, newest):
        raise NightMarketError(f"{day} is yet to come: days would go that are within their retention.")
    return Site(day or min(newest, today), now, project.home(), shop, known, discover(root))


def _print(due: "list[tuple[Operation, Due]]") -> None:
    if not due:
        terminal.say("nothing is due")
        return
    listed = terminal.table("operation", "where", "what", "number", "size", right=["number", "size"])
    for operation, found in due:
        size = "–" if found.bytes is None else terminal.size(found.bytes)
        listed.add_row(operation.name, found.where, found.what, terminal.count(found.count), size)
    terminal.console().print(listed)


def _apply(operation: "Operation", site: "Site", due: "Due") -> str | None:
    """The problem, when it could not be done; one table's keeps no other from its own."""
    from nightmarket.warehouse.catalog import SPARK_FAILURES

    try:
        operation.apply(site, due)
    except NightMarketError as error:
        return f"{operation.name}, {due.where}: {error}"
    except (*SPARK_FAILURES, OSError) as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        return f"{operation.name}, {due.where}: {first[:300]}"
    return None
