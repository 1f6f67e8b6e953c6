"""Where a process keeps what Spark spills and shuffles, and how what a killed one left is taken away.

Spark removes its files when it ends, but nothing ends well under SIGKILL or a power cut, and a large night
shuffles gigabytes. So each process has a folder of its own and holds a lock beside it for as long as it
lives. The kernel gives that lock back whatever the process died of, and whoever starts next clears away the
folders whose lock it can take.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

_LOCK = ".lock"


@cache
def own(parent: Path) -> Path:
    """This process's folder under ``parent``, made when first asked for; those of the dead are removed."""
    parent.mkdir(parents=True, exist_ok=True)
    # While a folder is made it has no lock yet, so nobody may clear away meanwhile.
    with _locked(parent / _LOCK, fcntl.LOCK_EX):
        for left in parent.glob(f"*{_LOCK}"):
            if left.name != _LOCK:
                _clear(left)
        folder = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=parent))
        fcntl.flock(_opened(_lock_of(folder)), fcntl.LOCK_EX)  # and never given back
    return folder


def _clear(lock: Path) -> None:
    try:
        with _locked(lock, fcntl.LOCK_EX | fcntl.LOCK_NB):
            shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
            lock.unlink()
    except BlockingIOError:
        pass  # it lives


def _lock_of(folder: Path) -> Path:
    return folder.with_name(folder.name + _LOCK)


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o664)


@contextmanager
def _locked(path: Path, how: int) -> Iterator[None]:
    descriptor = _opened(path)
    try:
        fcntl.flock(descriptor, how)
        yield
    finally:
        os.close(descriptor)
