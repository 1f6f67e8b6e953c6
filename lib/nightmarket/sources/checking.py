"""``sources check``: all that is wrong with a mapping at once, found in a sample of the day's files."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import BinaryType

from nightmarket.contracts import Contract, Contracts
from nightmarket.errors import SourceError
from nightmarket.sources import hints, keys, lists
from nightmarket.sources.expressions import Reach
from nightmarket.sources.failure import briefly, explained
from nightmarket.sources.fit import Source, lacking, misfits, prepared
from nightmarket.sources.grouping import groups
from nightmarket.sources.layout import nearest
from nightmarket.sources.mapping import Shop
from nightmarket.sources.reading import chosen, parsed, settle, typed_records
from nightmarket.sources.records import sized
from nightmarket.sources.rows import LEFT_OUT
from nightmarket.sources.scales import coarse_clocks, other_stars

SAMPLE = 1000
"""Records read of each group of like files."""

_SHOWN = 5
_HIDDEN = "•••"


@dataclass(frozen=True)
class Rejected:
    """One record of the sample that cannot be used."""

    source: str
    file: str
    reason: str
    detail: str
    fields: Mapping[str, str]
    """What the mapping made of it, by contract column; personal and pseudonymous ones are masked."""


@dataclass(frozen=True)
class Findings:
    """What was found about one export."""

    problems: tuple[str, ...]
    notes: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    sampled: int = 0
    """Rows made of the records read."""
    records: int = 0
    """Records read; more or fewer than the rows when the mapping names a list, or a condition."""
    left_out: int = 0
    """Rows that the mapping's condition leaves out."""
    rejected: Mapping[str, int] | None = None
    """Of the rows, by reject reason."""
    samples: tuple[Rejected, ...] = ()


@dataclass(frozen=True)
class Report:
    """What a check found. Problems must be mended; notes may be right as they are."""

    shop: str
    day: date
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    samples: tuple[Rejected, ...]
    """The first rejected records of each source."""
    sources: Mapping[str, Findings]

    @property
    def ok(self) -> bool:
        return not self.problems

    def in_words(self) -> str:
        lines = [f"{self.shop}, {self.day}"]
        for name, found in self.sources.items():
            counts = sorted((found.rejected or {}).items())
            reasons = ", ".join(f"{count} {reason}" for reason, count in counts) or "none rejected"
            sampled = f"{found.sampled} records sampled"
            if (found.records, found.left_out) != (found.sampled, 0):
                sampled = (
                    f"{found.sampled} rows of {found.records} records sampled, {found.left_out} left out"
                )
            lines.append(f"  {name}: {len(found.files)} file(s), {sampled}, {reasons}")
        for sample in self.samples:
            fields = ", ".join(f"{name}={value}" for name, value in sample.fields.items())
            lines.append(f"  rejected  {sample.source}, {sample.file}: {sample.reason}: {sample.detail}")
            if fields:
                lines.append(f"            {fields}")
        lines += [f"  note      {note}" for note in self.notes]
        lines += [f"  problem   {problem}" for problem in self.problems]
        lines.append(f"  {len(self.problems)} problem(s)" if self.problems else "  no problems")
        # A value that holds a line break shall not look like a line of ours.
        return "\n".join(" ".join(line.splitlines()) for line in lines)


def check(
    spark: SparkSession,
    shop: Shop,
    contracts: Contracts,
    day: date,
    landing: Path | str,
    parameters: Mapping[str, Iterable[str]] | None = None,
    limits: Mapping[str, tuple[str, float]] | None = None,
) -> Report:
    """Read a sample of every source of the day and report every problem at once.

    ``parameters``, when given, holds the tuning values each table's job takes; names in the mapping that are
    not among them are problems. ``limits`` holds, by source, the table that is made of it and the share of
    rejects above which that table stops.
    """
    settle(spark)
    problems: list[str] = []
    for table, values in shop.parameters.items() if parameters is not None else ():
        known = list((parameters or {}).get(table, ()))
        for name in values:
            if name not in known:
                problems.append(f"{shop.path}: {table} has no parameter '{name}'{nearest(name, known)}.")
    sources = {name: _checked(spark, shop, contracts, name, day, landing) for name in shop.sources}
    problems += [problem for found in sources.values() for problem in found.problems]
    problems += [
        problem for name, found in sources.items() for problem in _above(shop, found, name, limits or {})
    ]
    notes = [note for found in sources.values() for note in found.notes]
    samples = tuple(sample for found in sources.values() for sample in found.samples)
    return Report(shop.name, day, _once(problems), _once(notes), samples, sources)


