"""Files → one row per record, nothing inferred: the record's text, where it came from, what is broken in it.

Of binary files each is a record: its path, its name and its content, which is looked at by nobody here. Text
formats are read as lines and parsed by ``from_csv`` and ``from_json`` with a schema made of what the
mapping's expressions read, every leaf a string. A field that is absent is null; a field of another type than
yesterday is still its text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import BinaryType, StringType, StructField, StructType

from nightmarket.sources.encodings import advice
from nightmarket.sources.files import ExportFile, escaped
from nightmarket.sources.guards import guarded
from nightmarket.sources.headers import SEPARATOR_NOTE, Header
from nightmarket.sources.mapping import SourceMapping
from nightmarket.sources.recut import cut_in_tasks
from nightmarket.sources.shape import Shape, blank, tidied

RAW, FILE, BROKEN = "_market_raw", "_market_file", "_market_broken"
"""Columns beside the record's own: its text, its file's name, and why it is unparseable (null: it is not)."""

PLACE = "_market_place"
"""Where a record stands among those of its file, to be ordered by."""

PARSED, _SIZE = "_market_parsed", "_market_size"

_SEAL = "9d1f"

_ESCAPED_CONTROL = r"(?<!\\)(?:\\\\)*+\\u00[89][0-9a-fA-F]"

ASCII, ESCAPED = "_market_ascii", "_market_escaped"
"""Whether all of a record is ASCII, and whether there is a backslash in it."""

NUL = "it holds NUL bytes"

LONGEST_RECORD = 16 << 20
"""Bytes; longer lines are not parsed. Jackson refuses texts over 20 million characters anyway."""

LONGEST_RAW = 32 << 10
"""Bytes of a record that are kept as ``raw``."""

_LONGEST_NOTE = 10
"""Bytes of a line such as ``"sep=;"``; longer ones are not looked at for it."""

MOST_FIELDS = 100_000
"""A line with more separators is not parsed: the CSV parser would stop the night at its column limit."""


@dataclass(frozen=True)
class Group:
    """Files that one plan reads: they share their header, or their Parquet schema."""

    files: tuple[ExportFile, ...]
    header: Header | None = None
    nanoseconds: tuple[tuple[str, bool], ...] = ()
    """Parquet columns in nanoseconds, which Spark cannot read as time, and whether each is in UTC."""
    unread: tuple[int, ...] = ()
    """The sizes of binary files that are empty, longer than :data:`LONGEST_RECORD` or have a colon in their
    name: Spark would pass over the first, hold the second in memory to no use, and stop at the third."""


OF_BINARY = ("path", "name", "content")
"""What a record of a binary file has: its path under the landing zone, its name without folder and ending,
and its bytes."""


def lines(
    spark: SparkSession, group: Group, root: Path | str, mapping: SourceMapping, limit: int | None
) -> DataFrame:
    """Every line but blank ones and the header: its text, its file's name, and what is broken in it.

    Its place in the file too, where records are filled down: Spark cuts a file into pieces and reads each
    piece from its beginning to its end, so the piece's offset and a number that grows within it tell.
    """
    cut, whole = group.files[0].cut, limit is None and mapping.fill_down is None
    encoding = "UTF-8" if cut else mapping.encoding
    if cut:
        # Dealt to other machines, the records would lose their order.
        texts, name = cut_in_tasks(spark, group.files, mapping, FILE, whole), F.col(FILE)
    else:
        reader = spark.read.option("recursiveFileLookup", "true")
        texts, name = reader.text(_paths(group)), _name(group, root)
    placed = [PLACE] if mapping.fill_down else []
    offset = F.lit(0) if cut else F.col("_metadata.file_block_start")
    place = [F.struct(offset, F.monotonically_increasing_id()).alias(each) for each in placed]
    utf8 = encoding.upper().replace("_", "-") in {"UTF-8", "UTF8"}
    data, size = F.col("value").cast("binary"), F.octet_length("value")
    oversized = size > LONGEST_RECORD
    start = F.substring(data, 1, LONGEST_RAW)
    if utf8:
        # As it came: what is not UTF-8 in it is found below, once, and no good record pays for a copy.
        text = F.when(oversized, start.cast("string")).otherwise(F.col("value"))
    else:
        text = F.decode(F.when(oversized, start).otherwise(data), encoding)
    # A byte order mark belongs to the file, not to its first record.
    raw = F.when(text.startswith("\ufeff"), text.substr(F.lit(2), F.length(text))).otherwise(text)
    frame = texts.select(raw.alias(RAW), name.alias(FILE), F.when(oversized, size).alias(_SIZE), *place)
    raw = F.col(RAW)
    # Of most records every character is ASCII and none is escaped: then much below need not be computed.
    plain = F.encode(raw, "US-ASCII") == raw.cast("binary")
    frame = frame.select("*", plain.alias(ASCII), raw.contains("\\").alias(ESCAPED))
    if utf8:
        # Text that was damaged before its export may hold U+FFFD, rightly encoded; so compare the bytes.
        misread = F.encode(F.decode(raw.cast("binary"), "UTF-8"), "UTF-8") != raw.cast("binary")
    else:
        misread = raw.contains("\ufffd")
    # Databases downstream refuse texts that hold a NUL. JSON can spell it; as it is, its parser refuses it.
    nul = raw.contains("\0")
    if mapping.format == "jsonl":
        nul = F.col(ESCAPED) & raw.contains("\\u0000")
    broken = (
        F.when(
            F.col(_SIZE).isNotNull(),
            F.concat(F.col(_SIZE), F.lit(f" bytes; at most {LONGEST_RECORD} can be read")),
        )
        .when(nul, F.lit(NUL))
        .when(
            ~F.col(ASCII) & misread,
            F.lit(f"it holds bytes that are not {mapping.named_encoding}; {advice(mapping.encoding)}"),
        )
        .when(
            (~F.col(ASCII) & raw.rlike("[\u0080-\u009f]")) | (F.col(ESCAPED) & raw.rlike(_ESCAPED_CONTROL)),
            F.lit("it holds control characters (C1), as when windows-1252 is read as ISO-8859-1"),
        )
    )
    record = ~blank(raw)
    if mapping.format == "csv":
        record &= (F.octet_length(raw) > _LONGEST_NOTE) | ~raw.rlike(SEPARATOR_NOTE)
    if group.header is not None and group.header.line is not None:
        record &= raw != F.lit(group.header.line)
    frame = frame.where(record).select(RAW, FILE, broken.alias(BROKEN), ASCII, ESCAPED, *placed)
    return frame if limit is None else frame.limit(limit)


def csv(frame: DataFrame, header: Header, mapping: SourceMapping, names: Sequence[str]) -> DataFrame:
    """Lines → the named columns, as texts; a name the header lacks is null.

    A quotation mark opens a text only where a field begins; elsewhere it is a sign like any other, as in
    ``24" monitor``. Spark takes a text that is never closed as it is, so a field of ours stands behind the
    last one and must come out as it went in. A mark inside a text that is not doubled makes the parser raise.
    """
    sep, quote = str(mapping.options.get("sep", ",")), str(mapping.options.get("quote", '"'))
    width = len(header.names)
    fields = [StructField(f"c{place}", StringType()) for place in range(width)]
    schema = StructType([*fields, StructField("seal", StringType()), StructField("corrupt", StringType())])
    options = {
        "mode": "PERMISSIVE",
        "columnNameOfCorruptRecord": "corrupt",
        "sep": sep,
        "quote": quote,
        "escape": str(mapping.options.get("escape", quote)),
        "unescapedQuoteHandling": "RAISE_ERROR",
        "maxColumns": str(MOST_FIELDS + 3),
        "nullValue": str(mapping.options.get("nullValue", "")),
    }
    raw, separators = F.col(RAW), _count(F.col(RAW), sep)
    endless = F.when(separators > MOST_FIELDS, F.lit(f"more than {MOST_FIELDS} fields"))
    frame = frame.withColumn(BROKEN, F.coalesce(F.col(BROKEN), endless))
    sealed = F.concat(raw, F.lit(sep + _SEAL))
    tried = guarded(frame.sparkSession, F.from_csv(sealed, schema.simpleString(), options))
    frame = frame.withColumn(PARSED, F.when(F.col(BROKEN).isNull(), tried))
    rare = ~F.col(ASCII) | raw.rlike("[\t\r\u000b\u000c]")
    misfit = _fields(separators, width)
    if quote:
        advice = "" if mapping.options.get("multiLine") else "; set multiLine: true if texts hold line breaks"
        misfit = (
            F.when(F.instr(raw, quote) == 0, misfit)
            .when(F.col(PARSED).isNull(), F.lit("a quotation mark inside a text in quotes is not doubled"))
            .when(
                _swallowed(F.col(PARSED), width),
                F.lit(f"a quotation mark is not closed{advice}"),
            )
            .otherwise(F.lit(f"its fields are not the {width} of the header"))
        )
    whole = F.col(f"{PARSED}.corrupt").isNull() & F.col(f"{PARSED}.seal").eqNullSafe(_SEAL)
    broken = F.coalesce(F.col(BROKEN), F.when(~whole, misfit))
    columns = []
    for name in names:
        place = header.position(name)
        value = F.lit(None).cast("string")
        if place is not None:
            value = tidied(F.col(f"{PARSED}.c{place}"), rare)
        columns.append(value.alias(name))
    placed = [PLACE] if mapping.fill_down else []
    return frame.select(RAW, FILE, broken.alias(BROKEN), *columns, *placed)


def _swallowed(parsed: Column, width: int) -> Column:
    """Whether a text that is never closed took the seal in, and with it all that stood between."""
    fields = F.array(*[parsed.getField(f"c{place}") for place in range(width)])
    return F.exists(fields, lambda field: field.endswith(_SEAL))


def _fields(separators: Column, width: int) -> Column:
    return F.concat(separators + 1, F.lit(f" fields; the header has {width}"))


def _count(text: Column, sign: str) -> Column:
    return ((F.length(text) - F.length(F.replace(text, F.lit(sign), F.lit("")))) / len(sign)).cast("int")


def parquet(
    spark: SparkSession,
    group: Group,
    root: Path | str,
    record: Shape,
    names: Sequence[str],
    limit: int | None,
) -> DataFrame:
    """Rows → the named columns in the file's own types; a name the file lacks is null."""
    assert group.header is not None
    frame = spark.read.option("recursiveFileLookup", "true").parquet(*_paths(group))
    if limit is not None:
        frame = frame.limit(limit)
    shown = [
        (sized(_column(n)) if isinstance(frame.schema[n].dataType, BinaryType) else _column(n)).alias(n)
        for n in group.header.names
    ]
    frame = frame.select(
        F.to_json(F.struct(*shown)).alias(RAW),
        _name(group, root).alias(FILE),
        F.lit(None).cast("string").alias(BROKEN),
        F.struct(*[_column(n) for n in group.header.names]).alias(PARSED),
    )
    in_nanoseconds = dict(group.nanoseconds)
    columns = []
    for name in names:
        place = group.header.position(name)
        if place is None:
            columns.append(F.lit(None).cast(record.parts[name].type()).alias(name))
            continue
        known = group.header.names[place]
        value = F.col(f"{PARSED}.`{known.replace('`', '``')}`")
        if known in in_nanoseconds:
            # In whole numbers: a time of today in nanoseconds has more digits than a double.
            micros = F.call_function("div", value - F.pmod(value, F.lit(1000)), F.lit(1000))
            instant = F.timestamp_micros(micros)
            value = instant if in_nanoseconds[known] else F.to_timestamp_ntz(instant.cast("string"))
        elif isinstance(frame.select(value).schema[0].dataType, StringType):
            value = tidied(value)
        columns.append(value.alias(name))
    return frame.select(RAW, FILE, BROKEN, *columns)


