"""Files → one row per record, nothing inferred: the record's text, where it came from, what is broken in it.

Text formats are read as lines and parsed by ``from_csv`` and ``from_json`` with a schema made of what the
mapping's expressions read, every leaf a string. A field that is absent is null; a field of another type than
yesterday is still its text.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from nightmarket.sources.files import ExportFile
from nightmarket.sources.headers import Header
from nightmarket.sources.mapping import SourceMapping
from nightmarket.sources.recut import COPY, MARK
from nightmarket.sources.shape import WHITE, Shape, tidied

RAW, FILE, BROKEN = "_market_raw", "_market_file", "_market_broken"
"""Columns beside the record's own: its text, its file's name, and why it is unparseable (null: it is not)."""

_PARSED = "_market_parsed"

LONGEST_RECORD = 16 << 20
"""Bytes; longer lines are not parsed. Jackson refuses texts over 20 million characters anyway."""

LONGEST_RAW = 32 << 10
"""Bytes of a record that are kept as ``raw``."""

MOST_FIELDS = 100_000
"""A line with more separators is not parsed: the CSV parser would stop the night at its column limit."""


@dataclass(frozen=True)
class Group:
    """Files that one plan reads: they share their header, or their Parquet schema."""

    files: tuple[ExportFile, ...]
    header: Header | None = None
    nanoseconds: tuple[tuple[str, bool], ...] = ()
    """Parquet columns in nanoseconds, which Spark cannot read as time, and whether each is in UTC."""


def lines(
    spark: SparkSession, group: Group, root: Path, mapping: SourceMapping, limit: int | None
) -> DataFrame:
    """Every line but blank ones and the header: its text, its file's name, and what is broken in it."""
    recut = group.files[0].recut is not None
    encoding = "UTF-8" if recut else str(mapping.options.get("encoding", "UTF-8"))
    reader = spark.read.option("recursiveFileLookup", "true")
    if recut:
        reader = reader.option("lineSep", MARK)
    data, size = F.col("value").cast("binary"), F.octet_length("value")
    text = F.decode(
        F.when(size > LONGEST_RECORD, F.substring(data, 1, LONGEST_RAW)).otherwise(data), encoding
    )
    # A byte order mark belongs to the file, not to its first record.
    raw = F.when(text.startswith("\ufeff"), text.substr(F.lit(2), F.length(text))).otherwise(text)
    if encoding.upper().replace("_", "-") in {"UTF-8", "UTF8"}:
        # Text that was damaged before its export may hold U+FFFD, rightly encoded; so compare the bytes.
        misread = F.encode(text, "UTF-8") != data
    else:
        misread = F.instr(text, "\ufffd") > 0
    # JSON can spell a NUL; databases downstream refuse texts that hold one.
    escaped_nul = F.instr(text, "\\u0000") > 0 if mapping.format == "jsonl" else F.lit(False)
    broken = F.coalesce(
        F.when(size > LONGEST_RECORD, F.concat(size, F.lit(f" bytes; at most {LONGEST_RECORD} can be read"))),
        F.when((F.instr(text, "\0") > 0) | escaped_nul, F.lit("it holds NUL bytes")),
        F.when(misread, F.lit(f"it holds bytes that are not {encoding}; see the option encoding")),
    )
    frame = reader.text(_paths(group)).select(
        raw.alias(RAW), _name(group, root).alias(FILE), broken.alias(BROKEN)
    )
    record = F.btrim(F.col(RAW), F.lit(WHITE)) != ""
    if group.header is not None and group.header.line is not None:
        record &= F.col(RAW) != F.lit(group.header.line)
    frame = frame.where(record)
    return frame if limit is None else frame.limit(limit)


