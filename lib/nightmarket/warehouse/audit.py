"""The audit of rows that are written but not yet published: every check of the contract, all at once.

One pass of aggregates looks at each row by itself. Keys, unique columns and references need one grouping or
join each. The numbers of rows are then compared with the contract's limits and with the newest day before. A
second look at the rows is taken only for a check that failed, to name three of them. What is checked, and the
words for it, are the contract's: :mod:`nightmarket.contracts.rules` and :mod:`nightmarket.contracts.checks`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from nightmarket.contracts import Column, Contract
from nightmarket.contracts.checks import Counts, Drop, of_day, rows, unique
from nightmarket.warehouse.examples import EXAMPLES, broken_rows, rejected_rows, shown

TOGETHER = 200_000
"""Keys that one task looks for repeats among."""


@dataclass(frozen=True)
class Finding:
    """A check that failed, worded for the reader."""

    table: str
    day: date
    text: str


NewestDay = Callable[[str], tuple[date | None, DataFrame | None]]
"""Of a table the newest day up to the run's and its rows, as the run reads them; None where it has none."""


def audit_rows(written: DataFrame, contract: Contract, day: date) -> tuple[int, list[Finding]]:
    """The number of rows of the day, and what is wrong with them one by one or among each other."""
    checks = [(column, rule) for column in contract.columns for rule in column.checks]
    conditions = [F.expr(rule.where(column.name, column.type)) for column, rule in checks]
    sums = [
        F.coalesce(F.sum(condition.cast("long")), F.lit(0)).alias(f"check_{i}")
        for i, condition in enumerate(conditions)
    ]
    totals: Row = written.agg(F.count(F.lit(1)).alias("rows"), *sums).collect()[0]
    findings = []
    for i, (column, rule) in enumerate(checks):
        count = totals[f"check_{i}"]
        if count:
            examples = broken_rows(written.where(conditions[i]), contract, column)
            text = f"{column.name} is {rule.broken(column.type)}"
            findings.append(_finding(contract, day, text, count, examples, rule.remedy()))
    findings += _repeated(written, totals["rows"], contract, day)
    return totals["rows"], findings


def audit_references(
    written: DataFrame, contract: Contract, day: date, newest_of: NewestDay
) -> list[Finding]:
    """Values that the referenced tables lack on their newest day."""
    findings: list[Finding] = []
    for column in contract.columns:
        if column.reference is not None:
            own = column.reference.table == contract.table
            newest, target = (day, written) if own else newest_of(column.reference.table)
            findings += _reference(written, contract, column, newest, target, day)
    return findings


def _reference(
    written: DataFrame,
    contract: Contract,
    column: Column,
    newest: date | None,
    target: DataFrame | None,
    day: date,
) -> Iterator[Finding]:
    reference = column.reference
    assert reference is not None
    given = written.where(F.col(column.name).isNotNull())
    if target is not None:
        known = target.select(F.col(reference.column).alias(column.name)).distinct()
        given = given.join(known, on=column.name, how="left_anti")
    count = given.count()
    if count:
        text = f"{column.name} is {reference.broken(newest)}"
        yield _finding(contract, day, text, count, broken_rows(given, contract, column))


def drop_since(written: DataFrame, earlier: DataFrame, contract: Contract) -> Drop | None:
    """The rows whose drop the contract limits, tonight and on the newest of the earlier days."""
    if contract.maximum_drop is None:
        return None
    counted = F.col(contract.drop_counts) if contract.drop_counts else F.lit(True)
    newest = earlier.agg(F.max("day")).collect()[0][0]
    if newest is None:
        return None
    before = earlier.where((F.col("day") == F.lit(newest)) & counted).count()
    return Drop(written.where(counted).count(), newest, before)


def audit_counts(contract: Contract, day: date, counts: Counts, rejected: DataFrame | None) -> list[Finding]:
    """What is wrong with the number of rows; ``rejected``: the rejected rows, to be looked at then."""
    findings = []
    for check in of_day(contract):
        text = check.broken(counts)
        if text:
            reasons = check.examples(counts)
            examples = rejected_rows(rejected, reasons) if rejected is not None and reasons else []
            findings.append(Finding(contract.table, day, text + _examples(examples)))
    return findings


def by_reason(rejected: DataFrame) -> Mapping[str, int]:
    """The rows of a table of rejected rows by reason."""
    counted = rejected.where("reason is not null").groupBy("reason").count().collect()
    return {row["reason"]: row["count"] for row in counted}


def _repeated(written: DataFrame, count: int, contract: Contract, day: date) -> Iterator[Finding]:
    """Keys, and values of unique columns, that more than one row of the day has."""
    for check in unique(contract):
        names = check.within_day
        if not names:
            continue
        given = written if check.key else written.dropna(subset=list(names))
        # By their hash first: nearly all keys are unique, and a number is far cheaper to count than a key.
        # For the same reason they are put together first, and not counted once more where they come from.
        hashed = given.select(*names, F.xxhash64(*names).alias("hash"))
        together = hashed.select("hash").repartition(1 + count // TOGETHER, "hash")
        often = together.groupBy("hash").count().where(F.col("count") > 1).select("hash")
        met = hashed.join(often, "hash", "left_semi")
        repeated = met.groupBy(*names).count().where(F.col("count") > 1)
        total = repeated.agg(F.count(F.lit(1)).alias("values"), F.sum("count").alias("rows")).collect()[0]
        if total["values"]:
            examples = [shown(row, contract, names) for row in repeated.orderBy(*names).take(EXAMPLES)]
            yield _finding(contract, day, check.broken(total["values"]), total["rows"], examples)


def _finding(
    contract: Contract, day: date, text: str, count: int, examples: Sequence[str], remedy: str = ""
) -> Finding:
    then = f"; {remedy}" if remedy else ""
    return Finding(contract.table, day, f"{text} in {rows(count)}{_examples(examples)}{then}")


def _examples(examples: Sequence[str]) -> str:
    return f"; e.g. {' | '.join(examples)}" if examples else ""
