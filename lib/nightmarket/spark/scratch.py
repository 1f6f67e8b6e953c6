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
        _clear_all(parent)
        folder = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=parent))
        fcntl.flock(_opened(_lock_of(folder)), fcntl.LOCK_EX)  # and never given back
    return folder


def left(parent: Path) -> list[Path]:
    """The folders of the dead under ``parent``."""
    return [lock.with_suffix("") for lock in _locks(parent) if not _alive(lock)]


def clear(parent: Path) -> None:
    """Remove the folders of the dead."""
    if parent.is_dir():
        with _locked(parent / _LOCK, fcntl.LOCK_EX):
            _clear_all(parent)


def _clear_all(parent: Path) -> None:
    for lock in _locks(parent):
        try:
            with _locked(lock, fcntl.LOCK_EX | fcntl.LOCK_NB):
                shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
                lock.unlink()
        except BlockingIOError:
            pass  # it lives


def _locks(parent: Path) -> list[Path]:
    return [lock for lock in sorted(parent.glob(f"*{_LOCK}")) if lock.name != _LOCK]


def _alive(lock: Path) -> bool:
    try:
        # Shared, so that two who look do not take each other for the owner.
        descriptor = os.open(lock, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return True  # cleared just now
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


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
