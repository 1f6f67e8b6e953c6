"""Whether a mapping fits its contract and the files: each problem one line with its place."""

from collections.abc import Iterator
from dataclasses import dataclass

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame, SparkSession

from nightmarket.contracts import Contract, Contracts
from nightmarket.errors import SourceError
from nightmarket.sources.expressions import Expression, Reach, Unusable, one_line, parse
from nightmarket.sources.judge import clock
from nightmarket.sources.layout import nearest
from nightmarket.sources.mapping import Shop, SourceMapping
from nightmarket.sources.records import OF_BINARY, Group
from nightmarket.sources.shape import Shape, shape

SPECIAL = ("_day", "_file", "_record")
"""What an expression may read besides the record's own columns."""


@dataclass(frozen=True)
class Source:
    """One export with its expressions parsed."""

    spark: SparkSession
    shop: Shop
    mapping: SourceMapping
    contract: Contract
    expressions: tuple[Expression, ...]
    """In the contract's order."""

    @property
    def reaches(self) -> Iterator[Reach]:
        """What the expressions read of the records themselves."""
        return (r for e in self.expressions for r in e.reaches if r[0] not in SPECIAL)

    @property
    def shape(self) -> tuple[Shape, tuple[str, ...]]:
        """The shape of a record as the expressions read it, and what they contradict each other about."""
        texts = {r for e in self.expressions for r in e.reaches if not (e.plain and self._number(e))}
        return shape(self.reaches, texts)

    def _number(self, expression: Expression) -> bool:
        type_ = self.contract.column(expression.column).type
        return type_.startswith("decimal") or type_ in {"int", "bigint", "float", "double"}

    def required(self, expression: Expression) -> bool:
        return self.contract.column(expression.column).required

    def place(self, column: str) -> str:
        line = self.mapping.lines.get(column, 1)
        return f"{self.shop.path}:{line}: {self.mapping.source}.{column}: "


def prepared(spark: SparkSession, shop: Shop, contracts: Contracts, name: str) -> tuple[Source, list[str]]:
    """The export's expressions, and all that is wrong with them without looking at any file.

    Raises:
        SourceError: the shop does not map this export.
    """
    if name not in shop.sources:
        mapped = ", ".join(sorted(shop.sources))
        raise SourceError(f"{shop.path}: this shop maps no {name}, only {mapped}; add it under 'sources'.")
    mapping, contract = shop.sources[name], contracts.sources[name]
    expressions, problems = [], []
    known = [column.name for column in contract.columns]
    blank = Source(spark, shop, mapping, contract, ())
    for name_given in mapping.columns:
        if name_given not in known:
            hint = nearest(name_given, known)
            problems.append(blank.place(name_given) + f"no such column in the contract{hint}.")
    for column in contract.columns:
        if column.name in mapping.columns:
            try:
                expressions.append(parse(spark, column.name, mapping.columns[column.name]))
            except Unusable as reason:
                problems.append(blank.place(column.name) + f"{reason}.")
        elif column.required:
            problems.append(
                f"{shop.path}: {name} gives no expression for {column.name}, which the contract requires "
                f"({column.description.rstrip('.')})."
            )
    source = Source(spark, shop, mapping, contract, tuple(expressions))
    if mapping.format == "jsonl":
        contradictions = source.shape[1]
        problems += [f"{shop.path}: {name}: {contradiction}." for contradiction in contradictions]
    if mapping.format == "binary":
        # A name that no column has may be one that Spark knows, such as ``user``.
        problems += [
            source.place(expression.column)
            + f"a binary file has no column '{name}', only {', '.join(OF_BINARY)}."
            for expression in expressions
            for name in expression.names
            if name.lower() not in (*OF_BINARY, *SPECIAL)
        ]
    return source, problems


def lacking(source: Source, group: Group) -> tuple[list[str], list[str]]:
    """Columns the files' header does not have, or has twice: problems, and notes.

    One that only optional contract columns read may be absent: it is null on such a day, and a note.
    """
    problems: list[str] = []
    notes: list[str] = []
    for expression in source.expressions if group.header else ():
        for name in expression.names:
            count = len(group.header.positions(name)) if group.header else 1
            if name in SPECIAL or count == 1:
                continue
            grave = count > 1 or source.required(expression)
            (problems if grave else notes).append(source.place(expression.column) + _unknown(name, group))
    return problems, notes


def _unknown(name: str, group: Group) -> str:
    assert group.header is not None
    file, names = group.files[0].name, group.header.names
    times = len(group.header.positions(name))
    if times > 1:
        return f"{file} has the column '{name}' {times} times; rename all but one."
    if len(names) == 1:
        return (
            f"no column '{name}' in {file}; the header has only '{names[0][:200]}'. Is the option sep right?"
        )
    shown = ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
    near = nearest(name, names)
    return f"no column '{name}' in {file}{near if 'mean' in near else '.'} The header has {shown[:1000]}."


def misfits(source: Source, frame: DataFrame) -> list[str]:
    """Expressions that Spark refuses, whatever the record."""
    with clock(source.spark, source.shop.timezone):
        empty = source.spark.createDataFrame([], frame.schema)
        if _misfit(source.spark, empty, [e.value for e in source.expressions]) is None:
            return []
        found = ((e, _misfit(source.spark, empty, [e.value])) for e in source.expressions)
        return [source.place(e.column) + f"{reason}." for e, reason in found if reason is not None]


def _misfit(spark: SparkSession, frame: DataFrame, values: list[Column]) -> str | None:
    """What Spark says against values of these records, before it has seen one."""
    try:
        # Patterns, formats and all else that is written down are looked at where code is made of them.
        plan = frame.select(*values)._jdf.queryExecution().optimizedPlan()
        codegen = spark._jvm.org.apache.spark.sql.catalyst.expressions.codegen  # type: ignore[union-attr]
        codegen.GenerateUnsafeProjection.generate(plan.projectList(), plan.child().output())
    except (PySparkException, Py4JJavaError) as error:
        return one_line(error)
    return None
