"""Records → contract columns and a reject reason: the first that holds for a record, and all details.

What is wrong with a value is for the contract's rules to say. The order of the reasons is that of
:data:`nightmarket.contracts.reasons.OF_SOURCES`. Everything here is Spark SQL; no record passes through
Python. Nearly all records are good, so whether something is wrong is found first and cheaply, and only a
record that is wrong pays for its sentence.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from operator import or_

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import BinaryType, DataType, StringType

from nightmarket.contracts import Column as ContractColumn
from nightmarket.contracts import Contract
from nightmarket.contracts.reasons import OF_SOURCES
from nightmarket.contracts.rules import Form, Required
from nightmarket.sources import identifiers
from nightmarket.sources.conversion import (
    FIRST_YEAR,
    LAST_YEAR,
    Spelling,
    converted,
    from_tidy,
    in_years,
    instant,
    printable,
)
from nightmarket.sources.expressions import Expression, at
from nightmarket.sources.guards import guarded
from nightmarket.sources.jsonl import misshapen
from nightmarket.sources.mapping import Nobody
from nightmarket.sources.records import BROKEN, FILE, RAW, kept, sized
from nightmarket.sources.shape import Shape, tidied

REASONS = tuple(reason.name for reason in OF_SOURCES)
_DETAIL, _SHOWN = 500, 60
_YEARS = f" of the years {FIRST_YEAR} to {LAST_YEAR}"
_OF_PEOPLE = ("personal", "pseudonymous")


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


def typed(
    frame: DataFrame,
    contract: Contract,
    expressions: Sequence[Expression],
    record: Shape,
    zone: str,
    default_currency: str,
    spelling: Spelling,
    nobody: Nobody,
) -> DataFrame:
    """The contract's columns, ``raw``, ``source_file``, ``reject_reason`` and ``reject_detail``, row for row.

    ``frame`` has the columns the expressions read, beside those of :mod:`nightmarket.sources.records`;
    ``record`` is the shape of JSON objects and empty for other formats.
    """
    with clock(frame.sparkSession, zone):
        by_column = {expression.column: expression for expression in expressions}
        good = F.col(BROKEN).isNull()
        spark = frame.sparkSession
        tried = {f"tried_{e.column}": F.when(good, _tried(spark, e)) for e in expressions if e.raising}
        frame = frame.withColumns(tried)
        values = [
            (F.col(f"tried_{e.column}.value") if e.raising else F.when(good, e.value)).alias(
                f"value_{e.column}"
            )
            for e in expressions
        ]
        binary = {field.name for field in frame.schema if isinstance(field.dataType, BinaryType)}
        nothing = [F.when(good, _nothing(e, record, contract.column(e.column), binary))
                   .alias(f"nothing_{e.column}") for e in expressions]  # fmt: skip
        frame = frame.select(RAW, FILE, BROKEN, *values, *nothing)
        types = {name: frame.schema[f"value_{name}"].dataType for name in by_column}
        times = [c.name for c in contract.columns if c.type == "timestamp" and c.name in by_column]
        texts = [name for name in times if by_column[name].plain and isinstance(types[name], StringType)]
        with clock(frame.sparkSession, "UTC"):
            instants = {f"instant_{name}": instant(F.col(f"value_{name}")) for name in texts}
            frame = frame.withColumns(instants)
        typed = [
            _converted(by_column[c.name], types[c.name], c.type, c.name in texts, spelling).alias(c.name)
            if c.name in by_column
            else F.lit(None).cast(c.type).alias(c.name)
            for c in contract.columns
        ]
        shown = [
            _as_text(F.col(f"value_{c.name}"), types[c.name], c.type).alias(f"value_{c.name}")
            for c in contract.columns
            if c.name in by_column
        ]
        frame = frame.select(RAW, FILE, BROKEN, *typed, *shown, *[f"nothing_{name}" for name in by_column])
        ids = [c for c in contract.columns if c.name in by_column and identifiers.identifies(c)]
        beyond_doubt = identifiers.plain([F.col(c.name) for c in ids], nobody)
        frame = frame.withColumn(identifiers.PLAIN, beyond_doubt)
        frame = frame.withColumns({c.name: _somebody(c, nobody) for c in ids})
        if {"price", "currency"} <= {c.name for c in contract.columns} and "currency" not in by_column:
            given = F.when(F.col("price").isNotNull(), F.lit(default_currency))
            frame = frame.withColumn("currency", given)
        return _with_reasons(frame, contract, by_column)


def computed(spark: SparkSession, expression: Expression) -> Column:
    """What the expression gives; null where it raises an error."""
    return guarded(spark, expression.value) if expression.raising else expression.value


def _tried(spark: SparkSession, expression: Expression) -> Column:
    """What the expression gives and whether it failed; null where it raised an error."""
    failed = F.lit(False) if expression.failed is None else expression.failed
    return guarded(spark, F.struct(expression.value.alias("value"), failed.alias("failed")))


@dataclass(frozen=True)
class _Fault:
    """What may be wrong with a record: when it is, and the sentence about it."""

    reason: str
    holds: Column
    sentence: Column


def _with_reasons(frame: DataFrame, contract: Contract, by_column: dict[str, Expression]) -> DataFrame:
    every = (fault for column in contract.columns for fault in _faults(column, by_column))
    faults = sorted(every, key=lambda fault: REASONS.index(fault.reason))
    reason = F.when(F.col(BROKEN).isNotNull(), F.lit(REASONS[0]))
    for name in REASONS[1:]:
        holding = [F.coalesce(fault.holds, F.lit(False)) for fault in faults if fault.reason == name]
        if holding:
            reason = reason.when(reduce(or_, holding), F.lit(name))
    frame = frame.withColumn("reject_reason", reason)
    sentences = [F.when(fault.holds, fault.sentence) for fault in faults]
    detail = F.coalesce(F.col(BROKEN), F.concat_ws("; ", *sentences))
    return frame.select(
        *[column.name for column in contract.columns],
        kept(F.col(RAW), F.col(BROKEN)).alias("raw"),
        F.col(FILE).alias("source_file"),
        "reject_reason",
        F.when(F.col("reject_reason").isNotNull(), F.substring(detail, 1, _DETAIL)).alias("reject_detail"),
    )


def _faults(column: ContractColumn, by_column: dict[str, Expression]) -> Iterator[_Fault]:
    """All that may be wrong with a column."""
    wrong = F.lit(False)
    if column.name in by_column:
        nothing = F.col(f"nothing_{column.name}")
        wrong = nothing.isNotNull()
        yield _Fault("bad_value", wrong, nothing)
        if column.type != "string":
            lost = _lost(column, by_column[column.name]) & ~wrong
            text = F.col(f"value_{column.name}")
            words = F.lit(f" is not {column.type}")
            if column.type in {"timestamp", "date"}:
                words = F.concat(words, F.when(text.cast("timestamp").isNotNull(), _YEARS).otherwise(""))
            sentence = F.concat(F.lit(f"{column.name}: "), _value(column, text), words)
            yield _Fault("bad_value", lost, sentence)
            wrong = wrong | lost
    value = F.col(column.name)
    text = sized(value) if column.type == "binary" else value.cast("string")
    for rule in column.checks:
        for fault in rule.faults(column.name, column.type):
            where = F.expr(fault.where)
            if isinstance(rule, Required):
                # A value that was there and did not convert is not missing.
                yield _Fault(rule.reason, where & ~wrong, F.lit(f"{column.name} {fault.words}"))
            else:
                yield _Fault(rule.reason, where, _sentence(column, text, F.lit(fault.words)))
    if identifiers.identifies(column):
        damage = identifiers.damage(value)
        yield _Fault(Form.reason, damage.holds, _sentence(column, text, damage.words))


def _as_text(value: Column, given: DataType, wanted: str) -> Column:
    """What a sentence shows of a value; of bytes, and of what should have been bytes, their number only."""
    if isinstance(given, BinaryType):
        return sized(value)
    text = value.cast("string") if printable(given) else F.to_json(value)
    return sized(text) if wanted == "binary" else text


def _nothing(
    expression: Expression, record: Shape, column: ContractColumn, binary: Collection[str]
) -> Column:
    """A sentence where the expression fails, from what it read; null where it does not."""
    faults = []
    for name in expression.names:
        if name in record.parts and record.parts[name].container:
            sentence = F.lit(f"{column.name}: {name} is not built as the mapping reads it")
            faults.append(F.when(misshapen(name), sentence))
    if expression.failed is not None or expression.raising:
        read = [
            _quoted(".".join(map(str, r)), sized(at(r)) if str(r[0]).lower() in binary else at(r), column)
            for r in expression.reaches
            if r[0] != "_record"
        ]
        said = F.concat_ws(", ", *read[:3]) if read else F.lit("its record")
        failed = expression.failed
        if expression.raising:
            tried = F.col(f"tried_{column.name}")
            what = expression.raising[0] if len(expression.raising) == 1 else ""
            words = f"{column.name}: {what or 'its expression'} fails on "
            faults.append(F.when(tried.isNull(), F.concat(F.lit(words), said)))
            failed = tried["failed"]
        if failed is not None:
            faults.append(F.when(failed, F.concat(F.lit(f"{column.name}: nothing from "), said)))
    return F.coalesce(*faults) if faults else F.lit(None).cast("string")


def _quoted(name: str, value: Column, column: ContractColumn) -> Column:
    # A pseudonym may be made from what is none: hash(email) that fails must not write the address down.
    if column.classification in _OF_PEOPLE:
        return F.when(value.isNotNull(), F.lit(name))
    return F.when(value.isNotNull(), F.concat(F.lit(f"{name} "), _shown(value.cast("string"))))


def _shown(text: Column) -> Column:
    cut = F.when(F.length(text) > _SHOWN, F.concat(F.substring(text, 1, _SHOWN), F.lit("…"))).otherwise(text)
    return F.concat(F.lit("'"), cut, F.lit("'"))


def _value(column: ContractColumn, text: Column) -> Column:
    return F.lit("a value (hidden)") if column.classification in _OF_PEOPLE else _shown(text)


def _somebody(column: ContractColumn, nobody: Nobody) -> Column:
    """An identifier in the one spelling it is compared by; null where it is a word for nobody."""
    value = F.col(column.name)
    bare = identifiers.trimmed(value)
    known = F.when(~identifiers.placeholder(bare, column, nobody), bare)
    return F.when(F.col(identifiers.PLAIN), value).otherwise(known)


def _lost(column: ContractColumn, expression: Expression) -> Column:
    """Where a value was there and did not convert."""
    text = F.col(f"value_{column.name}")
    lost = F.col(column.name).isNull() & (text if expression.plain else tidied(text)).isNotNull()
    if column.type.startswith("map"):
        # A map whose every entry is blank is nothing, and rightly so.
        lost &= F.from_json(text, column.type).isNull()
    return lost


def _sentence(column: ContractColumn, text: Column, words: Column) -> Column:
    return F.concat(F.lit(f"{column.name}: "), _value(column, text), F.lit(" "), words)


def _converted(
    expression: Expression, given: DataType, wanted: str, zoned: bool, spelling: Spelling
) -> Column:
    value = F.col(f"value_{expression.column}")
    if zoned:
        return F.coalesce(in_years(F.col(f"instant_{expression.column}")), from_tidy(value, wanted))
    # Texts of the record are tidy already.
    if expression.plain and isinstance(given, StringType) and wanted != "binary":
        return value if wanted == "string" else from_tidy(value, wanted, spelling)
    return converted(value, given, wanted, spelling)