def csv(frame: DataFrame, header: Header, mapping: SourceMapping, names: Sequence[str]) -> DataFrame:
    """Lines → the named columns, as texts; a name the header lacks is null."""
    sep, quote = str(mapping.options.get("sep", ",")), str(mapping.options.get("quote", '"'))
    escape = str(mapping.options.get("escape", quote))
    width = len(header.names)
    fields = [StructField(f"c{place}", StringType()) for place in range(width)]
    schema = StructType([*fields, StructField("corrupt", StringType())])
    options = {
        "mode": "PERMISSIVE",
        "columnNameOfCorruptRecord": "corrupt",
        "sep": sep,
        "quote": quote,
        "escape": escape,
        "maxColumns": str(MOST_FIELDS + 2),
        "nullValue": str(mapping.options.get("nullValue", "")),
    }
    raw, separators = F.col(RAW), _count(F.col(RAW), sep)
    endless = F.when(separators > MOST_FIELDS, F.lit(f"more than {MOST_FIELDS} fields"))
    frame = frame.withColumn(BROKEN, F.coalesce(F.col(BROKEN), endless))
    frame = frame.withColumn(
        _PARSED, F.when(F.col(BROKEN).isNull(), F.from_csv(raw, schema.simpleString(), options))
    )
    misfit = F.lit(f"its fields are not the {width} of the header")
    if quote:
        plain = F.instr(raw, quote) == 0
        misfit = F.when(plain, _fields(separators, width)).otherwise(misfit)
    else:
        misfit = _fields(separators, width)
    broken = F.coalesce(
        F.col(BROKEN),
        _open_quote(raw, quote, escape, bool(mapping.options.get("multiLine"))),
        F.when(F.col(f"{_PARSED}.corrupt").isNotNull(), misfit),
    )
    columns = []
    for name in names:
        place = header.position(name)
        value = F.lit(None).cast("string") if place is None else tidied(F.col(f"{_PARSED}.c{place}"))
        columns.append(value.alias(name))
    return frame.select(RAW, FILE, broken.alias(BROKEN), *columns)


def _fields(separators: Column, width: int) -> Column:
    return F.concat(separators + 1, F.lit(f" fields; the header has {width}"))


def _open_quote(raw: Column, quote: str, escape: str, multi_line: bool) -> Column:
    """The parser takes a last field whose quote is never closed as it is: half a text would pass as whole."""
    if not quote:
        return F.lit(None).cast("string")
    if escape and escape != quote:
        raw = F.replace(F.replace(raw, F.lit(escape * 2), F.lit("")), F.lit(escape + quote), F.lit(""))
    advice = "" if multi_line else "; set multiLine: true if texts hold line breaks"
    return F.when(_count(raw, quote) % 2 == 1, F.lit(f"a quotation mark is not closed{advice}"))


def _count(text: Column, sign: str) -> Column:
    return ((F.length(text) - F.length(F.replace(text, F.lit(sign), F.lit("")))) / len(sign)).cast("int")


def jsonl(frame: DataFrame, mapping: SourceMapping, record: Shape, names: Sequence[str]) -> DataFrame:
    """Lines → the named fields of each object, texts but where the shape looks inside.

    Spark's parser stops at the end of the first value and would let a second one on the line go unseen. So
    the line is parsed inside an object of ours whose last field, a hash of the line, must come out
    as it went in.
    """
    inner = StructType(
        [StructField(n, p.type()) for n, p in record.parts.items()] or [StructField("_", StringType())]
    )
    schema = StructType([StructField("record", inner), StructField("seal", StringType())])
    options = {
        key: str(mapping.options.get(key, False)).lower()
        for key in ("allowSingleQuotes", "allowUnquotedFieldNames", "allowComments")
    }
    raw = F.col(RAW)
    seal = F.xxhash64(raw).cast("string")
    sealed = F.concat(F.lit('{"record":'), raw, F.lit(',"seal":"'), seal, F.lit('"}'))
    frame = frame.withColumn(
        _PARSED,
        F.when(F.col(BROKEN).isNull(), F.from_json(sealed, schema, {**options, "mode": "PERMISSIVE"})),
    )
    text = F.btrim(raw, F.lit(WHITE))
    broken = F.coalesce(
        F.col(BROKEN),
        F.when(~text.startswith("{"), F.lit("it is not a JSON object")),
        F.when(
            ~F.coalesce(F.col(f"{_PARSED}.seal") == seal, F.lit(False)) | F.col(f"{_PARSED}.record").isNull(),
            F.when(text.endswith("}"), F.lit("it is not valid JSON")).otherwise(
                F.lit("the JSON object does not end with its line")
            ),
        ),
    )
    columns = [
        record.parts[n].tidied(F.col(f"{_PARSED}.record.`{n.replace('`', '``')}`")).alias(n) for n in names
    ]
    return frame.select(RAW, FILE, broken.alias(BROKEN), *columns)


