"""The audit of rows that are written but not yet published: every rule of the contract, all breaches at once.

One pass of aggregates judges each row by itself (required, range, closed list, pattern). Keys, unique
columns and references need one grouping or join each. The numbers of rows are then held against the
contract's limits and against the newest day before. A second look at the rows is taken only for a rule that
is broken, to name three of them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame, Row, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T

from nightmarket.contracts import Column, Contract

EXAMPLES = 3
_LONGEST_DETAIL = 120
"""Characters."""
TOGETHER = 200_000
"""Keys that one task looks for repeats among."""


@dataclass(frozen=True)
class Rule:
    """A promise about single rows of a column, and the rows that break it."""

    column: Column
    broken: str
    """What is said of rows that break it: ``"missing"``, ``"outside 1..5"``."""
    where: Expression


@dataclass(frozen=True)
class Finding:
    """A broken rule, worded for the reader."""

    table: str
    day: date
    text: str


REPEATED = "duplicate"
"""How reasons begin by which a row only repeats one that is kept."""
CONFLICTING = "conflicting"
"""The reason of a row that has the id of one that is kept, and says something else."""


@dataclass(frozen=True)
class Counts:
    """What is known of the size of a publish beside its rows."""

    written: int
    """Rows in the write, whatever day they claim."""
    rows_in: int | None = None
    """Rows counted at the source; None when nobody counted."""
    rejected: int | None = None
    """Rows in the rejects table for this day; None when the table has none."""
    repeated: int = 0
    """Of those, rows that only said again what a kept row says."""
    conflicting: int = 0
    """Of those, rows that had the id of a kept row and said something else."""
    carried: int = 0
    """Rows that no export brought tonight: the job kept them from an earlier day."""
    refused: DataFrame | None = None
    """The rejected rows themselves, to be looked at when they are too many."""


@dataclass(frozen=True)
class Drop:
    """Rows of the kind whose drop a contract limits: tonight's, and those of the newest earlier day."""

    rows: int
    earlier: date
    rows_before: int


def audit_rows(rows: DataFrame, contract: Contract, day: date) -> tuple[int, list[Finding]]:
    """The number of rows of the day, and what is wrong with them one by one or among each other."""
    rules = list(_rules(rows, contract))
    sums = [
        F.coalesce(F.sum(rule.where.cast("long")), F.lit(0)).alias(f"rule_{i}")
        for i, rule in enumerate(rules)
    ]
    totals: Row = rows.agg(F.count(F.lit(1)).alias("rows"), *sums).collect()[0]
    findings = []
    for i, rule in enumerate(rules):
        count = totals[f"rule_{i}"]
        if count:
            examples = _examples(rows.where(rule.where), contract, rule.column)
            findings.append(_finding(contract, day, f"{rule.column.name} is {rule.broken}", count, examples))
    findings += _repeated(rows, totals["rows"], contract, day)
    return totals["rows"], findings


def audit_reference(
    rows: DataFrame,
    contract: Contract,
    column: Column,
    target: DataFrame | None,
    target_day: date | None,
    day: date,
) -> list[Finding]:
    """Values that the referenced table lacks on its newest day; ``target`` None: it has no day at all."""
    reference = column.reference
    assert reference is not None
    given = rows.where(F.col(column.name).isNotNull())
    if target is not None:
        known = target.select(F.col(reference.column).alias(column.name)).distinct()
        given = given.join(known, on=column.name, how="left_anti")
    count = given.count()
    if not count:
        return []
    where = f" on {target_day}" if target_day else ", which has no day up to this one,"
    text = f"{column.name} is not among {reference.table}.{reference.column}{where}"
    return [_finding(contract, day, text, count, _examples(given, contract, column))]


def audit_counts(
    contract: Contract, day: date, rows: int, drop: Drop | None, counts: Counts
) -> list[Finding]:
    """What is wrong with the number of rows.

    Args:
        rows: rows of the day as written.
        drop: tonight against the newest earlier day; None when there is none or the contract sets no limit.
        counts: what else was counted.
    """
    texts = []
    if counts.written != rows:
        texts.append(f"{_rows(counts.written - rows)} of another day than the run's")
    if rows < contract.minimum_rows:
        texts.append(f"{_rows(rows)}, fewer than the {contract.minimum_rows} its contract asks for")
    # Whether a day may be empty is the minimum's to say (a shop may be closed); a drop is half an export.
    if rows and drop is not None and contract.maximum_drop is not None:
        kind = f"{contract.drop_counts} " if contract.drop_counts else ""
        if drop.rows < drop.rows_before * (1 - contract.maximum_drop):
            share = f"{1 - drop.rows / drop.rows_before:.0%}"
            texts.append(
                f"{kind}{_rows(drop.rows)}, {share} fewer than the {drop.rows_before} of {drop.earlier}; "
                f"its contract allows a drop of {contract.maximum_drop:.0%}"
            )
    if counts.rejected is not None:
        texts += _balance(contract, rows - counts.carried, counts)
    return [Finding(contract.table, day, text) for text in texts]