def binary(spark: SparkSession, group: Group, root: Path | str, limit: int | None) -> DataFrame:
    """Files → the columns of :data:`OF_BINARY`; ``raw`` is a file's path and size, never a byte of it."""
    files = group.files[:limit]
    if group.unread:
        known = [(file.name, size) for file, size in zip(files, group.unread, strict=False)]
        frame = spark.createDataFrame(known, f"{FILE} string, length bigint")
        frame = frame.withColumn("content", F.lit(None).cast("binary"))
    else:
        reader = spark.read.format("binaryFile").option("recursiveFileLookup", "true")
        read = Group(files)
        frame = reader.load(_paths(read)).withColumn(FILE, _name(read, root))
    size, path = F.col("length"), F.col(FILE)
    words = [F.format_number(size, 0), F.lit(" bytes")]
    long = F.concat(*words, F.lit(f"; at most {LONGEST_RECORD} can be read"))
    broken = F.when(size == 0, F.lit("the file is empty")).when(size > LONGEST_RECORD, long)
    if group.unread:
        # Hadoop takes what stands before a colon for the name of a file system.
        broken = broken.otherwise(F.lit("Spark reads no file whose name has a colon; rename it"))
    base = F.substring_index(path, "/", -1)
    return frame.select(
        F.concat(path, F.lit(" ("), *words, F.lit(")")).alias(RAW),
        FILE,
        broken.alias(BROKEN),
        path.alias("path"),
        F.regexp_replace(base, r"(?<=.)\.[^.]*$", "").alias("name"),
        "content",
    )


