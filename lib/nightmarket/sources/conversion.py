"""Values of the mapping's types → the contract's types: null where a value does not convert without loss."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import (
    ArrayType,
    BinaryType,
    DataType,
    DateType,
    DecimalType,
    DoubleType,
    FloatType,
    MapType,
    NumericType,
    StringType,
    StructType,
    TimestampNTZType,
    TimestampType,
)

from nightmarket.sources import digits
from nightmarket.sources.shape import tidied

_INTEGERS = {"tinyint": 8, "smallint": 16, "int": 32, "integer": 32, "bigint": 64, "long": 64}

# Spark reads "12:30" as today's half past twelve and "2020" as a New Year; we read neither.
_TIMESTAMP = (
    r"^\d{4}-\d{1,2}-\d{1,2}([T ]\d{1,2}:\d{1,2}(:\d{1,2}(\.\d{1,9})?)?"
    r"\s*(Z|UTC|GMT|[+-]\d{1,2}(:?\d{2})?|[A-Z][A-Za-z]+/[A-Za-z_+/0-9-]+)?)?$"
)
_OFFSET = r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-](0\d|1[0-7]):[0-5]\d)$"
_DATE = r"^\d{4}-\d{1,2}-\d{1,2}$"
FIRST_YEAR, LAST_YEAR = 1970, 2199
"""What happened in a shop happened in these. Year 0, 1, 1753, 1899, 1900 and 9999 stand for no date, and
years far ahead are milliseconds taken for seconds."""
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?$"


@dataclass(frozen=True)
class Spelling:
    """How the texts of an export spell numbers."""

    decimal: str = "."
    thousands: str = ""

    def plain(self, text: Column) -> Column:
        """The number as programs write it; null where signs for thousands stand elsewhere than before three
        digits each (or, as in India, before two and at last three)."""
        if self == Spelling():
            return text
        groups, joined = r"\d+", text
        if self.thousands:
            sign = _SIGNS.get(self.thousands, re.escape(self.thousands))
            joined = F.regexp_replace(text, sign, "")
            indian = r"|\d{1,2}(?:,\d{2})+,\d{3}" if self.thousands == "," else ""
            groups = rf"(?:\d{{1,3}}(?:{sign}\d{{3}})+{indian}|\d+)"
        point = re.escape(self.decimal)
        form = rf"^[+-]?(?:{groups}(?:{point}\d*)?|{point}\d+)(?:[eE][+-]?\d{{1,4}})?$"
        return F.when(text.rlike(form), F.replace(joined, F.lit(self.decimal), F.lit(".")))


_SIGNS = {"'": "['’]", " ": "[ \u00a0\u2009\u202f]"}
"""Signs that look alike and stand for the same."""


def printable(type_: DataType) -> bool:
    """Whether a cast to text shows the value; of others only JSON does."""
    return not isinstance(type_, MapType | ArrayType | StructType)


def converted(value: Column, given: DataType, wanted: str, spelling: Spelling = Spelling()) -> Column:
    """A value of the expression's type in the contract's; null where it does not convert without loss."""
    if wanted == "binary":
        # No text is bytes: which would be meant, only an expression can say.
        given_bytes = isinstance(given, BinaryType)
        return F.when(F.octet_length(value) > 0, value) if given_bytes else F.lit(None).cast(wanted)
    if isinstance(given, BinaryType):
        # Some write texts into Parquet without saying that they are. What is no UTF-8 is no text.
        text = F.decode(value, "UTF-8")
        readable = ~text.contains("\ufffd") & ~text.contains("\0")
        return converted(F.when(readable, text), StringType(), wanted, spelling)
    if wanted == "string":
        return tidied(_printed(value, given) if printable(given) else F.to_json(value))
    if wanted.startswith("map"):
        return _map(value, given, wanted)
    if isinstance(given, StringType):
        return from_tidy(tidied(value), wanted, spelling)
    if not printable(given):
        return F.lit(None).cast(wanted)
    if wanted in {"timestamp", "date"}:
        if not isinstance(given, TimestampType | TimestampNTZType | DateType):
            return F.lit(None).cast(wanted)
        return in_years(value.cast(wanted))
    if isinstance(given, NumericType) and wanted in _INTEGERS:
        # Casts without ANSI wrap what is too large and cut what is not whole.
        bits = _INTEGERS[wanted] - 1
        fits = value.between(F.lit(-(2**bits)), F.lit(2**bits - 1)) & (value == F.floor(value))
        return F.when(fits, value.cast(wanted))
    if isinstance(given, DoubleType | FloatType):
        finite = ~F.isnan(value) & (F.abs(value) != F.lit(float("inf")))
        return _not_lost(F.when(finite, value.cast(wanted)), value != 0)
    return _not_lost(value.cast(wanted), value != 0) if isinstance(given, NumericType) else value.cast(wanted)


def _printed(value: Column, given: DataType) -> Column:
    """A value as its text; a whole number has no fraction whatever type holds it.

    Of an id that is missing once pandas makes a column of doubles, and databases print an id of their NUMERIC
    with all its zeros: 7.0 and 7.000000000 are 7. From 2⁵³ on a double may be another whole number by now.
    """
    text = value.cast("string")
    if isinstance(given, DecimalType) and given.scale > 0:
        whole = value.cast(DecimalType(given.precision, 0))
        return F.when(whole == value, whole.cast("string")).otherwise(text)
    if isinstance(given, DoubleType | FloatType):
        exact = 2**53 if isinstance(given, DoubleType) else 2**24
        whole = value.cast("bigint")
        return F.when((whole == value) & (F.abs(value) < exact), whole.cast("string")).otherwise(text)
    return text


def in_years(value: Column) -> Column:
    """The time, null where it is of no year a shop has known; zones differ by up to a day at both ends.

    ``value`` is computed several times unless it is a column.
    """
    moment = value.cast("timestamp")
    first, last = F.lit(f"{FIRST_YEAR - 1}-12-31"), F.lit(f"{LAST_YEAR + 1}-01-02")
    return F.when((moment >= first.cast("timestamp")) & (moment < last.cast("timestamp")), value)


def _not_lost(value: Column, something: Column) -> Column:
    """The number, null where it is 0 only because its digits begin behind the last the type keeps."""
    return F.when(~((value == 0) & something), value)


def instant(text: Column) -> Column:
    """The instant of a text that names its offset from UTC, in a session that keeps UTC; null for any other.

    Spark's cast does the same, and builds two regular expressions for each text that names an offset.
    """
    data, size = text.cast("binary"), F.octet_length(text)
    wall = data.substr(F.lit(1), size - F.when(text.endswith("Z"), 1).otherwise(6))
    hours, minutes = (data.substr(size - back, F.lit(2)).cast("string").cast("long") for back in (4, 1))
    ahead = F.when(text.endswith("Z"), 0).otherwise((hours * 60 + minutes) * 60_000_000)
    ahead = F.when(data.substr(size - 5, F.lit(1)).cast("string") == "-", -ahead).otherwise(ahead)
    micros = F.unix_micros(wall.cast("string").cast("timestamp")) - ahead
    return F.when(text.rlike(_OFFSET), F.timestamp_micros(micros))


def from_tidy(text: Column, wanted: str, spelling: Spelling = Spelling()) -> Column:
    """As :func:`converted`, of a text that has no white space at its ends."""
    forms: dict[str, Callable[[Column], Column]] = {
        "timestamp": lambda v: in_years(F.when(v.rlike(_TIMESTAMP), v.cast(wanted))),
        "date": lambda v: in_years(F.when(v.rlike(_DATE), v.cast(wanted))),
        "boolean": lambda v: v.cast(wanted),
    }
    if wanted in forms:
        return forms[wanted](text)
    if wanted.startswith("map"):
        return _map(text, StringType(), wanted)
    text = spelling.plain(text)
    number = F.when((F.length(text) <= 64) & text.rlike(_NUMBER), text)
    if wanted in _INTEGERS:
        # Exports that passed through a spreadsheet or pandas write 6 as 6.0.
        whole = F.regexp_replace(number, r"^([+-]?\d+)\.0*$", "$1")
        whole = F.when(whole.rlike(r"^[+-]?\d+$"), whole)
        return F.when(text.rlike(r"^\d{1,9}$"), text.cast(wanted)).otherwise(whole.cast(wanted))
    return _not_lost(number.cast(wanted), text.rlike("^[^eE]*[1-9]"))


def _map(value: Column, given: DataType, wanted: str) -> Column:
    """Entries without a value are left out, and a map without entries is null."""
    if isinstance(given, StringType | StructType):
        text = value if isinstance(given, StringType) else F.to_json(value)
        # Here too the parser would print numbers anew.
        text = F.when(text.rlike(r"\d[.eE]"), digits.quoted(text)).otherwise(text)
        value = F.transform_values(F.from_json(text, wanted), lambda _, v: digits.unmarked(v))
    elif not isinstance(given, MapType):
        return F.lit(None).cast(wanted)
    texts = F.transform_values(value, lambda _, v: tidied(v.cast("string")))
    filled = F.map_filter(texts, lambda _, v: v.isNotNull())
    return F.when(F.size(filled) > 0, filled.cast(wanted))
