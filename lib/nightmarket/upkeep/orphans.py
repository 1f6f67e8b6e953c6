"""orphans: files in a table's folder that no version of the table refers to.

A killed process leaves some: rows it wrote and never committed, what an expiry had yet to remove, metadata
that is no longer listed. Those older than the shop's ``orphans`` days (3) go, by Iceberg's own procedure;
anything younger may be of a write under way.
"""

from datetime import UTC

from nightmarket.upkeep.operation import Due, Site

AFTER = ("snapshots",)


def plan(site: Site) -> list[Due]:
    due = []
    for table in site.tables:
        files = _call(site, table, dry_run="true")
        if files:
            size = sum(site.catalog.size(file) for file in files)
            due.append(Due(table, "files no version of the table knows", len(files), size))
    return due


def apply(site: Site, due: Due) -> None:
    _call(site, due.where, dry_run="false")


def _call(site: Site, table: str, dry_run: str) -> list[str]:
    before = f"TIMESTAMP '{site.ago(site.shop.ages.orphans).astimezone(UTC):%Y-%m-%d %H:%M:%S}'"
    rows = site.catalog.call("remove_orphan_files", table, older_than=before, dry_run=dry_run)
    return sorted(row.orphan_file_location for row in rows)