def _checked(
    spark: SparkSession, shop: Shop, contracts: Contracts, name: str, day: date, landing: Path | str
) -> Findings:
    source, problems = prepared(spark, shop, contracts, name)
    notes: list[str] = []
    rows: list[Row] = []
    identified: list[Row] = []
    records = left_out = 0
    try:
        found = groups(spark, source.mapping, day, landing)
    except SourceError as error:
        return Findings(_once([*problems, *str(error).splitlines()]))
    for group in found:
        grave, slight = lacking(source, group)
        problems += grave
        notes += slight
        try:
            frame = parsed(source, group, day, landing, SAMPLE)
            wrong = misfits(source, frame)
            problems += wrong
            if wrong:
                continue
            frame = chosen(source, frame)
            kept = frame.where(~F.col(LEFT_OUT)) if source.where else frame
            typed = _without_bytes(typed_records(source, kept)).collect()
            notes += hints.notes(source, kept, typed, day)
            tally, longer = lists.tallied(source, frame)
            many = chosen(source, parsed(source, group, day, landing, keys.MOST))
            identified += keys.sampled(source, many) if keys.columns(source) else []
            # A condition on a field that no record has leaves all of them out.
            seen = typed_records(source, frame).collect() if source.where else typed
        except SourceError as error:
            problems += str(error).splitlines()
            continue
        except (PySparkException, Py4JError) as error:
            known = explained(error)
            problems.append(str(known or f"{shop.path}: {name}: Spark cannot read this: {briefly(error)}."))
            continue
        rows += typed
        records += tally.records if tally else len(typed)
        left_out += tally.left_out if tally else 0
        notes += longer
        if source.mapping.format == "jsonl":
            grave, slight = _unseen(source, seen)
            problems += grave
            notes += slight
    notes += hints.of_encoding(source, rows)
    notes += coarse_clocks(source, rows)
    for grave, slight in (other_stars(source, rows), keys.findings(source, identified)):
        problems += grave
        notes += slight
    bad = [row for row in rows if row.reject_reason]
    if rows and len(bad) == len(rows):
        first = f"{bad[0].reject_reason}, {bad[0].reject_detail}"
        problems.append(f"{shop.path}: {name}: all {len(rows)} records sampled are rejected; first: {first}.")
    return Findings(
        problems=_once(problems),
        notes=_once(notes),
        files=tuple(sorted(file.name for group in found for file in group.files)),
        sampled=len(rows),
        records=records,
        left_out=left_out,
        rejected=dict(Counter(row.reject_reason for row in bad)),
        samples=tuple(_masked(name, source.contract, row) for row in bad[:_SHOWN]),
    )


def _above(shop: Shop, found: Findings, name: str, limits: Mapping[str, tuple[str, float]]) -> Iterator[str]:
    """That the night of a table will stop, if the rest of its export is like the sample."""
    table, most = limits.get(name, ("", 1.0))
    counts = Counter(found.rejected or {})
    if not most * found.sampled < counts.total() < found.sampled:
        return
    continued = shop.sources[name].format == "csv" and shop.sources[name].fill_down is None
    advice = ""
    if continued and counts.most_common(1)[0][0] == "missing_required":
        advice = "where blank columns continue the record before, say so with fill_down and where; "
    yield (
        f"{shop.path}: {name}: {counts.total()} of {found.sampled} records sampled are rejected "
        f"({counts.total() / found.sampled:.1%}), and {table} stops above {most:.1%}; {advice}mend "
        "them, or let the mapping say most_rejected."
    )


def _without_bytes(frame: DataFrame) -> DataFrame:
    """The frame with the size in place of every binary value: nobody reads bytes off a screen."""
    binary = [field.name for field in frame.schema if isinstance(field.dataType, BinaryType)]
    return frame.withColumns({name: sized(F.col(name)) for name in binary})


def _once(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(lines))


def _unseen(source: Source, rows: list[Row]) -> tuple[list[str], list[str]]:
    """JSON fields the mapping reads and no record sampled has; grave where the contract requires them."""
    objects = []
    for row in rows:
        if row.reject_reason != "unparseable":
            try:
                objects.append(json.loads(row.raw))
            except ValueError:
                continue  # cut at 32 kB, or in a dialect the options allow: it names no fields to us
    problems: list[str] = []
    notes: list[str] = []
    for expression in source.every if objects else ():
        for reach in expression.reaches:
            inside = source.in_record(reach)
            missing = None if reach[0] in source.special else _first_unseen(objects, inside)
            if missing is not None:
                step, known = missing
                name = ".".join(map(str, reach))
                said = f"no field '{name}' in the first {len(objects)} records{nearest(step, known)}."
                grave = expression is source.where or source.required(expression)
                found = problems if grave else notes
                found.append(source.place(expression.column) + said)
    return problems, notes


def _first_unseen(objects: list[object], reach: Reach) -> tuple[str, list[str]] | None:
    """The first step of a reach that leads nowhere in any object, and the names there are instead."""
    here = objects
    for step in reach:
        if isinstance(step, int):
            here = [item for each in here if isinstance(each, list) for item in each]
            continue
        inside = [each for each in here if isinstance(each, dict)]
        here = [each[step] for each in inside if step in each]
        if not here:
            return step, list(dict.fromkeys(key for each in inside for key in each))
    return None


def _masked(source: str, contract: Contract, row: Row) -> Rejected:
    fields = {}
    for column in contract.columns:
        value = row[column.name]
        if value is not None:
            private = column.classification in {"personal", "pseudonymous"}
            fields[column.name] = _HIDDEN if private else str(value)[:80]
    return Rejected(source, row.source_file, row.reject_reason, row.reject_detail, fields)
