"""What the form of a sample's values says about a mapping that reads it without an error: notes of the check.

A number with a decimal comma, a time in a unit the expression does not expect, an encoding that is said to be
another: each gives rows that are well formed and wrong.
"""

import codecs
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from nightmarket.sources.expressions import Expression, Reach, at
from nightmarket.sources.fit import SPECIAL, Source
from nightmarket.sources.identifiers import identifies
from nightmarket.sources.records import BROKEN

_MOST = 1000
_SHOWN = 30
_COMMA = re.compile(r"[+-]?(?:\d{1,3}(?:\.\d{3})+|\d+),\d{1,2}")
_GROUPED = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d{1,2}(?:,\d{2})+,\d{3})(?:\.\d+)?")
_SPACED = re.compile(r"[+-]?\d{1,3}(?:([ \u00a0\u2009\u202f]|['’])\d{3})+(?:[.,]\d+)?")
_BESIDE = re.compile(
    r"[^\d+-]{1,8}[+-]?\d[\d.,'’ \u00a0\u202f]*|[+-]?\d[\d.,'’ \u00a0\u202f]*[^\d.,][^\d]{0,7}|\d+\.[-–—]+"
)
"""A number with signs of money beside it: ``CHF 12.00``, ``12,00 €``, ``12.-``."""
_THREE = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+")
_DOT = re.compile(r"[+-]?\d*\.\d+")
_SHEET_DAYS = re.compile(r"[2-7]\d{4}(?:[.,]\d+)?")
"""A time as spreadsheets count: days since 1899-12-30, here from 1954 to 2119."""
_SLASHED = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-]\d{2,4}\b.*")
_NOTHING = frozenset(
    ["null", "(null)", "<null>", "none", "nan", "<na>", "n/a", "#n/a", "nil", "\\n", "undefined", "(not set)",
     "[object object]", "#ref!", "#value!", "#name?", "#div/0!", "#null!", "#num!"]
)  # fmt: skip
"""What programs write where there is nothing, in small letters."""
_FRACTION = re.compile(r"\d+[.]\d*[1-9]0*")
_SCORED = re.compile(r"\d+(?:[.]\d+)? ?(?:/|out of|of|von|sur|de|su) ?\d+(?: [^\d]{1,12})?", re.IGNORECASE)
_COUNT = re.compile(r"(\d{9,19})(?:\.\d+)?")
_UNITS = {9: "seconds", 10: "seconds", 12: "milliseconds", 13: "milliseconds", 15: "microseconds",
          16: "microseconds", 18: "nanoseconds", 19: "nanoseconds"}  # fmt: skip
"""What a time near ours counts since 1970, by its digits."""
_WRITE = {
    "seconds": "timestamp_seconds(cast({} as decimal(20, 6)))",
    "milliseconds": "timestamp_millis(cast({} as bigint))",
    "microseconds": "timestamp_micros(cast({} as bigint))",
    "nanoseconds": "timestamp_micros(cast({} as bigint) div 1000)",
}


def notes(source: Source, frame: DataFrame, rows: Sequence[Row], day: date) -> list[str]:
    """What is odd about numbers and times.

    ``frame`` is what the expressions read and ``rows`` is what they made of it.
    """
    found = []
    looked_at: list[tuple[Expression, Reach]] = []
    for expression in source.expressions:
        form = source.contract.column(expression.column).type
        reaches = [reach for reach in expression.reaches if reach[0] not in SPECIAL]
        if len(reaches) == 1 and (form == "timestamp" or _numeric(form)):
            looked_at.append((expression, reaches[0]))
    good = frame.where(F.col(BROKEN).isNull())
    texts = [at(reach).cast("string").alias(f"c{place}") for place, (_, reach) in enumerate(looked_at)]
    read = good.select(*texts).limit(_MOST).collect() if texts else []
    for place, (expression, reach) in enumerate(looked_at):
        values = [row[place] for row in read if row[place]]
        form = source.contract.column(expression.column).type
        said: Iterable[str]
        if form == "timestamp":
            said = _of_times(source, expression, reach, values, rows, day)
        else:
            said = _of_numbers(source, values)
        # What an expression makes of such a value, only the value itself shows.
        own = values if expression.plain else []
        said = [*_of_nothing(expression, own), *_beside_numbers(form, own), *said]
        found += [source.place(expression.column) + each for each in said]
    for expression in source.expressions:
        column = source.contract.column(expression.column)
        if column.type == "string" and not identifies(column):
            values = [row[column.name] for row in rows if row[column.name] is not None]
            found += [source.place(column.name) + each for each in _of_nothing(expression, values)]
    return found


def _of_nothing(expression: Expression, values: list[str]) -> Iterator[str]:
    words = Counter(value for value in values if value.lower() in _NOTHING)
    if words:
        word = words.most_common(1)[0][0]
        yield (
            f"{words.total()} of {len(values)} values are words for nothing, such as '{word}', and are "
            f"taken for what they say; write nullif({expression.text}, '{word}')."
        )


def of_encoding(source: Source, rows: Sequence[Row]) -> list[str]:
    """That an encoding is not read as it is named, or that the texts are in another one."""
    named, read = source.mapping.named_encoding, source.mapping.encoding
    place = f"{source.shop.path}: {source.mapping.source}: "
    found = []
    if named != read:
        found.append(f"{place}{named} is read as {read}, as browsers do.")
    utf8 = codecs.lookup(read).name in {"utf-8", "utf-8-sig"}
    twice = sum(_misread(row.raw, "windows-1252" if utf8 else read) for row in rows)
    if twice and utf8:
        found.append(
            f"{place}{twice} of {len(rows)} records hold letters such as Ã or â€ in place of others: "
            "they were read in a wrong encoding before they were exported; export them again as UTF-8."
        )
    elif twice:
        found.append(f"{place}{twice} of {len(rows)} records are UTF-8 and read as {read}; name UTF-8.")
    return found


