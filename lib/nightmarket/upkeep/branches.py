"""branches: of runs that were killed or failed their audit, and that nobody went on with.

- A branch on which nothing has happened for the shop's ``branches`` days (7) goes; until then its rows are
  there to be looked at, and to be reused by a rerun of its day.
- A run under way writes to its branch within hours, so its branch is never that old. A branch that nothing
  was written to yet counts from when ``main`` left what it began from.
- Branches and tags that are not of runs are somebody's own and stay.
"""

from nightmarket.upkeep.operation import Due, Site

AFTER: tuple[str, ...] = ()


def plan(site: Site) -> list[Due]:
    return [
        Due(table, "branches of runs that ended without publishing", len(names), names=names)
        for table in site.tables
        if (names := _idle(site, table))
    ]


def apply(site: Site, due: Due) -> None:
    table = due.where
    for name in due.names:
        # Asked anew each time: a rerun of its day may have gone on with it, or have dropped it.
        with site.catalog.lock(table):
            if name in _idle(site, table):
                site.catalog.commit(table, lambda name=name: _drop(site, table, name))  # type: ignore[misc]


def _drop(site: Site, table: str, name: str) -> None:
    site.catalog.change_branches(table, lambda branches: branches.removeBranch(name))


def _idle(site: Site, table: str) -> tuple[str, ...]:
    from nightmarket.warehouse.expiry import idle_branches

    return idle_branches(site.catalog.history(table), site.ago(site.shop.ages.branches))
