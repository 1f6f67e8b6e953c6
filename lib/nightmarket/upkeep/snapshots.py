"""snapshots: what a table was before, and the files that only that needs.

- A snapshot goes when it has been no head of ``main`` or of a branch for the shop's ``snapshots`` days (3, at
  least 1): whoever began to read within that time reads on, however old what he reads is. Its own age does
  not count, for the newest snapshot of a table that is seldom published may be months old until a moment ago.
- Snapshots that a branch or a tag needs stay: all that lies on a run's branch alone, and of tags the one.
- What a publish said (its run's key, counts, times) is kept beside the table before its snapshot goes, one
  entry per day as long as the day: a retry of that run still finds that it has published, and metrics and
  pages of past nights are as they were. Of runs of a day that another has published since, that is gone;
  trying such a run again publishes the day again.
- Killed before its files are removed, they are left for ``orphans``.
"""

from functools import partial
from typing import TYPE_CHECKING

from nightmarket.upkeep.operation import Due, Site

if TYPE_CHECKING:
    from nightmarket.warehouse.history import History, Snapshot

AFTER = ("branches", "days", "files", "manifests")


def plan(site: Site) -> list[Due]:
    found = {table: _dispensable(site, table, site.catalog.history(table)) for table in site.tables}
    return [Due(table, "snapshots nobody reads any more", len(gone)) for table, gone in found.items() if gone]


def apply(site: Site, due: Due) -> None:
    site.catalog.commit(due.where, lambda: _expire(site, due.where))


def _expire(site: Site, table: str) -> None:
    from nightmarket.warehouse.expiry import seals_to_keep
    from nightmarket.warehouse.history import keep_seals

    history = site.catalog.history(table)
    gone = _dispensable(site, table, history)
    if not gone:
        return
    kept_from = site.kept_from(table)
    seals = keep_seals(seals_to_keep(history, gone), kept_from)
    new = {name: seal for name, seal in seals.items() if history.properties.get(name) != seal}
    # Before, so that whatever comes between leaves it said twice and not never.
    site.catalog.change_properties(table, new)
    site.catalog.expire(table, [snapshot.id for snapshot in gone])


def _dispensable(site: Site, table: str, history: "History") -> "tuple[Snapshot, ...]":
    from nightmarket.warehouse.expiry import dispensable

    before = site.ago(site.shop.ages.snapshots)
    return dispensable(history, before, partial(site.catalog.heads_since, table))
