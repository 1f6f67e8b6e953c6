"""scratch: what killed processes left of what they were at: spilled rows, unpacked models, half a page.

- Spark's folders go when the process that made them is gone, which its lock says; the next session to start
  does the same.
- Folders in which models were being unpacked or tuned, and pages half written, say nothing of their process:
  they go after a day.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from stat import S_ISREG

from nightmarket.upkeep.operation import Due, Site

AFTER: tuple[str, ...] = ()


def plan(site: Site) -> list[Due]:
    from nightmarket.spark import scratch

    due = []
    for where, what, found in (
        (_spark(site), "what ended processes had spilled", scratch.left(_spark(site))),
        (site.models, "models half unpacked or half removed", list(_old(site, site.models, ".*-*"))),
        (_pages(site), "pages half written", list(_old(site, _pages(site), ".*.html"))),
    ):
        if found:
            size = sum(_size(path) for path in found)
            due.append(Due(str(where), what, len(found), size, tuple(map(str, found))))
    return due


def apply(site: Site, due: Due) -> None:
    from nightmarket.spark import scratch

    if due.where == str(_spark(site)):
        scratch.clear(_spark(site))
        return
    for name in due.names:
        path = Path(name)
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _spark(site: Site) -> Path:
    return site.home / "spark" / "tmp"


def _pages(site: Site) -> Path:
    return site.home / "reports"


def _old(site: Site, folder: Path, pattern: str) -> Iterator[Path]:
    before = site.ago(1).timestamp()
    for path in sorted(folder.glob(pattern)):
        if all(state.st_mtime < before for state in _states(path)):
            yield path


def _size(path: Path) -> int:
    return sum(state.st_size for state in _states(path) if S_ISREG(state.st_mode))


def _states(path: Path) -> Iterator[os.stat_result]:
    for part in (path, *path.rglob("*")):
        # Its owner may live and be taking it away.
        with suppress(FileNotFoundError):
            yield part.lstat()
