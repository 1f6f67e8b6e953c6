"""What gave way beneath a command, in one sentence: a table's files, the disk, the memory, Java itself.

Spark and Iceberg say it in a stack trace of Java's, of which one line matters. Here it is found, with the
file and the table it is of: a table's folder is named for it, and its files lie in ``data`` and ``metadata``
there. What is not recognised stays what it is, a defect with its traceback.
"""

import errno
import re

from nightmarket.errors import NightMarketError, OutageError, WarehouseError

_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FULL_WORDS = re.compile(r"No space left on device|Disk quota exceeded|File too large")
_DENIED = re.compile(
    r"\(?Permission denied\)?|AccessControlException|Operation not permitted|Read-only file system"
)
_JAVA_GONE = re.compile(
    r"Answer from Java side is empty|error occurred while trying to connect to the Java server"
    r"|Error while (sending or receiving|sending|receiving)"
    # Names are looked up in Java, and every Java has these.
    r"|^(org|java|scala) does not exist in the JVM"
    # An answer that a reset connection cut off is an error without a word of Java's behind it.
    r"|\AAn error occurred while calling \S+\Z"
)
_WORKER_GONE = re.compile(r"Python worker exited unexpectedly|ExecutorLostFailure")
_DAMAGE = (
    (
        re.compile(r"Metadata file for version \d+ is missing under (?P<file>.*/metadata)"),
        "the newest metadata is missing",
    ),
    (
        re.compile(
            r"(?:File does not exist: |Failed to open input stream for file: |FileNotFoundException: File )"
            r"(?P<file>.*/(?:data|metadata)/\S+)"
        ),
        "a file is missing",
    ),
    (
        re.compile(
            r"(?:Failed to (?:read|open)(?: Parquet)? file: |Checksum error: |RuntimeException: )"
            r"(?P<file>.*/(?:data|metadata)/\S+)"
        ),
        "a file is damaged",
    ),
)
_PLACE = re.compile(r"(?P<folder>(?:.*/)?(?P<domain>[^/]+)/(?P<table>[^/]+))/(?:data|metadata)(?:/.*)?$")
_DAY = re.compile(r"day=(\d{4}-\d{2}-\d{2})")


def explained(error: BaseException) -> NightMarketError | None:
    """The sentence for a failure that comes from beneath, None for any other."""
    text = str(error)
    if (isinstance(error, OSError) and error.errno in _FULL) or _FULL_WORDS.search(text):
        file = getattr(error, "filename", None)
        return OutageError(
            f"the disk is full{f' at {file}' if file else ''}; make room where the tables and Spark's "
            "scratch folder (spark.local.dir) lie, then run it again; nothing half-written was published."
        )
    if "OutOfMemoryError" in text or _WORKER_GONE.search(text):
        who = "Spark" if "OutOfMemoryError" in text else "a process of Spark's was killed or"
        return OutageError(
            f"{who} ran out of memory, and nothing half-done was published; give it more "
            "(NIGHTMARKET_DRIVER_MEMORY, on a cluster spark.driver.memory and spark.executor.memory) or "
            "leave more of the machine's free, and run it again."
        )
    if _java_is_gone(error):
        return OutageError(
            "Java, in which Spark runs, ended in the middle of the work: it was killed, most often for want "
            "of memory (see NIGHTMARKET_DRIVER_MEMORY); nothing half-done was published, so run it again."
        )
    damaged = _damage(text)
    if damaged is not None:
        return damaged
    if isinstance(error, OSError) and error.errno in _FORBIDDEN and error.filename:
        return WarehouseError(
            f"{error.filename}: {error.strerror}; give the night's user the right, then run it again."
        )
    if _DENIED.search(text):
        line = next((line.strip() for line in text.splitlines() if _DENIED.search(line)), "")
        return WarehouseError(
            f"the night's user may not do this: {line[:300]}; give it the right, then run it again."
        )
    return None


def _java_is_gone(error: BaseException | None) -> bool:
    """py4j says so in several ways; a refused connection behind one of its errors is among them."""
    while error is not None:
        kind = type(error)
        if kind.__name__ == "Py4JNetworkError" or _JAVA_GONE.search(str(error)):
            return True
        if isinstance(error, ConnectionError) and _from_py4j(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def _from_py4j(error: BaseException) -> bool:
    at = error.__traceback__
    while at is not None:
        if at.tb_frame.f_globals.get("__name__", "").startswith("py4j."):
            return True
        at = at.tb_next
    return False


def _damage(text: str) -> WarehouseError | None:
    if "org.apache.iceberg" not in text:
        return None  # an export's file, of which the sources speak
    for sign, what in _DAMAGE:
        found = sign.search(text)
        if found is None:
            continue
        file = found["file"].rstrip(".,;:'\")").removeprefix("file:")
        place = _PLACE.match(file)
        if place is None:
            return WarehouseError(f"{what}: {file}; restore it from a backup.")
        table = f"{place['domain']}.{place['table']}"
        day = _DAY.search(file)
        again = (
            f"run that day again (nightmarket run {table} --day {day[1]})"
            if day
            else f"move {place['folder']} away and run the table's days again"
        )
        return WarehouseError(f"{table}: {what}, {file}; restore it from a backup, or {again}.")
    return None