def sized(content: Column) -> Column:
    """What is shown of bytes."""
    return F.concat(F.format_number(F.octet_length(content), 0), F.lit(" bytes"))


def kept(raw: Column, broken: Column) -> Column:
    """The record's text for the reject table: valid UTF-8, and cut to size with a mark that says so."""
    cut = F.decode(F.substring(raw.cast("binary"), 1, LONGEST_RAW - 64), "UTF-8")
    mark = F.concat(F.lit(" …[cut: "), F.octet_length(raw), F.lit(" bytes in all]"))
    whole_characters = F.regexp_replace(cut, "\ufffd$", "")
    legible = F.when(broken.isNotNull(), F.decode(raw.cast("binary"), "UTF-8")).otherwise(raw)
    return F.when(F.octet_length(raw) > LONGEST_RAW, F.concat(whole_characters, mark)).otherwise(legible)


def _name(group: Group, root: Path | str) -> Column:
    """The file's path under the landing zone, from the URI Spark gives."""
    if len(group.files) == 1:
        return F.lit(group.files[0].name)
    uri = F.col("_metadata.file_path")
    decoded = F.url_decode(F.replace(uri, F.lit("+"), F.lit("%2B")))
    if isinstance(root, str):
        # How many slashes follow the scheme is each file system's own habit.
        parts = urlsplit(root)
        above = f"//{parts.netloc}{parts.path}/" if parts.netloc else f"{parts.path}/"
        return decoded.substr(F.locate(above, decoded) + len(above), F.lit(1 << 20))
    below = F.regexp_replace(decoded, "^file:/+", "/").substr(F.lit(len(str(root)) + 2), F.lit(1 << 20))
    for folder in (f"file:{root}/", f"file://{root}/"):
        # Nearly every name is plain, and this is looked up for every record.
        plain = uri.startswith(folder) & ~uri.contains("%") & ~uri.contains("+")
        # By bytes: characters are counted from the text's beginning, each time.
        cut = F.substring(uri.cast("binary"), len(folder.encode()) + 1, 1 << 20).cast("string")
        below = F.when(plain, cut).otherwise(below)
    return below


def _paths(group: Group) -> list[str]:
    return [escaped(file.address or str(file.path)) for file in group.files]


def _column(name: str) -> Column:
    return F.col(ticked(name))


def ticked(name: str) -> str:
    """A name as Spark's expressions take it, whatever signs are in it."""
    return f"`{name.replace('`', '``')}`"
