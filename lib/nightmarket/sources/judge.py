"""Records → contract columns and a verdict: the first of four reasons against a record, and all details.

The order of the reasons is fixed: ``unparseable``, ``bad_value``, ``missing_required``, ``not_allowed``.
Everything here is Spark SQL; no record passes through Python.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import (
    ArrayType,
    DataType,
    DateType,
    DoubleType,
    FloatType,
    MapType,
    NumericType,
    StringType,
    StructType,
    TimestampNTZType,
    TimestampType,
)

from nightmarket.contracts import Column as ContractColumn
from nightmarket.contracts import Contract
from nightmarket.sources.expressions import Expression, at
from nightmarket.sources.records import BROKEN, FILE, RAW, kept, misshapen
from nightmarket.sources.shape import Shape, tidied

REASONS = ("unparseable", "bad_value", "missing_required", "not_allowed")

_INTEGERS = {"tinyint": 8, "smallint": 16, "int": 32, "integer": 32, "bigint": 64, "long": 64}
_DETAIL, _SHOWN = 500, 60

# Spark reads "12:30" as today's half past twelve and "2020" as a New Year; we read neither.
_TIMESTAMP = (
    r"^\d{4}-\d{1,2}-\d{1,2}([T ]\d{1,2}:\d{1,2}(:\d{1,2}(\.\d{1,9})?)?"
    r"\s*(Z|UTC|GMT|[+-]\d{1,2}(:?\d{2})?|[A-Z][A-Za-z]+/[A-Za-z_+/0-9-]+)?)?$"
)
_DATE = r"^\d{4}-\d{1,2}-\d{1,2}$"
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?$"


@contextmanager
def clock(spark: SparkSession, zone: str) -> Iterator[None]:
    """Within, frames are analysed with the shop's zone: Spark stamps it into every cast and date function.

    So ``to_timestamp(when, 'd/M/yyyy H:mm')`` means the shop's wall clock although the session is UTC,
    and the result is an instant like any other. Daylight saving follows Java: a time that was
    skipped moves on by an hour, one that came twice is the first.
    """
    before = spark.conf.get("spark.sql.session.timeZone")
    spark.conf.set("spark.sql.session.timeZone", zone)
    try:
        yield
    finally:
        spark.conf.set("spark.sql.session.timeZone", str(before))


def judged(
    frame: DataFrame,
    contract: Contract,
    expressions: Sequence[Expression],
    record: Shape,
    zone: str,
    default_currency: str,
) -> DataFrame:
    """The contract's columns, ``raw``, ``source_file``, ``reject_reason`` and ``reject_detail``, row for row.

    ``frame`` has the columns the expressions read, beside those of :mod:`nightmarket.sources.records`;
    ``record`` is the shape of JSON objects and empty for other formats.
    """
    with clock(frame.sparkSession, zone):
        by_column = {expression.column: expression for expression in expressions}
        good = F.col(BROKEN).isNull()
        values = [F.when(good, F.expr(e.text)).alias(f"value_{e.column}") for e in expressions]
        nothing = [F.when(good, _nothing(e, record, contract.column(e.column))).alias(f"nothing_{e.column}")
                   for e in expressions]  # fmt: skip
        frame = frame.select(RAW, FILE, BROKEN, *values, *nothing)
        types = {name: frame.schema[f"value_{name}"].dataType for name in by_column}
        typed = [
            _converted(by_column[c.name], types[c.name], c.type).alias(c.name)
            if c.name in by_column
            else F.lit(None).cast(c.type).alias(c.name)
            for c in contract.columns
        ]
        shown = [F.col(f"value_{name}").cast("string").alias(f"value_{name}") if _printable(types[name])
                 else F.to_json(f"value_{name}").alias(f"value_{name}") for name in by_column]  # fmt: skip
        frame = frame.select(RAW, FILE, BROKEN, *typed, *shown, *[f"nothing_{name}" for name in by_column])
        if {"price", "currency"} <= {c.name for c in contract.columns} and "currency" not in by_column:
            given = F.when(F.col("price").isNotNull(), F.lit(default_currency))
            frame = frame.withColumn("currency", given)
        return _verdict(frame, contract, by_column)


def _verdict(frame: DataFrame, contract: Contract, by_column: dict[str, Expression]) -> DataFrame:
    bad, missing, refused = [], [], []
    for column in contract.columns:
        wrong = F.lit(None).cast("string")
        if column.name in by_column:
            wrong = F.col(f"nothing_{column.name}")
            if column.type != "string":
                wrong = F.coalesce(wrong, _unconverted(column))
            bad.append(wrong)
        if column.required:
            gone = F.col(column.name).isNull() & wrong.isNull()
            missing.append(F.when(gone, F.lit(f"{column.name} is missing")))
        refused += list(_refusals(column))
    good = F.col(BROKEN).isNull()
    details = [F.when(good, _sentences(each)) for each in (bad, missing, refused)]
    frame = frame.select("*", *[d.alias(f"market_{r}") for r, d in zip(REASONS[1:], details, strict=True)])
    reason = F.when(~good, F.lit(REASONS[0]))
    for name in REASONS[1:]:
        reason = reason.when(F.col(f"market_{name}").isNotNull(), F.lit(name))
    detail = F.coalesce(F.col(BROKEN), F.concat_ws("; ", *[F.col(f"market_{name}") for name in REASONS[1:]]))
    frame = frame.select(
        *[column.name for column in contract.columns],
        kept(F.col(RAW)).alias("raw"),
        F.col(FILE).alias("source_file"),
        reason.alias("reject_reason"),
        F.when(reason.isNotNull(), F.substring(detail, 1, _DETAIL)).alias("reject_detail"),
    )
    # Spark pushes a filter on the verdict down by copying what it is made of, and each copy of a copy would
    # parse the record again, hundreds of times. It does not look into what a generator makes.
    return frame.select(F.explode(F.array(F.struct("*"))).alias("row")).select("row.*")


def _sentences(details: Sequence[Column]) -> Column:
    """The details that are there, joined; null when there is none."""
    if not details:
        return F.lit(None).cast("string")
    joined = F.concat_ws("; ", *details)
    return F.when(joined != "", joined)


def _nothing(expression: Expression, record: Shape, column: ContractColumn) -> Column:
    """A sentence where the expression fails, from what it read; null where it does not."""
    faults = []
    for name in expression.names:
        if name in record.parts and record.parts[name].container:
            sentence = F.lit(f"{column.name}: {name} is not built as the mapping reads it")
            faults.append(F.when(misshapen(name), sentence))
    if expression.failed is not None:
        read = [
            _quoted(".".join(map(str, r)), at(r), column) for r in expression.reaches if r[0] != "_record"
        ]
        said = F.concat_ws(", ", *read[:3]) if read else F.lit("its record")
        faults.append(F.when(expression.failed, F.concat(F.lit(f"{column.name}: nothing from "), said)))
    return F.coalesce(*faults) if faults else F.lit(None).cast("string")


def _quoted(name: str, value: Column, column: ContractColumn) -> Column:
    # A pseudonym may be made from what is none: hash(email) that fails must not write the address down.
    if column.classification in ("personal", "pseudonymous"):
        return F.when(value.isNotNull(), F.lit(name))
    return F.when(value.isNotNull(), F.concat(F.lit(f"{name} "), _shown(value.cast("string"))))


def _shown(text: Column) -> Column:
    cut = F.when(F.length(text) > _SHOWN, F.concat(F.substring(text, 1, _SHOWN), F.lit("…"))).otherwise(text)
    return F.concat(F.lit("'"), cut, F.lit("'"))


def _value(column: ContractColumn, text: Column) -> Column:
    return F.lit("a value (hidden)") if column.classification == "personal" else _shown(text)


def _unconverted(column: ContractColumn) -> Column:
    text = F.col(f"value_{column.name}")
    lost = F.col(column.name).isNull() & tidied(text).isNotNull()
    if column.type.startswith("map"):
        # A map whose every entry is blank is nothing, and rightly so.
        lost &= F.from_json(text, column.type).isNull()
    sentence = F.concat(F.lit(f"{column.name}: "), _value(column, text), F.lit(f" is not {column.type}"))
    return F.when(lost, sentence)


def _refusals(column: ContractColumn) -> Iterator[Column]:
    value = F.col(column.name)
    text = value.cast("string")

    def when(broken: Column, words: str) -> Column:
        return F.when(broken, F.concat(F.lit(f"{column.name}: "), _value(column, text), F.lit(f" {words}")))

    if column.allowed:
        yield when(~value.isin(*column.allowed), "is not on the contract's list")
    if column.minimum is not None:
        yield when(value < F.lit(column.minimum), f"is below {column.minimum:g}")
    if column.maximum is not None:
        yield when(value > F.lit(column.maximum), f"is above {column.maximum:g}")
    if column.pattern is not None:
        yield when(~value.rlike(rf"\A(?:{column.pattern})\z"), f"is not of the form {column.pattern}")


def _printable(type_: DataType) -> bool:
    return not isinstance(type_, MapType | ArrayType | StructType)


def _converted(expression: Expression, given: DataType, wanted: str) -> Column:
    value = F.col(f"value_{expression.column}")
    # Texts of the record are tidy already.
    if expression.plain and wanted == "string" and isinstance(given, StringType):
        return value
    return converted(value, given, wanted)


def converted(value: Column, given: DataType, wanted: str) -> Column:
    """A value of the expression's type in the contract's; null where it does not convert without loss."""
    if wanted == "string":
        return tidied(value.cast("string") if _printable(given) else F.to_json(value))
    if wanted.startswith("map"):
        return _map(value, given, wanted)
    if isinstance(given, StringType):
        return _from_text(tidied(value), wanted)
    if wanted in {"timestamp", "date"}:
        if not isinstance(given, TimestampType | TimestampNTZType | DateType):
            return F.lit(None).cast(wanted)
        # Later years are milliseconds taken for seconds, and neither Python nor a report can show them.
        first, last = (F.lit(day).cast("timestamp") for day in ("0001-01-02", "9999-12-30"))
        return F.when(value.cast("timestamp").between(first, last), value.cast(wanted))
    if isinstance(given, NumericType) and wanted in _INTEGERS:
        # Casts without ANSI wrap what is too large and cut what is not whole.
        bits = _INTEGERS[wanted] - 1
        fits = value.between(F.lit(-(2**bits)), F.lit(2**bits - 1)) & (value == F.floor(value))
        return F.when(fits, value.cast(wanted))
    if isinstance(given, DoubleType | FloatType):
        finite = ~F.isnan(value) & (F.abs(value) != F.lit(float("inf")))
        return F.when(finite, value.cast(wanted))
    return value.cast(wanted)


def _from_text(text: Column, wanted: str) -> Column:
    forms: dict[str, Callable[[Column], Column]] = {
        "timestamp": lambda v: F.when(v.rlike(_TIMESTAMP), v.cast(wanted)),
        "date": lambda v: F.when(v.rlike(_DATE), v.cast(wanted)),
        "boolean": lambda v: v.cast(wanted),
    }
    if wanted in forms:
        return forms[wanted](text)
    number = F.when((F.length(text) <= 64) & text.rlike(_NUMBER), text)
    if wanted in _INTEGERS:
        # Exports that passed through a spreadsheet or pandas write 6 as 6.0.
        number = F.regexp_replace(number, r"^([+-]?\d+)\.0*$", "$1")
        number = F.when(number.rlike(r"^[+-]?\d+$"), number)
    return number.cast(wanted)


def _map(value: Column, given: DataType, wanted: str) -> Column:
    """Entries without a value are left out, and a map without entries is null."""
    if isinstance(given, StringType | StructType):
        value = F.from_json(value if isinstance(given, StringType) else F.to_json(value), wanted)
    elif not isinstance(given, MapType):
        return F.lit(None).cast(wanted)
    texts = F.transform_values(value, lambda _, v: tidied(v.cast("string")))
    filled = F.map_filter(texts, lambda _, v: v.isNotNull())
    return F.when(F.size(filled) > 0, filled.cast(wanted))
