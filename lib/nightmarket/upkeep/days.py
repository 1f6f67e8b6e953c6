"""days: what is older than its contract's retention goes.

- A retention of N days keeps a day until N days after it, counted from the run's day and not from the clock:
  a shop whose nights pause keeps what the next night reads.
- Readers find the day gone at once; its files go with the snapshots that still have it.
- A table whose job goes on from its own newest day, however old, keeps that one.
- A table of rejects has a retention of its own, never a longer one than its table's.
"""

from collections.abc import Iterator
from datetime import date

from nightmarket.plan import Previous
from nightmarket.upkeep.operation import Due, Site

AFTER: tuple[str, ...] = ()


def plan(site: Site) -> list[Due]:
    from nightmarket.warehouse.overview import sizes_by_day

    sizes = sizes_by_day(site.catalog, [table for table in site.tables if site.kept_from(table)])
    due = []
    for table, days in sizes.items():
        before = _before(site, table, max(days, default=None))
        gone = [size for day, size in days.items() if day < before]
        seals = list(_seals(site, table, before))
        if gone or seals:
            due.append(Due(table, f"days before {before}", len(gone), sum(gone)))
    return due


def apply(site: Site, due: Due) -> None:
    from nightmarket.warehouse.overview import sizes_by_day

    catalog, table = site.catalog, due.where
    days = sizes_by_day(catalog, [table])[table]
    before = _before(site, table, max(days, default=None))
    if any(day < before for day in days):
        catalog.commit(table, lambda: catalog.delete_days(table, before))
    seals = list(_seals(site, table, before))
    catalog.commit(table, lambda: catalog.change_properties(table, {}, removed=seals))


def _before(site: Site, table: str, newest: date | None) -> date:
    before = site.kept_from(table)
    assert before is not None
    job = site.jobs.get(table)
    if newest is not None and job is not None and any(isinstance(i, Previous) for i in job.inputs.values()):
        return min(before, newest)
    return before


def _seals(site: Site, table: str, before: date) -> Iterator[str]:
    """Properties that keep what publishes of those days said."""
    from nightmarket.warehouse.history import SEALED

    for day in site.catalog.history(table).kept_seals:
        if day < before:
            yield f"{SEALED}{day}"
