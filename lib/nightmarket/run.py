"""One table for one day: the entry point of every job, under ``spark-submit`` and under the command alike.

    spark-submit lib/nightmarket/run.py TABLE --day YYYY-MM-DD --run-key KEY

Reads the job's inputs (each table pinned to one snapshot), builds, and hands the rows to the warehouse. A run
key that has published this table and day already does nothing, so a retry after a lost answer is free.
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    # Python puts a script's folder on its path, and in ours lie rooms named like other people's packages.
    sys.path[:] = [
        entry for entry in sys.path if Path(entry or ".").resolve() != Path(__file__).resolve().parent
    ]

import argparse
import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from nightmarket import __version__, contracts, outage, plan, project, sources
from nightmarket.errors import (
    EXIT_MENDABLE,
    ContendedError,
    NightMarketError,
    OutageError,
    PlanError,
    WarehouseError,
)
from nightmarket.plan import Job
from nightmarket.visible import visible

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from nightmarket.warehouse import Published, Warehouse


def run_table(table: str, day: date, run_key: str) -> "Published":
    """Build ``table`` for ``day`` and publish it under ``run_key``.

    Raises:
        NightMarketError: anything the reader can mend, from a missing export to a failed audit.
    """
    from pyspark.sql import functions as F

    from nightmarket.sources import pseudonyms
    from nightmarket.spark import counted, readings, session, ship
    from nightmarket.spark.parts import Parts
    from nightmarket.spark.rejects import Split
    from nightmarket.warehouse import Run, Warehouse

    started_at = datetime.now(UTC)
    readings()  # forgets what a run that failed earlier in this process had begun to count
    root = project.root()
    promised = contracts.load(root / "schemas")
    declared = plan.find(root, table)
    shop = sources.load(project.shop(), promised)
    parameters = _parameters(declared, root, shop)
    key = pseudonyms.key() if declared.sources else None
    ship(declared.build)
    spark = session(f"{table} {day}")
    warehouse = Warehouse(spark, promised)
    _one_shop(warehouse, shop)
    if declared.sources:
        _one_key(warehouse, pseudonyms.fingerprint(key) if key else _NO_KEY)
    run = Run(day=day, key=run_key, code_version=_code_version(root), started_at=started_at)
    contract = promised.tables[table]
    if table in shop.most_rejected:
        contract = replace(contract, maximum_reject_rate=shop.most_rejected[table])
    if table in shop.most_conflicting:
        contract = replace(contract, maximum_conflict_rate=shop.most_conflicting[table])
    already = warehouse.published(contract, run)
    if already:
        return already

    def export(name: str) -> "DataFrame":
        rows = sources.read(spark, shop, promised, name, day, project.landing())
        if key is not None:
            mapped = shop.sources[name].columns
            rows = pseudonyms.pseudonymised(spark, rows, promised.sources[name], mapped, key)
        return counted(rows, "rows_in")

    frames = {
        name: _frame(asked, declared, day, warehouse, export) for name, asked in declared.inputs.items()
    }
    if declared.takes_day:
        parameters["day"] = day
    # The day is stamped here: a job decides rows, never the day they are of.
    built = declared.build(**frames, **parameters)
    kept, rejected = built if isinstance(built, Split) else (built, None)
    parts = kept.frames if isinstance(kept, Parts) else (kept,)
    rejects = promised.tables[declared.rejects] if declared.rejects else None
    try:
        return warehouse.publish(
            contract,
            [part.withColumn("day", F.lit(day)) for part in parts],
            run,
            rejects=rejects,
            rejected=rejected,
            readings=readings,
        )
    except NightMarketError:
        raise
    except Exception as error:
        # An export can turn out damaged only while Spark reads it, which is now.
        damaged = None if outage.explained(error) or not declared.sources else sources.explained(error)
        if damaged is None:
            raise
        raise damaged from error


_NO_KEY = "none"


def _one_shop(warehouse: "Warehouse", shop: sources.Shop) -> None:
    """A catalog belongs to the shop that used it first: rows of two shops would train one model.

    Raises:
        PlanError: it is another shop's.
    """
    owner = warehouse.claimed("shop", shop.name)
    if owner != shop.name:
        raise PlanError(
            f"the catalog holds the tables of {owner}, and {shop.path} is the mapping of {shop.name}; set "
            "NIGHTMARKET_HOME (on a cluster the catalog) to one of its own."
        )


def _one_key(warehouse: "Warehouse", key: str) -> None:
    """A catalog stays with the pseudonym key it began with, or without any: a night without it would write
    down who people are, and one with another would know none of them again.

    Raises:
        PlanError: it began with another, with one, or without.
    """
    began = warehouse.claimed("pseudonyms", key)
    if began == key:
        return
    if began == _NO_KEY:
        raise PlanError(
            "the tables here were begun without a pseudonym key, and people are in them by their ids; unset "
            "the key, or set NIGHTMARKET_HOME (on a cluster the catalog) to a new one and begin again."
        )
    raise PlanError(
        f"the tables here were made with {'a' if key == _NO_KEY else 'another'} pseudonym key; set "
        "NIGHTMARKET_PSEUDONYM_KEY to that one, or NIGHTMARKET_HOME (on a cluster the catalog) to a new one "
        "to go on without knowing anybody again."
    )


def _parameters(declared: Job, root: Path, shop: "sources.Shop") -> dict[str, Any]:
    named = shop.parameters.get(declared.writes, {})
    unknown = sorted(set(named) - set(declared.parameters))
    moved = [name for name in unknown if name in declared.borrowed]
    if moved:
        owner = declared.borrowed[moved[0]].table
        raise PlanError(
            f"{shop.path}: {moved[0]} is set for {owner}, and {declared.writes} goes by it; write it there."
        )
    if unknown:
        known = ", ".join(sorted(declared.parameters)) or "none"
        raise PlanError(
            f"{shop.path}: {declared.writes} has no parameter {', '.join(unknown)}; it has {known}."
        )
    values = dict(named)
    if "languages" in declared.parameters:
        values.setdefault("languages", shop.languages)
    for name, asked in declared.borrowed.items():
        # Where the shop names none, the other job's own default.
        theirs = {**plan.find(root, asked.table).parameters, **shop.parameters.get(asked.table, {})}
        values[name] = theirs[name]
    return values


def _frame(
    asked: plan.Input, job: Job, day: date, warehouse: "Warehouse", export: Callable[[str], "DataFrame"]
) -> "DataFrame":
    match asked:
        case plan.Export(name):
            return export(name)
        case plan.Days(table, count):
            return warehouse.days(table, day - timedelta(days=count - 1), day)
        case plan.Before(table, count):
            return warehouse.days(table, day - timedelta(days=count), day - timedelta(days=1))
        case plan.Latest(table, max_age, optional):
            newest = warehouse.newest_day(table, day)
            if newest is None or (day - newest).days > max_age:
                empty = warehouse.newest_published(table, day)
                if optional or (empty is not None and (day - empty).days <= max_age):
                    # There is nothing of this day, so what comes back are the columns without rows.
                    return warehouse.days(table, day, day)
                found = f"the newest is of {newest}" if newest else "there is none"
                raise WarehouseError(
                    f"{job.writes} for {day} needs {table} of that day or at most {max_age} days before, but "
                    f"{found}; run `nightmarket run {table} --day {day}` first."
                )
            return warehouse.days(table, newest, newest)
        case plan.Previous():
            before = warehouse.newest_day(job.writes, day - timedelta(days=1)) or day - timedelta(days=1)
            return warehouse.days(job.writes, before, before)
        case plan.Computed(count):
            published = warehouse.days(job.writes, day - timedelta(days=count - 1), day)
            return published.unionByName(warehouse.unpublished(job.writes, day))
        case plan.Commits():
            return warehouse.commits(day)


def _code_version(root: Path) -> str:
    """Our version and, in a git checkout, its commit; ``$NIGHTMARKET_CODE_VERSION`` where there is no git."""
    named = os.environ.get("NIGHTMARKET_CODE_VERSION")
    if named:
        return named
    try:
        answer = subprocess.run(
            ["git", "-C", str(root), "describe", "--always", "--dirty"],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return __version__
    return f"{__version__}+{answer.stdout.strip()}" if answer.returncode == 0 else __version__


def main() -> int:
    parser = argparse.ArgumentParser(description="Build and publish one table for one day.")
    parser.add_argument("table")
    parser.add_argument("--day", type=date.fromisoformat, required=True)
    parser.add_argument("--run-key", required=True, help="the run that asks; the same key publishes once")
    asked = parser.parse_args()
    try:
        published = run_table(asked.table, asked.day, asked.run_key)
    except Exception as error:
        failure = error if isinstance(error, NightMarketError) else outage.explained(error)
        if failure is None:
            raise
        said = "\n".join(visible(line) for line in str(failure).split("\n"))
        sys.stderr.write(f"error: {said}\n")
        return 1 if isinstance(failure, ContendedError | OutageError) else EXIT_MENDABLE
    sys.stdout.write(f"{published.in_words()}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
