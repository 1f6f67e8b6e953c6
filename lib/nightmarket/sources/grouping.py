"""One day's files made readable and put together by what one plan can read: like headers, like schemas."""

import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
from pyspark.sql import SparkSession

from nightmarket.errors import SourceError
from nightmarket.sources.encodings import EURO, splits_as_ascii
from nightmarket.sources.expressions import one_line
from nightmarket.sources.files import ExportFile, whole
from nightmarket.sources.headers import Header, header
from nightmarket.sources.mapping import SourceMapping
from nightmarket.sources.records import LONGEST_RECORD, OF_BINARY, Group
from nightmarket.sources.recut import records
from nightmarket.sources.remote import located

_PADDING = 16
"""Zeros at the end of a file that no archive ends with: its last eight bytes are a sum and a size."""


def groups(spark: SparkSession, mapping: SourceMapping, day: date, landing: Path | str) -> list[Group]:
    """The day's files, each known to be whole; files without a line of text belong to no group.

    Raises:
        SourceError: no file, a damaged one, one that is not of the format, or a header that is none.
    """
    with located(spark, mapping, day, landing) as files:
        return _groups(spark, files, mapping)


def _groups(spark: SparkSession, files: Sequence[ExportFile], mapping: SourceMapping) -> list[Group]:
    if mapping.format == "parquet":
        return _by_schema(files)
    if mapping.format == "binary":
        return _by_size(files)
    whole(files)
    found: dict[Any, list[ExportFile]] = {}
    for each in files:
        file = replace(each, cut=_needs_cutting(spark, each, mapping))
        if file.cut:
            # Whether it is of the encoding at all is said before any task asks.
            next(records(file, mapping), None)
        head = header(file, mapping) if mapping.format == "csv" else None
        if head is not None or mapping.format != "csv":
            found.setdefault((head, file.cut), []).append(file)
    return [Group(tuple(together), head) for (head, _), together in found.items()]


def _needs_cutting(spark: SparkSession, file: ExportFile, mapping: SourceMapping) -> bool:
    # Hadoop takes what stands before a colon for the name of a file system, and Java knows fewer encodings.
    known = spark._jvm.java.nio.charset.Charset.isSupported  # type: ignore[union-attr]
    odd = ":" in file.path.name or mapping.encoding.lower() == EURO or not known(mapping.encoding)
    if mapping.options.get("multiLine") or odd or not splits_as_ascii(mapping.encoding):
        return True
    if file.packing == "gz":
        return _padded(file.path)
    if file.packing != "zst":
        return False
    codec = spark._jvm.org.apache.hadoop.io.compress.ZStandardCodec  # type: ignore[union-attr]
    return not codec.isNativeCodeLoaded()


def _padded(path: Path) -> bool:
    """Whether zeros stand behind a gzip archive, as tapes and some servers leave them: Python and gzip itself
    pass over them, and Hadoop takes them for another archive."""
    with path.open("rb") as opened:
        opened.seek(-min(_PADDING, opened.seek(0, io.SEEK_END)), io.SEEK_END)
        return not any(opened.read())


def _by_size(files: Sequence[ExportFile]) -> list[Group]:
    sizes, problems = {}, []
    for file in files:
        try:
            sizes[file] = file.path.stat().st_size
        except OSError as error:
            problems.append(f"{file.name}: it cannot be read: {error.strerror}; run the table again.")
    if problems:
        raise SourceError("\n".join(problems))
    head = Header(None, OF_BINARY)
    read = tuple(
        file for file, size in sizes.items() if 0 < size <= LONGEST_RECORD and ":" not in file.path.name
    )
    others = {file: size for file, size in sizes.items() if file not in read}
    found = [Group(read, head)] if read else []
    return [*found, Group(tuple(others), head, unread=tuple(others.values()))] if others else found


def _by_schema(files: Sequence[ExportFile]) -> list[Group]:
    found: dict[Any, list[ExportFile]] = {}
    problems = []
    for file in files:
        try:
            with pyarrow.parquet.ParquetFile(file.path) as opened:
                schema, stored = opened.schema_arrow, opened.schema
        except (pyarrow.ArrowException, OSError) as error:
            said = one_line(error)[:200]
            problems.append(f"{file.name}: this is no whole Parquet file ({said}); deliver it again.")
            continue
        leaves = (stored.column(place) for place in range(len(stored.names)))
        # Spark's own form of a time, which Arrow takes for nanoseconds and Spark for what it is.
        spelt_out = {leaf.path for leaf in leaves if leaf.physical_type == "INT96"}
        times = tuple(
            (field.name, field.type.tz is not None)
            for field in schema
            if pyarrow.types.is_timestamp(field.type)
            and field.type.unit == "ns"
            and field.name not in spelt_out
        )
        head = Header(None, tuple(schema.names))
        found.setdefault((head, str(schema.remove_metadata()), times), []).append(file)
    if problems:
        raise SourceError("\n".join(problems))
    return [Group(tuple(together), head, times) for (head, _, times), together in found.items()]
