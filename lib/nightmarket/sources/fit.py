"""Whether a mapping fits its contract and the files: each problem one line with its place."""

from collections.abc import Iterator
from dataclasses import dataclass

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql.types import ArrayType, BooleanType

from nightmarket.contracts import Contract, Contracts
from nightmarket.errors import SourceError
from nightmarket.sources.conversion import printable
from nightmarket.sources.expressions import Expression, Reach, Unusable, one_line, parse
from nightmarket.sources.layout import nearest
from nightmarket.sources.mapping import Shop, SourceMapping
from nightmarket.sources.records import OF_BINARY, Group
from nightmarket.sources.rows import POSITION
from nightmarket.sources.shape import Shape, shape
from nightmarket.sources.typed import clock

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
    where: Expression | None = None
    """The condition for a row to count."""
    rows: Reach = ()
    """The list whose elements are rows."""

    @property
    def every(self) -> tuple[Expression, ...]:
        return (*self.expressions, self.where) if self.where else self.expressions

    @property
    def special(self) -> tuple[str, ...]:
        """What an expression may read besides the record's own columns."""
        return (*SPECIAL, POSITION) if self.rows else SPECIAL

    @property
    def reaches(self) -> Iterator[Reach]:
        """What is read of the records themselves."""
        read = [r for e in self.every for r in e.reaches if r[0] not in self.special]
        yield from map(self.in_record, read)
        if self.rows and not any(reach[: len(self.rows)] == self.rows for reach in read):
            yield (*self.rows, 0)
        fill = self.mapping.fill_down
        known = {str(reach[0]).casefold() for reach in read}
        for name in (*fill.columns, fill.by) if fill else ():
            if name and name.casefold() not in known:
                yield (name,)

    def in_record(self, reach: Reach) -> Reach:
        """Where in a record that lies which an expression reads: what it says of the list is said of each
        element."""
        depth = len(self.rows)
        return (*self.rows, 0, *reach[depth:]) if depth and reach[:depth] == self.rows else reach

    @property
    def shape(self) -> tuple[Shape, tuple[str, ...]]:
        """The shape of a record as the expressions read it, and what they contradict each other about."""
        texts = {
            self.in_record(reach)
            for expression in self.every
            for reach in expression.reaches
            if not (expression.plain and self._number(expression))
        }
        return shape(self.reaches, texts)

    def _number(self, expression: Expression) -> bool:
        if expression is self.where:
            return False
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
    where: Expression | None = None
    rows: Reach = ()
    try:
        where = parse(spark, "where", mapping.where) if mapping.where else None
    except Unusable as reason:
        problems.append(blank.place("where") + f"{reason}.")
    try:
        rows = _list(spark, mapping.rows) if mapping.rows else ()
    except Unusable as reason:
        problems.append(blank.place("rows") + f"{reason}.")
    source = Source(spark, shop, mapping, contract, tuple(expressions), where, rows)
    problems += _about_elements(source)
    if mapping.format == "jsonl":
        contradictions = source.shape[1]
        problems += [f"{shop.path}: {name}: {contradiction}." for contradiction in contradictions]
    if mapping.format == "binary":
        # A name that no column has may be one that Spark knows, such as ``user``.
        problems += [
            source.place(expression.column)
            + f"a binary file has no column '{name}', only {', '.join(OF_BINARY)}."
            for expression in source.every
            for name in expression.names
            if name.lower() not in (*OF_BINARY, *SPECIAL)
        ]
    return source, problems


def _list(spark: SparkSession, text: str) -> Reach:
    read = parse(spark, "rows", text)
    reach = read.reaches[0] if read.plain else ()
    if not reach or any(isinstance(step, int) for step in reach):
        raise Unusable("rows is the name of a list in the record, such as items or ecommerce.items")
    return reach


def _about_elements(source: Source) -> Iterator[str]:
    """What expressions say of elements that cannot be meant."""
    rows, name = source.rows, ".".join(map(str, source.rows))
    for expression in source.every:
        for reach in expression.reaches:
            step = reach[len(rows)] if rows and len(reach) > len(rows) else None
            if rows and reach[: len(rows)] == rows and isinstance(step, int):
                yield (
                    f"{source.place(expression.column)}with rows: {name}, {name} is one element of the list; "
                    f"leave out its [{step}]."
                )
            elif not rows and reach == (POSITION,):
                yield (
                    f"{source.place(expression.column)}{POSITION} is the place of an element in its list; "
                    "name the list under 'rows'."
                )


def lacking(source: Source, group: Group) -> tuple[list[str], list[str]]:
    """Columns the files' header does not have, or has twice: problems, and notes.

    One that only optional contract columns read may be absent: it is null on such a day, and a note.
    """
    problems: list[str] = []
    notes: list[str] = []
    for expression in source.every if group.header else ():
        for name in expression.names:
            count = len(group.header.positions(name)) if group.header else 1
            if name in source.special or count == 1:
                continue
            grave = count > 1 or expression is source.where or source.required(expression)
            (problems if grave else notes).append(source.place(expression.column) + _unknown(name, group))
    fill = source.mapping.fill_down
    for name in (*fill.columns, fill.by) if fill and group.header else ():
        if name and group.header and len(group.header.positions(name)) != 1:
            problems.append(source.place("fill_down") + _unknown(name, group))
    return problems, notes


def _unknown(name: str, group: Group) -> str:
    assert group.header is not None
    file, names = group.files[0].name, group.header.names
    times = len(group.header.positions(name))
    if times > 1:
        return f"{file} has the column '{name}' {times} times; rename all but one."
    if len(names) == 1:
        return (
            f"no column '{name}' in {file}; the header has only '{names[0][:200]}'. Is the option sep right, "
            "and is this the line of names?"
        )
    data = sum(name[:1].isdigit() for name in names)
    if 2 * data >= len(names):
        return (
            f"no column '{name}' in {file}, whose first line looks like a record: {', '.join(names)[:200]}; "
            "list the names of its columns under 'header'."
        )
    shown = ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
    near = nearest(name, names)
    return f"no column '{name}' in {file}{near if 'mean' in near else '.'} The header has {shown[:1000]}."


def misfits(source: Source, frame: DataFrame) -> list[str]:
    """Expressions that Spark refuses, whatever the record."""
    with clock(source.spark, source.shop.timezone):
        empty = source.spark.createDataFrame([], frame.schema)
        if _misfit(source.spark, empty, [e.value for e in source.every]) is None:
            return _no_condition(source, empty) + list(_no_value(source, empty))
        found = ((e, _misfit(source.spark, empty, [e.value])) for e in source.every)
        return [source.place(e.column) + f"{reason}." for e, reason in found if reason is not None]


def _no_condition(source: Source, frame: DataFrame) -> list[str]:
    given = frame.select(source.where.value).schema[0].dataType if source.where else BooleanType()
    if isinstance(given, BooleanType):
        return []
    return [source.place("where") + f"it gives {given.simpleString()} and must be a condition."]


def _no_value(source: Source, frame: DataFrame) -> Iterator[str]:
    """Expressions that give several values where the column has one."""
    for expression in source.expressions:
        given = frame.select(expression.value).schema[0].dataType
        wanted = source.contract.column(expression.column).type
        whole = wanted == "string" or (wanted.startswith("map") and not isinstance(given, ArrayType))
        if not printable(given) and not whole:
            yield source.place(expression.column) + (
                f"it gives {given.simpleString()[:200]} and the column is {wanted}; name the value in it."
            )


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
