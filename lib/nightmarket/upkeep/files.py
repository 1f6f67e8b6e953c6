"""files: days that lie in many small files are put together.

- A day with ``MANY`` files or more below three quarters of the size a file should have is written anew by
  Iceberg's bin-packing: the same rows in fewer files. ``main`` gets a commit that says so and is sealed by
  nobody; what was published stays published by the commit that did.
- Days before the run's day only, and no table with a run under way: whatever moves ``main`` beneath a run
  makes it write its rows once more.
"""

from nightmarket.upkeep.operation import Due, Site

AFTER = ("days",)
MANY = 5


def plan(site: Site) -> list[Due]:
    from nightmarket.warehouse.overview import small_files

    found: dict[str, list[tuple[str, int, int]]] = {}
    for table, day, files, size in small_files(site.catalog, quiet(site), MANY):
        if day < site.day and day >= (site.kept_from(table) or day):
            found.setdefault(table, []).append((day.isoformat(), files, size))
    return [
        Due(
            table,
            f"small files, to be put together by {len(days)} {'day' if len(days) == 1 else 'days'}",
            sum(files for _, files, _ in days),
            sum(size for _, _, size in days),
            tuple(day for day, _, _ in days),
        )
        for table, days in found.items()
    ]


def apply(site: Site, due: Due) -> None:
    days = ", ".join(f"DATE '{day}'" for day in due.names)
    with site.catalog.lock(due.where):
        site.catalog.call(
            "rewrite_data_files",
            due.where,
            where=f'"day IN ({days})"',
            options=f"map('min-input-files', '{MANY}')",
        )


def quiet(site: Site) -> list[str]:
    """Tables without a run under way: none has touched a branch of its own for a day."""
    from nightmarket.warehouse.expiry import busy

    return [t for t in site.tables if not busy(site.catalog.history(t), site.ago(1))]