def _misread(raw: str, encoding: str) -> bool:
    """Whether a text is UTF-8 that was read in another encoding: that its bytes are UTF-8 is no accident."""
    try:
        return len(raw.encode(encoding).decode("utf-8")) < len(raw)
    except UnicodeError:
        return False


def _numeric(form: str) -> bool:
    return form.startswith("decimal") or form in {"int", "bigint", "smallint", "tinyint", "double", "float"}


def _beside_numbers(form: str, values: list[str]) -> Iterator[str]:
    beside = [value for value in values if _BESIDE.fullmatch(value) and value.lower() not in _NOTHING]
    halves = [value for value in values if _FRACTION.fullmatch(value)]
    if halves and form == "int":
        yield (
            f"{len(halves)} of {len(values)} values have a fraction, such as {_quoted(halves)}, and whole "
            "numbers are wanted; write round(…)."
        )
    scored = [value for value in values if _SCORED.fullmatch(value)]
    if scored and _numeric(form):
        yield (
            f"{len(scored)} of {len(values)} values name a number out of another, such as {_quoted(scored)}; "
            "write regexp_extract(…, '^[0-9.]+', 0)."
        )
    if beside and _numeric(form):
        yield (
            f"{len(beside)} of {len(values)} values have other signs beside the number, such as "
            f"{_quoted(beside)}; take them off, for instance with regexp_replace(…, '[^0-9.,+-]', '')."
        )


def _of_numbers(source: Source, values: list[str]) -> Iterator[str]:
    options = source.mapping.options
    if source.mapping.format != "csv":
        return
    spaced = [value for value in values if _SPACED.fullmatch(value)]
    if spaced and "thousands" not in options:
        sign = "'" if set(spaced[0]) & set("'’") else " "
        yield (
            f"{len(spaced)} of {len(values)} values have a sign before thousands, such as {_quoted(spaced)}; "
            f'say so with the option thousands: "{sign}".'
        )
    if {"decimal", "thousands"} & set(options):
        return
    commas = [value for value in values if _COMMA.fullmatch(value)]
    grouped = [value for value in values if _GROUPED.fullmatch(value)]
    dots = [value for value in values if _DOT.fullmatch(value) or _THREE.fullmatch(value)]
    if commas:
        yield (
            f"{len(commas)} of {len(values)} values have a decimal comma, such as {_quoted(commas)}; "
            "say so with the option decimal: ','."
        )
    elif grouped:
        yield (
            f"{len(grouped)} of {len(values)} values have a comma before thousands, such as "
            f"{_quoted(grouped)}; say so with the option thousands: ','."
        )
    elif dots and all(_THREE.fullmatch(value) for value in dots):
        yield (
            f"every value with a dot has three digits behind it, such as {_quoted(dots)}, which is read as "
            f"{dots[0]} and not as {dots[0].replace('.', '')}; where dots stand before thousands say so with "
            "the option decimal: ','."
        )


def _of_times(
    source: Source, expression: Expression, reach: Reach, values: list[str], rows: Sequence[Row], day: date
) -> Iterator[str]:
    name = ".".join(map(str, reach))
    made = [row[expression.column] for row in rows if row[expression.column] is not None]
    counts = [value for value in values if _COUNT.fullmatch(value)]
    units = Counter(_UNITS.get(len(value.partition(".")[0])) for value in counts)
    first = [time for time in made if time.year <= 1970]
    ahead = [time for time in made if time > datetime.combine(day, datetime.min.time()) + timedelta(366)]
    lost = len(values) - len(made)
    sheet = [value for value in values if _SHEET_DAYS.fullmatch(value)]
    if sheet and lost > 0:
        yield (
            f"{len(sheet)} of {len(values)} values look like days of a spreadsheet, such as {_quoted(sheet)}"
            f"; write to_utc_timestamp(timestamp_seconds(round((cast({name} as double) - 25569) * 86400)), "
            f"'{source.shop.timezone}')."
        )
    slashed = [found for value in values if (found := _SLASHED.fullmatch(value))]
    later = sum(time > datetime.combine(day, datetime.min.time()) + timedelta(2) for time in made)
    if later and slashed and all(int(each[1]) <= 12 and int(each[2]) <= 12 for each in slashed):
        yield (
            f"{later} of {len(made)} times lie after {day}; are day and month of {name} the other way round, "
            f"as in '{slashed[0][0][:_SHOWN]}'?"
        )
    if not (first or ahead or (counts and (lost > 0 or len(units) > 1))):
        return
    said = []
    if first:
        said.append(f"{len(first)} of {len(made)} times lie in 1970")
    if ahead:
        said.append(f"{len(ahead)} of {len(made)} times lie more than a year after {day}")
    known = [(unit, count) for unit, count in units.most_common() if unit is not None]
    if known:
        parts = " and ".join(f"{unit} ({count} of {len(values)} values)" for unit, count in known)
        said.append(f"{name} looks like {parts} since 1970, such as {_quoted(counts)}")
        said.append("for " + ", for ".join(f"{unit} write {_WRITE[unit].format(name)}" for unit, _ in known))
    elif first:
        said.append("a day of 1970 often stands for no date")
    yield "; ".join(said) + "."


def _quoted(values: list[str]) -> str:
    return f"'{values[0][:_SHOWN]}'"
