"""Copies of files that Spark cannot cut into records: one record per part, UTF-8, in a scratch folder.

Needed for CSV whose texts hold line breaks, for UTF-16 and its like, and for Zstandard where Hadoop was built
without it. Spark's own multi-line CSV would do for the first, but there one quotation mark that is never
closed swallows the rest of the file; here it costs the record it stands in.

The copies lie in ``spark.nightmarket.scratch``, by default in ``spark.local.dir``: on a cluster set it to a
folder that executors see too. They are removed when the process ends.
"""

import atexit
import codecs
import csv
import io
import shutil
import tempfile
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

from nightmarket.errors import SourceError
from nightmarket.sources.files import ExportFile, damage
from nightmarket.sources.mapping import SourceMapping

MARK = "\0"
"""Ends each record of a copy; NUL makes a record unparseable anyway, so no good record can hold one."""

COPY = ".records"
"""Ending of a copy's name."""

LONGEST = 1000
"""Lines a record may span; a quotation mark still open then was never meant to be closed."""

# A byte that no UTF-8 holds, written wherever the original was damaged: the reader finds it as it finds
# damage in files it reads directly. "\udcff" is how Python's surrogateescape spells it.
_DAMAGED = "\udcff"


def _mark_damage(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return _DAMAGED, error.end


codecs.register_error("nightmarket.damaged", _mark_damage)


def scratch(parent: str) -> Path:
    """A folder of this process's own under ``parent``, removed at its end."""
    Path(parent).mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="nightmarket-", dir=parent))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def recut(file: ExportFile, mapping: SourceMapping, folder: Path) -> ExportFile:
    """Write the copy of one file, under the same name in ``folder``.

    Raises:
        SourceError: the archive is damaged.
    """
    target = folder / f"{file.name}{COPY}"
    target.parent.mkdir(parents=True, exist_ok=True)
    encoding = str(mapping.options.get("encoding", "UTF-8"))
    try:
        with (
            file.open() as packed,
            io.TextIOWrapper(packed, encoding=encoding, errors="nightmarket.damaged") as lines,
            target.open("w", encoding="utf-8", errors="surrogateescape", newline="") as out,
        ):
            for record in _records(lines, mapping):
                out.write(record.replace(MARK, _DAMAGED))
                out.write(MARK)
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError(damage(file, error)) from None
    except UnicodeError:
        raise SourceError(
            f"{file.name}: this is not {encoding}; name its true encoding in options, or export it as UTF-8."
        ) from None
    return file.at(target)


def _records(lines: Iterator[str], mapping: SourceMapping) -> Iterator[str]:
    quote = str(mapping.options.get("quote", '"'))
    if mapping.format != "csv" or not mapping.options.get("multiLine") or not quote:
        return (line.rstrip("\n") for line in lines)
    return _joined(lines, mapping, quote)


def _joined(lines: Iterator[str], mapping: SourceMapping, quote: str) -> Iterator[str]:
    csv.field_size_limit(2**31 - 1)
    sep, escape = str(mapping.options.get("sep", ",")), str(mapping.options.get("escape", quote))
    doubled = escape in {quote, ""}

    def fields(lines: Iterator[str]) -> Iterator[list[str]]:
        # Python's reader takes one character; the first of a longer one finds the same ends of quotes.
        return csv.reader(
            lines,
            delimiter=sep[0],
            quotechar=quote,
            doublequote=doubled,
            escapechar=None if doubled else escape,
            strict=True,
        )

    rest = _Lines(lines)
    for line in rest:
        if quote not in line:
            yield line.rstrip("\n")
            continue
        taken, closed = _taken(line, rest, fields)
        if closed:
            yield "".join(taken).rstrip("\n")
        else:
            # Only the first line is given up; the others are read again as records of their own.
            yield line.rstrip("\n") + _open_end(line, quote)
            rest.back(taken[1:])


class _Lines(Iterator[str]):
    """Lines that can be handed back."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = iter(lines)
        self._waiting: deque[str] = deque()

    def __next__(self) -> str:
        return self._waiting.popleft() if self._waiting else next(self._lines)

    def back(self, lines: list[str]) -> None:
        self._waiting.extendleft(reversed(lines))


def _taken(
    first: str, rest: _Lines, fields: Callable[[Iterator[str]], Iterator[list[str]]]
) -> tuple[list[str], bool]:
    """The lines of one record, and whether its quotes were closed."""
    taken = [first]
    closed = True

    def feed() -> Iterator[str]:
        nonlocal closed
        yield first
        while len(taken) < LONGEST:
            line = next(rest, None)
            if line is None:
                break
            taken.append(line)
            yield line
        closed = False

    try:
        # The reader asks for another line only inside quotes.
        next(fields(feed()))
    except (csv.Error, StopIteration):
        # Text right behind a closing quote: when that quote stands on a later line it opened a text of its
        # own there, and the first one was never closed. Within one line the parser may judge.
        closed = closed and len(taken) == 1
    return taken, closed


def _open_end(line: str, quote: str) -> str:
    """An even count of quotes would hide from the reader that one is open."""
    return _DAMAGED if line.count(quote) % 2 == 0 else ""
