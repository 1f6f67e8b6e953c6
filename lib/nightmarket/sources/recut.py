"""Files that Spark cannot cut into records, cut by Python: in the tasks, as the files are read.

Needed for CSV whose texts hold line breaks, for UTF-16 and its like, and for Zstandard where Hadoop was built
without it. Spark's own multi-line CSV would do for the first, but there one quotation mark that is never
closed swallows the rest of the file; here it costs the record it stands in.

A file is one task's, and nothing is copied anywhere: what a machine of the cluster needs is to see the file.
"""

import codecs
import csv
import io
import socket
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial, reduce

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from nightmarket.errors import SourceError
from nightmarket.sources.encodings import EURO
from nightmarket.sources.files import ExportFile, damage, escaped
from nightmarket.sources.mapping import SourceMapping

LONGEST = 1000
"""Lines a record may span; a quotation mark still open then was never meant to be closed."""

# A byte that no UTF-8 holds, written wherever the original was damaged: the reader finds it as it finds
# damage in files it reads directly. "\udcff" is how Python's surrogateescape spells it.
_DAMAGED = "\udcff"
_BATCH = 4 << 20
"""Characters of records that are handed to Spark at once."""
_TASK = 32 << 20
"""Bytes of a file, as it lies, whose records are worth a task of their own once they are cut."""


def _mark_damage(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return _DAMAGED, error.end


def _euro(error: UnicodeError) -> tuple[str, int]:
    if isinstance(error, UnicodeDecodeError) and error.object[error.start] == 0x80:
        return "€", error.start + 1
    return _mark_damage(error)


codecs.register_error("nightmarket.damaged", _mark_damage)
codecs.register_error("nightmarket.euro", _euro)


def cut_in_tasks(
    spark: SparkSession, files: Sequence[ExportFile], mapping: SourceMapping, name: str, whole: bool
) -> DataFrame:
    """The files' records, ``value`` and in the column ``name`` the file's name; bytes that are not of the
    encoding are left invalid, as Spark leaves them.

    ``whole``: all of them will be read, so records of a large file are worth to be dealt to all machines.
    """
    schema = f"`{name}` string, value binary"
    numbers = [spark.range(0, len(files), 1, len(files))]
    if files[0].address is not None:
        # Python cannot open them, so Spark hands over the whole of each.
        reader = spark.read.format("binaryFile")
        contents = (reader.load(escaped(str(file.address))).select("content") for file in files)
        numbers = [rows.select(F.lit(place).cast("long"), "content") for place, rows in enumerate(contents)]
    cut = reduce(DataFrame.unionAll, numbers).mapInArrow(partial(_cut, tuple(files), mapping, name), schema)
    found = cut.select(F.col("value").cast("string").alias("value"), name)
    tasks = sum(file.size for file in files) // _TASK
    # By their content and not in turn: a task that is run again gets the same ones.
    return found.repartition(tasks, "value") if whole and tasks > len(files) else found


def _cut(
    files: Sequence[ExportFile], mapping: SourceMapping, name: str, numbers: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    for batch in numbers:
        for row, number in enumerate(batch.column(0).to_pylist()):
            file = files[number]
            content = batch.column(1)[row].as_py() if batch.num_columns > 1 else None
            for values in _together(records(file, mapping, content)):
                yield pa.RecordBatch.from_arrays(
                    [pa.array([file.name] * len(values)), pa.array(values, pa.binary())], [name, "value"]
                )


def _together(texts: Iterator[str]) -> Iterator[list[bytes]]:
    values: list[bytes] = []
    size = 0
    for text in texts:
        values.append(text.encode("utf-8", "surrogateescape"))
        size += len(text)
        if size > _BATCH:
            yield values
            values, size = [], 0
    if values:
        yield values


def records(file: ExportFile, mapping: SourceMapping, content: bytes | None = None) -> Iterator[str]:
    """The records of one file as texts, damage marked; of its ``content`` when that is at hand.

    Raises:
        SourceError: this machine has no such file, the archive is damaged, or this is not the encoding.
    """
    encoding = mapping.encoding
    errors = "nightmarket.euro" if encoding.lower() == EURO else "nightmarket.damaged"
    try:
        with (
            file.open(content) as packed,
            io.TextIOWrapper(packed, encoding=encoding, errors=errors) as lines,
        ):
            yield from _records(lines, mapping)
    except FileNotFoundError:
        raise SourceError(
            f"{file.name}: {socket.gethostname()} has no {file.path}; the landing zone has to be at the same "
            "path on every machine, or the file was taken away while it was read."
        ) from None
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError(damage(file, error)) from None
    except UnicodeError:
        raise SourceError(
            f"{file.name}: this is not {encoding}; name its true encoding in options, or export it as UTF-8."
        ) from None


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
            yield line.rstrip("\n")
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
        # own there, and the first one was never closed. Within one line the parser may decide.
        closed = closed and len(taken) == 1
    return taken, closed