def _balance(contract: Contract, rows: int, counts: Counts) -> Iterator[str]:
    """Rows kept and rejected against what came in; carried rows are in none of the three.

    The limit on rejects is about what is lost. A shop that exports an item once a sale, or sends an event
    twice, loses nothing by the repeats, however many they are. Where rows of one id differ in what people
    read, the ids may be damaged (a spreadsheet makes one of many), and no other rule would notice.
    """
    rejected, rows_in = counts.rejected or 0, counts.rows_in
    judged, unusable = rows + rejected, rejected - counts.repeated - counts.conflicting
    limit = contract.maximum_reject_rate
    if limit is not None and unusable > limit * judged:
        share = f"{unusable / judged:.1%}"
        lost = ~F.col("reason").startswith(REPEATED) & (F.col("reason") != CONFLICTING)
        why = "" if counts.refused is None else f": {_reasons(counts.refused.where(lost))}"
        yield f"{unusable} of {_rows(judged)} rejected ({share}), and {limit:.1%} are allowed{why}"
    limit = contract.maximum_conflict_rate
    if limit is not None and counts.conflicting > limit * judged:
        share = f"{counts.conflicting / judged:.1%}"
        yield (
            f"{counts.conflicting} of {_rows(judged)} are conflicting ({share}): another row has the same id "
            f"and says something else, and {limit:.1%} are allowed; look at the ids, and where they are "
            f"right let the mapping say `most_conflicting`{_details(counts.refused, [CONFLICTING])}"
        )
    if rows_in is not None and rows_in != judged:
        off = f"{rows_in - judged} lost" if rows_in > judged else f"{judged - rows_in} too many"
        yield f"{_rows(rows_in)} came in, {rows} would be published, {rejected} rejected: {off}"


def _reasons(unusable: DataFrame) -> str:
    """Every reason with its rows, most first, and three examples, of as many reasons as there are.

    A detail hides what is personal when it is written; the row itself is shown by `nightmarket show` alone.
    """
    counted = unusable.groupBy("reason").count().orderBy(F.desc("count"), "reason").collect()
    reasons = ", ".join(f"{row['count']} {row['reason']}" for row in counted)
    return f"{reasons}{_details(unusable, [row['reason'] for row in counted])}"


def _details(rejected: DataFrame | None, reasons: Sequence[str]) -> str:
    """Three details of rows rejected for these reasons, behind ``; e.g.``."""
    if rejected is None:
        return ""
    place = F.row_number().over(Window.partitionBy("reason").orderBy("detail", "source_file"))
    first = (
        rejected.where(F.col("reason").isin(*reasons))
        .select("reason", "detail", "source_file")
        .distinct()
        .withColumn("place", place)
        .where(F.col("place") <= EXAMPLES)
    )
    order = {reason: number for number, reason in enumerate(reasons)}
    # The first of each reason before the second of any.
    found = sorted(first.collect(), key=lambda row: (row["place"], order[row["reason"]]))[:EXAMPLES]
    examples = [f"'{_short(row['detail'] or row['reason'])}' in {row['source_file']}" for row in found]
    return f"; e.g. {' | '.join(examples)}"


def _short(detail: str) -> str:
    line = " ".join(detail.split())
    return line if len(line) <= _LONGEST_DETAIL else f"{line[: _LONGEST_DETAIL - 3]}..."


