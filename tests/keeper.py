"""A process that does upkeep on command. Started by ``test_upkeep_killed``, which kills it while it is at it.

Reads one JSON object a line: the domain whose tables to look after, how many days from now it is, how often,
and for how many days branches stay. Answers one JSON object a line: what was due the first time, and the
problems of all.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path

import home
from publisher import DAY, contracts

from nightmarket.contracts import Contracts
from nightmarket.sources.mapping import Ages
from nightmarket.upkeep import Site, discover, manifests
from nightmarket.warehouse.catalog import SPARK_FAILURES

RETENTION = 20


def site(domain: str, later: float, folder: Path, branches: int = 7) -> Site:
    """The tables of ``publisher`` in a domain, so many days from now; the run's day is theirs."""
    known = {c.table: replace(c, retention_days=RETENTION) for c in contracts(domain)}
    return home.site(folder, later, day=DAY, ages=Ages(branches=branches), contracts=Contracts(known, {}))


def upkeep(at: Site) -> tuple[list[str], list[str]]:
    """What was due, and what could not be done; three manifests are many here."""
    due, problems, many = [], [], manifests.MANY
    manifests.MANY = 2
    try:
        _upkeep(at, due, problems)
    finally:
        manifests.MANY = many
    return due, problems


def _upkeep(at: Site, due: list[str], problems: list[str]) -> None:
    for name, operation in discover().items():
        for found in operation.plan(at):
            due.append(f"{name} {found.where.partition('.')[2]} {found.count}")
            try:
                operation.apply(at, found)
            except SPARK_FAILURES as failure:
                problems.append(f"{name} {found.where}: {failure}")


def main() -> None:
    from nightmarket.spark import session

    session("keeper")
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        at = site(order["domain"], order["later"], Path(sys.argv[1]), order.get("branches", 7))
        passes = [upkeep(at) for _ in range(order["times"])]
        problems = [problem for _, found in passes for problem in found]
        print(json.dumps({"due": passes[0][0], "problems": problems}), flush=True)


if __name__ == "__main__":
    main()
