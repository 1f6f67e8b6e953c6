"""manifests: the lists of a table's files, one or two more with each publish, are put together.

Whoever plans a read opens them all, so more than ``MANY`` become few. Rows and files stay as they are. A
table with a run under way is left for the next time, as with small files.
"""

from nightmarket.upkeep.files import quiet
from nightmarket.upkeep.operation import Due, Site

AFTER = ("days", "files")
MANY = 10


def plan(site: Site) -> list[Due]:
    due = []
    for table in quiet(site):
        sizes = site.catalog.manifests(table)
        if len(sizes) > MANY:
            due.append(Due(table, "manifests, to be put together", len(sizes), sum(sizes)))
    return due


def apply(site: Site, due: Due) -> None:
    with site.catalog.lock(due.where):
        # Cached, the list would be kept in executors' memory for nothing.
        site.catalog.call("rewrite_manifests", due.where, use_caching="false")
