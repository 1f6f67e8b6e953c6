"""Commands for beginning: new, sources check, demo write."""

from pathlib import Path

from nightmarket.cli import terminal
from nightmarket.cli.command import Arguments, Commands, add_day, command, group, positive
from nightmarket.cli.session import embed
from nightmarket.errors import NightMarketError
from nightmarket.visible import visible


def add(commands: Commands) -> None:
    made = command(
        commands, "new", new, "write the contract, the job and the failing test of a new table",
        "nightmarket new reviews.item_sentiment",
    )  # fmt: skip
    made.add_argument("table", metavar="DOMAIN.TABLE", help="lower case letters, digits and _")

    sources = group(commands, "sources", "check a shop's exports against its mapping file")
    made = command(
        sources, "check", check, "read a sample of a day's exports and report every problem at once",
        "nightmarket sources check infra/sources/online_retail.yaml --day 2010-12-01",
    )  # fmt: skip
    made.add_argument("file", type=Path, metavar="FILE", help="the shop's mapping file")
    add_day(made, "the day whose exports to read")

    demo = group(commands, "demo", "make the demo shop's exports")
    made = command(
        demo, "write", write_demo, "write a day of the demo shop's exports into the landing zone",
        "nightmarket demo write --day 2026-11-01",
        "nightmarket demo write --day 2026-11-01 --scale 100000 --events 10000000 --processes 8",
    )  # fmt: skip
    add_day(made, "the day to write")
    made.add_argument("--scale", type=positive, metavar="N", help="items on the opening day (default 300)")
    made.add_argument("--events", type=positive, metavar="M", help="events of the day")
    made.add_argument("--seed", type=int, metavar="S", help="another shop with the same habits")
    made.add_argument("--processes", type=positive, metavar="P", help="processes that write at once")


def new(arguments: Arguments) -> int:
    from nightmarket import project, scaffold

    root = project.root()
    made = scaffold.write(root, arguments.table)
    for path in (made.contract, made.job, made.test):
        terminal.say(f"wrote {path.relative_to(root)}")
    terminal.say("\nNext:")
    for place, step in enumerate(made.steps(root), 1):
        terminal.say(f"  {place}. {step}")
    return 0


def check(arguments: Arguments) -> int:
    from nightmarket import contracts, project, sources
    from nightmarket.plan import discover

    root = project.root()
    known = contracts.load(root / "schemas")
    shop = sources.load(arguments.file, known)
    jobs = discover(root)
    tuning = {table: tuple(job.parameters) for table, job in jobs.items()}
    limits: dict[str, tuple[str, float]] = {}
    for table, job in jobs.items():
        most = shop.most_rejected.get(table, known.tables[table].maximum_reject_rate)
        if most is not None:
            limits |= dict.fromkeys(job.sources, (table, most))
    embed()
    from nightmarket.spark import session

    spark = session("nightmarket sources check")
    found = sources.check(spark, shop, known, arguments.day, project.landing(), tuning, limits)
    for line in found.in_words().split("\n"):
        terminal.say(visible(line))
    return 0 if found.ok else 1


def write_demo(arguments: Arguments) -> int:
    from nightmarket import demo, project

    landing = project.landing()
    if isinstance(landing, str):
        raise NightMarketError(
            f"the demo's exports are written to a folder, and NIGHTMARKET_LANDING is {landing}."
        )
    # Outside the landing zone: what was planted is for checking results, never for reading.
    written = demo.write_day(
        arguments.day,
        landing,
        project.home() / "truth",
        seed=arguments.seed,
        scale=arguments.scale,
        events=arguments.events,
        processes=arguments.processes,
    )
    screen = terminal.console()
    listed = terminal.table("file", "rows", "size", right=["rows", "size"])
    for name, file in written["files"].items():
        listed.add_row(name, terminal.count(file["rows"]), terminal.size(file["bytes"]))
    screen.print(listed)
    terminal.say(f"in {landing}")
    return 0
