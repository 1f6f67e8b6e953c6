"""One committer at a time, where the catalog itself cannot see to it.

Iceberg commits by compare-and-swap: a commit made against metadata that is no longer the newest is refused
and tried again. The embedded ``hadoop`` catalog does the swap by renaming a file to the next version's name.
On a local disk that rename replaces a file that is already there, and the catalog's own check beforehand is
guarded only within one process: two processes that check at the same moment both rename, and the first
commit is gone without an error. So for such a catalog, and only for it, every committing step holds an
exclusive ``flock`` on a file beside the table. The kernel gives the lock back when its holder dies, whatever
killed it, so no lock outlives its process. Every other catalog swaps on a server and takes no lock.

What remains: the lock belongs to the Python driver while its JVM commits. Should the driver alone be killed
in the middle of a rename, its JVM may finish that one rename unlocked before it notices.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pyspark.sql import SparkSession


def lock_folder(spark: SparkSession, catalog: str) -> Path | None:
    """Where lock files go: the warehouse of a hadoop catalog on a local disk; None for other catalogs."""
    prefix = f"spark.sql.catalog.{catalog}"
    kind = spark.conf.get(f"{prefix}.type", "") or ""
    implementation = spark.conf.get(f"{prefix}.catalog-impl", "") or ""
    if kind.lower() != "hadoop" and not implementation.endswith(".HadoopCatalog"):
        return None
    location = spark.conf.get(f"{prefix}.warehouse", "") or ""
    if "://" not in location and not location.startswith("file:"):
        default = spark.conf.get("spark.hadoop.fs.defaultFS", "file:///") or "file:///"
        if not default.startswith("file:"):
            return None
    elif not location.startswith("file:"):
        return None
    # Hadoop reads a warehouse location literally: %20 in it is no space.
    path = location.removeprefix("file:")
    return Path("/" + path.lstrip("/")) if path.startswith("/") else Path(path)


@contextmanager
def locked(folder: Path | None, table: str) -> Iterator[None]:
    """Hold the table's lock; waits for whoever has it. No folder, no lock.

    The file stays when the lock is given back: removing it would let two holders lock two files of one name.
    """
    if folder is None:
        yield
        return
    domain, name = table.split(".")
    path = folder / domain / f".{name}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o664)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