def _rules(rows: DataFrame, contract: Contract) -> Iterator[Rule]:
    for column in contract.columns:
        value, kind = F.col(f"`{column.name}`"), rows.schema[column.name].dataType
        floating = isinstance(kind, T.DoubleType | T.FloatType)
        if column.required or column.key:
            if floating:
                yield Rule(column, "required, but missing or NaN", value.isNull() | F.isnan(value))
            elif _holds_floats(kind):
                hole = F.exists(value, lambda element: element.isNull() | F.isnan(element))
                yield Rule(column, "required, but missing or holding NaN", F.coalesce(hole, F.lit(True)))
            else:
                yield Rule(column, "required, but missing", value.isNull())
        outside = []
        if column.minimum is not None:
            outside.append(value < F.lit(column.minimum))
        if column.maximum is not None:
            # Spark orders NaN above every number; it is the required rule's to judge.
            above = value > F.lit(column.maximum)
            outside.append(above & ~F.isnan(value) if floating else above)
        if outside:
            broken = F.coalesce(outside[0], F.lit(False))
            for other in outside[1:]:
                broken = broken | F.coalesce(other, F.lit(False))
            yield Rule(column, _beyond(column), broken)
        if column.allowed:
            known = value.cast("string").isin(*column.allowed)
            yield Rule(column, f"none of {', '.join(column.allowed)}", F.coalesce(~known, F.lit(False)))
        if column.pattern is not None:
            # \z and not $, which in Java also matches before a last line break.
            matches = value.cast("string").rlike(rf"\A(?:{column.pattern})\z")
            yield Rule(column, f"not of the form {column.pattern}", F.coalesce(~matches, F.lit(False)))


def _repeated(rows: DataFrame, count: int, contract: Contract, day: date) -> Iterator[Finding]:
    """Keys, and values of unique columns, that more than one row of the day has."""
    groups = [tuple(k for k in contract.keys if k != "day")]
    groups += [
        (c.name,) for c in contract.columns if c.unique and (c.name,) not in groups and c.name != "day"
    ]
    for names in groups:
        if not names:
            continue
        given = rows.dropna(subset=list(names)) if names != groups[0] else rows
        # By their hash first: nearly all keys are unique, and a number is far cheaper to count than a key.
        # For the same reason they are put together first, and not counted once more where they come from.
        hashed = given.select(*names, F.xxhash64(*names).alias("hash"))
        together = hashed.select("hash").repartition(1 + count // TOGETHER, "hash")
        often = together.groupBy("hash").count().where(F.col("count") > 1).select("hash")
        met = hashed.join(often, "hash", "left_semi")
        repeated = met.groupBy(*names).count().where(F.col("count") > 1)
        total = repeated.agg(F.count(F.lit(1)).alias("values"), F.sum("count").alias("rows")).collect()[0]
        if total["values"]:
            promise = "the key" if names == groups[0] else "which must be unique"
            values = "1 value" if total["values"] == 1 else f"{total['values']} values"
            examples = [_shown(row, contract, names) for row in repeated.orderBy(*names).take(EXAMPLES)]
            text = f"{', '.join(names)}, {promise}, is repeated: {values}"
            yield _finding(contract, day, text, total["rows"], examples)


def _examples(broken: DataFrame, contract: Contract, column: Column) -> list[str]:
    """Three of the rows by their keys, and the value that is wrong unless it could name a person."""
    keys = [key for key in contract.keys if key != "day"]
    order = keys or [column.name]
    if any(isinstance(broken.schema[name].dataType, T.MapType) for name in order):
        order = []
    names = list(dict.fromkeys([*keys, column.name]))
    chosen = broken.select(*names).orderBy(*order) if order else broken.select(*names)
    return [_shown(row, contract, names) for row in chosen.take(EXAMPLES)]


def _shown(row: Row, contract: Contract, names: Sequence[str]) -> str:
    return ", ".join(f"{name}={_value(row[name], contract.column(name))}" for name in names)


def _value(value: object, column: Column) -> str:
    if value is None:
        return "null"
    if column.classification in ("personal", "pseudonymous"):
        return "sha256:" + sha256(str(value).encode()).hexdigest()[:12]
    text = f"{len(value):,} bytes" if isinstance(value, bytes | bytearray) else str(value)
    return text if len(text) <= 40 else text[:37] + "..."


def _finding(contract: Contract, day: date, text: str, count: int, examples: Sequence[str]) -> Finding:
    shown = f"; e.g. {' | '.join(examples)}" if examples else ""
    return Finding(contract.table, day, f"{text} in {_rows(count)}{shown}")


def _rows(count: int) -> str:
    return f"{count} row" if count == 1 else f"{count} rows"


def _beyond(column: Column) -> str:
    low, high = (f"{bound:.12g}" if bound is not None else None for bound in (column.minimum, column.maximum))
    if low is not None and high is not None:
        return f"outside {low}..{high}"
    return f"below {low}" if low is not None else f"above {high}"


def _holds_floats(kind: T.DataType) -> bool:
    return isinstance(kind, T.ArrayType) and isinstance(kind.elementType, T.FloatType | T.DoubleType)
