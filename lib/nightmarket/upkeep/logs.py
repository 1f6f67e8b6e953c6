"""logs: of nights and of Airflow's tasks, older than the shop's ``logs`` days (90).

Only what lies under the home: logs that an Airflow of the shop's own keeps elsewhere are its own to remove.
The pages of nights stay.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from nightmarket.upkeep.operation import Due, Site

AFTER: tuple[str, ...] = ()


def plan(site: Site) -> list[Due]:
    due = []
    for folder in _folders(site):
        old = list(_old(site, folder))
        if old:
            what = f"logs older than {site.shop.ages.logs} days"
            due.append(Due(str(folder), what, len(old), sum(size for _, size in old)))
    return due


def apply(site: Site, due: Due) -> None:
    folder = Path(due.where)
    for path, _ in _old(site, folder):
        path.unlink(missing_ok=True)
    before = site.ago(1).timestamp()
    for inner, _, _ in os.walk(folder, topdown=False):
        # A folder made just now is about to get its file; one that is not empty stays by itself.
        with suppress(OSError):
            if inner != str(folder) and Path(inner).stat().st_mtime < before:
                Path(inner).rmdir()


def _folders(site: Site) -> tuple[Path, Path]:
    return site.home / "logs", site.home / "airflow" / "logs"


def _old(site: Site, folder: Path) -> Iterator[tuple[Path, int]]:
    before = site.ago(site.shop.ages.logs).timestamp()
    for inner, _, names in os.walk(folder):
        for name in sorted(names):
            path = Path(inner) / name
            with suppress(FileNotFoundError):
                state = path.lstat()
                if state.st_mtime < before:
                    yield path, state.st_size
