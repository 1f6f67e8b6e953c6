"""Gathers what the page shows from the warehouse, and writes the page.

All is read from one :class:`Warehouse`, so all numbers belong to the same snapshots.
"""

import logging
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import partial, reduce
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from nightmarket import project, sources
from nightmarket.errors import NightMarketError
from nightmarket.plan import Plan, discover
from nightmarket.report import section
from nightmarket.report.night import Night, RejectCount, State, TableNight
from nightmarket.report.page import page
from nightmarket.report.section import Section
from nightmarket.warehouse import Warehouse

Commits = Mapping[str, tuple[Row | None, Row | None]]
"""By table: what it published for the day, and for its newest day before."""

_REJECTS = "report.rejects"

_AT_ONCE = 4
"""Sections that read side by side: most of a small query is the driver's waiting."""


def write(warehouse: Warehouse, day: date, folder: Path) -> Path:
    """Write the page of a night into ``folder`` as ``<day>.html``, whole or not at all; returns its path.

    Raises:
        NightMarketError: the jobs, the contracts or the shop's mapping are wrong.
    """
    night, found = gather(warehouse, day)
    path = folder / f"{day}.html"
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f".{day}.{os.getpid()}.html"
    partial.write_text(page(night, found), encoding="utf-8")
    partial.replace(path)
    return path


def gather(warehouse: Warehouse, day: date) -> tuple[Night, dict[str, Any]]:
    """What there is of a night, a bad one included: what is said of every table alike, and what each section
    has read, by its name, or why it could not."""
    root, known = project.root(), warehouse.contracts
    shop = sources.load(project.shop(), known)
    plan = Plan.of(discover(root), set(shop.sources), every="day")
    # Pins every table, so that sections side by side see the same snapshots.
    commits = warehouse.published_and_before(day)
    published = {table for table, (commit, _) in commits.items() if commit}
    # One that needs a table without a contract is not left out: reading, it says so.
    missing = set(known.tables) - published
    reads: dict[str, Callable[[], Any]] = {
        one.name: partial(one.read, _Look(warehouse, published, one, day, shop.timezone))
        for one in section.discover()
        if one.read and missing.isdisjoint(one.needs)
    }
    reads[_REJECTS] = partial(_rejects, warehouse, plan, commits, day)
    with ThreadPoolExecutor(_AT_ONCE) as side_by_side:
        found = dict(zip(reads, side_by_side.map(_attempted, reads, reads.values()), strict=True))
    # The counts are the night's; a failure is the section's.
    counted = found.pop(_REJECTS)
    if isinstance(counted, Exception):
        found[_REJECTS] = counted
    night = Night(
        day=day,
        shop=shop.name,
        timezone=shop.timezone,
        tables=_tables(warehouse, plan, commits, day),
        left_out=plan.left_out,
        rejects=() if isinstance(counted, Exception) else counted,
    )
    return night, found


@dataclass(frozen=True)
class _Look:
    """See :class:`nightmarket.report.section.Look`."""

    warehouse: Warehouse
    published: set[str]
    section: Section
    day: date
    timezone: str

    def rows(self, table: str) -> DataFrame:
        return self.warehouse.days(self._declared(table), self.day, self.day)

    def newest(self, table: str) -> DataFrame:
        newest = self.newest_day(table) or self.day
        return self.warehouse.days(table, newest, newest)

    def newest_day(self, table: str) -> date | None:
        if self._declared(table) in self.published:
            return self.day
        return self.warehouse.newest_day(table, self.day)

    def _declared(self, table: str) -> str:
        if table not in (*self.section.needs, *self.section.uses):
            raise NightMarketError(
                f"{self.section.name} reads {table} and does not declare it; add it to its uses."
            )
        return table


def _attempted(name: str, read: Callable[[], Any]) -> Any:
    """What a section reads, or why it cannot."""
    try:
        return read()
    except Exception as failure:
        logging.getLogger(__name__).exception("the section %s of the page could not be read", name)
        return failure


def _tables(warehouse: Warehouse, plan: Plan, commits: Commits, day: date) -> tuple[TableNight, ...]:
    published = {table for table, (commit, _) in commits.items() if commit}
    newest = warehouse.newest_days([table for table in plan.order if table not in published], day)
    tables = []
    for name in plan.order:
        title = warehouse.contracts.tables[name].title
        commit, before = commits.get(name, (None, None))
        if commit is None:
            waits_for = tuple(read for read in plan.upstream(name) if read not in published)
            state: State = "waiting" if waits_for else "missing"
            tables.append(TableNight(name, title, state, newest.get(name), waits_for=waits_for))
            continue
        tables.append(_published(name, title, day, commit, before))
    return tuple(tables)


def _published(name: str, title: str, day: date, commit: Row, before: Row | None) -> TableNight:
    return TableNight(
        name,
        title,
        "published",
        day,
        started_at=commit.started_at,
        published_at=commit.published_at,
        seconds=commit.seconds,
        rows_in=commit.rows_in,
        rows_out=commit.rows_out,
        rows_rejected=commit.rows_rejected,
        rows_before=before.rows_out if before else None,
        bytes=commit.bytes,
        model_rows_computed=commit.model_rows_computed,
        model_rows_reused=commit.model_rows_reused,
    )


def _rejects(warehouse: Warehouse, plan: Plan, commits: Commits, day: date) -> tuple[RejectCount, ...]:
    """In one query over the tables of those that rejected rows."""
    rejected = []
    for name in sorted(plan.jobs):
        rejects, (commit, _) = plan.jobs[name].rejects, commits.get(name, (None, None))
        if rejects and commit and commit.rows_rejected:
            rows = warehouse.days(rejects, day, day)
            rejected.append(rows.select(F.lit(rejects).alias("table_name"), "reason"))
    if not rejected:
        return ()
    found = reduce(DataFrame.unionByName, rejected).groupBy("table_name", "reason").count().collect()
    known = {kept.table: kept for of in warehouse.contracts.tables.values() if (kept := of.rejects)}
    counts = []
    for row in sorted(found, key=lambda row: (row.table_name, row.reason)):
        # A contract may have dropped a reason since the day was published.
        explained = known[row.table_name].reason(row.reason)
        spelled = row.reason.replace("_", " ")
        english, chinese = (explained.english, explained.chinese) if explained else (spelled, "")
        counts.append(
            RejectCount(row.table_name.partition(".")[0], row.reason, row["count"], english, chinese)
        )
    return tuple(counts)