def misshapen(name: str) -> Column:
    """True where a JSON field the mapping looks inside holds something else than an object or a list."""
    quoted = name.replace("\\", "\\\\").replace("'", "\\'")
    text = F.btrim(F.get_json_object(F.col(RAW), f"$['{quoted}']"), F.lit(WHITE))
    # PHP writes an empty object as []; both and "" say that there is nothing.
    return F.col(f"`{name.replace('`', '``')}`").isNull() & F.coalesce(
        ~text.isin("", "[]", "{}"), F.lit(False)
    )


def parquet(
    spark: SparkSession, group: Group, root: Path, record: Shape, names: Sequence[str], limit: int | None
) -> DataFrame:
    """Rows → the named columns in the file's own types; a name the file lacks is null."""
    assert group.header is not None
    frame = spark.read.option("recursiveFileLookup", "true").parquet(*_paths(group))
    if limit is not None:
        frame = frame.limit(limit)
    frame = frame.select(
        F.to_json(F.struct(*[_column(n) for n in group.header.names])).alias(RAW),
        _name(group, root).alias(FILE),
        F.lit(None).cast("string").alias(BROKEN),
        F.struct(*[_column(n) for n in group.header.names]).alias(_PARSED),
    )
    in_nanoseconds = dict(group.nanoseconds)
    columns = []
    for name in names:
        place = group.header.position(name)
        if place is None:
            columns.append(F.lit(None).cast(record.parts[name].type()).alias(name))
            continue
        known = group.header.names[place]
        value = F.col(f"{_PARSED}.`{known.replace('`', '``')}`")
        if known in in_nanoseconds:
            instant = F.timestamp_micros(F.floor(value / 1000))
            value = instant if in_nanoseconds[known] else F.to_timestamp_ntz(instant.cast("string"))
        elif isinstance(frame.select(value).schema[0].dataType, StringType):
            value = tidied(value)
        columns.append(value.alias(name))
    return frame.select(RAW, FILE, BROKEN, *columns)


def kept(raw: Column) -> Column:
    """The record's text for the reject table, cut to size with a mark that says so."""
    cut = F.decode(F.substring(raw.cast("binary"), 1, LONGEST_RAW - 64), "UTF-8")
    mark = F.concat(F.lit(" …[cut: "), F.octet_length(raw), F.lit(" bytes in all]"))
    whole_characters = F.regexp_replace(cut, "\ufffd$", "")
    return F.when(F.octet_length(raw) > LONGEST_RAW, F.concat(whole_characters, mark)).otherwise(raw)


def _name(group: Group, root: Path) -> Column:
    """The file's path under the landing zone, from the URI Spark gives."""
    if len(group.files) == 1:
        return F.lit(group.files[0].name)
    decoded = F.url_decode(F.replace(F.col("_metadata.file_path"), F.lit("+"), F.lit("%2B")))
    below = F.regexp_replace(decoded, "^file:/+", "/").substr(F.lit(len(str(root)) + 2), F.lit(1 << 20))
    return F.regexp_replace(below, f"{re.escape(COPY)}$", "") if group.files[0].recut else below


def _paths(group: Group) -> list[str]:
    """Hadoop reads a path as a pattern; a backslash makes each of its signs plain."""
    return [re.sub(r"([\\\[\]{}*?])", r"\\\1", str(file.recut or file.path)) for file in group.files]


def _column(name: str) -> Column:
    return F.col(f"`{name.replace('`', '``')}`")
