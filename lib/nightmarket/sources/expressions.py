"""The mapping's Spark SQL expressions, parsed by Spark's own parser: what they read, and when they fail.

An expression may rightly give nothing (its column is blank, an ``if`` says null) or fail (a date that is no
date). Which of the two, walking the parsed expression shows: a function whose arguments are all there and
which still gives null has failed; a look-up that finds nothing, or a null the mapping itself names, has not.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from itertools import accumulate
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F

from nightmarket.sources import functions
from nightmarket.sources.guards import misspelt, raising, tamed
from nightmarket.sources.nodes import children as _children
from nightmarket.sources.nodes import column as _column
from nightmarket.sources.nodes import function as _function
from nightmarket.sources.nodes import kind as _kind

Reach = tuple[str | int, ...]
"""Where a value lies in a record: a column's name, then names and positions inside it."""

DEEPEST = 100
"""Calls and operators one inside the other; Spark's own parser and ours walk them by recursion."""
_BARE = {"current_date", "current_timestamp", "localtimestamp", "current_user", "current_catalog",
         "current_database", "grouping__id"}  # fmt: skip
"""Functions that SQL calls without parentheses. (So is ``user``, but that is many a column's name, and what
an expression names is made a column of the record, which comes first.)"""
OURS = "_market_"
"""How our own columns beside the record's begin."""
_LOOKUPS = {
    "get_json_object", "element_at", "try_element_at", "get", "parse_url", "nullif", "from_json", "array_max",
    "array_min", "json_object_keys", "json_array_length", "regexp_substr", "map_from_entries", "find_in_set",
}  # fmt: skip


class Unusable(Exception):
    """An expression cannot be used; the text says why, in one line."""


@dataclass(frozen=True)
class Element:
    """One element of a list that an expression reads."""

    reach: Reach
    """Where the list lies, or the JSON text that it is in."""
    path: str
    """Where in that text, as ``get_json_object`` writes it; empty: it is the list itself."""
    number: int
    """From 0."""


@dataclass(frozen=True)
class Expression:
    column: str
    text: str
    reaches: tuple[Reach, ...]
    """What it reads of a record, in the order of the text."""
    plain: bool
    """It is such a reach and nothing else."""
    value: Column
    """What Spark computes."""
    failed: Column | None
    """True where it gives null although it should not; None when that cannot be."""
    raising: tuple[str, ...]
    """Its functions that may raise on a record; empty when nothing in it does."""
    elements: tuple[Element, ...]
    """Of which lists it reads one element."""

    @property
    def names(self) -> tuple[str, ...]:
        """The columns it reads."""
        return tuple(dict.fromkeys(str(reach[0]) for reach in self.reaches))


def parse(spark: SparkSession, column: str, text: str) -> Expression:
    """Parse one expression; what its functions are and whether types fit is only known against a file.

    Raises:
        Unusable: it does not parse, or makes something else than one value from one record.
    """
    if _brackets(text) > DEEPEST:
        # Spark's parser looks through all of them again at each.
        raise Unusable(f"it is nested more than {DEEPEST} deep")
    variable = functions.variable(text)
    if variable:
        raise Unusable(variable)
    try:
        # PySpark has no parser of its own; this is the one behind F.expr and selectExpr.
        node = spark._jsparkSession.sessionState().sqlParser().parseExpression(text)
        _refuse(node)
        reaches = tuple(dict.fromkeys(_reaches(node)))
        plain = _reach(node) is not None
        wrong = misspelt(spark, node)
        may_raise = raising(node)
        elements = tuple(dict.fromkeys(_elements(node)))
        node = tamed(spark, node)
        value, failed = _column(spark, node), _failed(spark, node)
    except PySparkException as error:
        raise Unusable(one_line(error)) from None
    except Py4JJavaError as error:
        if "StackOverflowError" not in str(error):
            raise
        raise Unusable(f"it is nested more than {DEEPEST} deep") from None
    if wrong:
        raise Unusable(wrong)
    return Expression(column, text, reaches, plain, value, failed, may_raise, elements)


def _brackets(text: str) -> int:
    """How many are open at once, at most."""
    steps = ((sign in "([") - (sign in ")]") for sign in text)
    return max(accumulate(steps), default=0)


def one_line(error: Exception) -> str:
    """The reason in a Spark error, without its code and without the plan printed below it."""
    pattern = re.search(r"Fail to recognize '([^'\n]*)' pattern", str(error))
    if pattern:
        return (
            f"'{pattern[1][:60]}' is no pattern of a time: a year is yyyy, a month MM, a day dd, an "
            "hour HH, minutes mm, seconds ss"
        )
    text = next((line for line in str(error).splitlines() if line.strip()), "unknown reason")
    if text.startswith("["):
        text = text.partition("] ")[2] or text
    return text.strip().rstrip(".;")


def at(reach: Reach) -> Column:
    """The column that lies at a reach."""
    column = F.col(f"`{str(reach[0]).replace('`', '``')}`")
    for step in reach[1:]:
        column = column.getItem(step) if isinstance(step, int) else column.getField(step)
    return column


def _name_parts(node: Any) -> list[str]:
    parts = node.nameParts()
    return [str(parts.apply(place)) for place in range(parts.size())]


def _refuse(root: Any) -> None:
    waiting = [(root, 1)]
    while waiting:
        node, depth = waiting.pop()
        if depth > DEEPEST:
            raise Unusable(f"it is nested more than {DEEPEST} deep")
        reason = _refusal(node)
        if reason:
            raise Unusable(reason)
        waiting += [(child, depth + 1) for child in reversed(_children(node))]


def _refusal(node: Any) -> str | None:
    kind = _kind(node)
    if kind in {"Alias", "MultiAlias"}:
        return "'as' names a result; the contract's column is the name, leave it out"
    if kind.startswith("UnresolvedStar"):
        return "'*' is not one value"
    if "Subquery" in kind or kind == "Exists":
        return "a subquery reads other data; only the record itself can be read"
    if kind.startswith("Window"):
        return "a window function reads other records; only the record itself can be read"
    if kind == "AggregateExpression":
        return functions.refusal([node.aggregateFunction().prettyName()])
    if kind not in functions.OPERATORS:
        return f"{node.prettyName()} is no operator of one record's values"
    if kind == "UnresolvedFunction":
        if str(node.nameParts().last()).lower() == "unix_timestamp" and not _children(node):
            return "unix_timestamp() is now and " + functions.CHANGES
        return functions.refusal(_name_parts(node))
    if kind == "UnresolvedAttribute":
        name = _name_parts(node)[0].lower()
        if name.startswith(OURS):
            return f"names that begin with {OURS} are ours; rename the column"
        return functions.refusal([name]) if name in _BARE else None
    return None


def _reaches(node: Any) -> Iterator[Reach]:
    if _kind(node) in {"UnresolvedAttribute", "UnresolvedExtractValue"}:
        reach = _reach(node)
        if reach is not None:
            yield reach
            return
    for child in _children(node):
        yield from _reaches(child)


def _reads(node: Any) -> bool:
    return next(_reaches(node), None) is not None


def _reach(node: Any) -> Reach | None:
    """The place a chain of names and subscripts points at, None when it starts from a computed value."""
    if _kind(node) == "UnresolvedAttribute":
        return tuple(_name_parts(node))
    if _kind(node) != "UnresolvedExtractValue":
        return None
    child, step = _children(node)
    inner = _reach(child)
    if inner is None or _kind(step) != "Literal":
        return None
    value = step.value()
    return (*inner, value if isinstance(value, int) else str(value))


def _elements(node: Any) -> Iterator[Element]:
    """The elements that it names by their number, whichever way it names them."""
    reach = _reach(node)
    if reach is not None:
        places = [place for place, step in enumerate(reach) if isinstance(step, int)]
        yield from (Element(reach[:place], "", int(reach[place])) for place in places)
        return
    inner = _children(node)
    json = _in_json(node) if _function(node) == "get_json_object" else None
    if json is not None:
        for found in re.finditer(r"\[(\d+)\]", json[1]):
            yield Element(json[0], json[1][: found.start()], int(found[1]))
    counts_from = {"get": 0, "element_at": 1, "try_element_at": 1}.get(_function(node))
    if _kind(node) == "UnresolvedExtractValue":
        counts_from = 0
    number = inner[1].value() if len(inner) == 2 and _kind(inner[1]) == "Literal" else None
    if counts_from is not None and isinstance(number, int) and number >= counts_from:
        within, whole = _in_json(inner[0]), _reach(inner[0])
        if within is not None:
            yield Element(*within, number - counts_from)
        elif whole is not None:
            yield Element(whole, "", number - counts_from)
    for child in inner:
        yield from _elements(child)


def _in_json(node: Any) -> tuple[Reach, str] | None:
    """The JSON text that a node takes something out of, and the path to it."""
    inner = _children(node)
    if _function(node) in {"from_json", "get_json_object"}:
        reach = _reach(inner[0])
        if _function(node) == "from_json":
            return None if reach is None else (reach, "$")
        known = reach is not None and _kind(inner[1]) == "Literal"
        return (reach, str(inner[1].value())) if reach is not None and known else None
    if _kind(node) == "UnresolvedExtractValue" and _kind(inner[1]) == "Literal":
        within, step = _in_json(inner[0]), inner[1].value()
        if within is not None:
            return within[0], within[1] + (f"[{step}]" if isinstance(step, int) else f".{step}")
    return None


def _failed(spark: SparkSession, node: Any) -> Column | None:
    """True where the node is null and nothing explains it; None for never.

    Scala's nodes become columns one by one, so that each sees exactly what Spark will compute.
    """
    kind, function, children = _kind(node), _function(node), _children(node)
    if kind in {"Literal", "UnresolvedAttribute", "LambdaFunction"} or _reach(node) is not None:
        return None
    parts = [_failed(spark, child) for child in children]
    if kind == "CaseWhen" or function == "if":
        pairs = len(children) // 2
        last = parts[-1] if len(children) % 2 else None
        if all(part is None for part in [*parts[1 : 2 * pairs : 2], last]):
            return None
        result = last if last is not None else F.lit(False)
        for place in reversed(range(pairs)):
            branch = parts[2 * place + 1]
            condition = _column(spark, children[2 * place])
            result = F.when(condition, branch if branch is not None else F.lit(False)).otherwise(result)
        return result
    null = _column(spark, node).isNull()
    failing = [part for part in parts if part is not None]
    if function in {"coalesce", "nvl", "ifnull"}:
        return null & _any(failing) if failing else None
    if function == "nullif":
        return null & parts[0] if parts[0] is not None else None
    if not _reads(node):
        return None
    if function not in _LOOKUPS and kind != "UnresolvedExtractValue":
        given = [
            _column(spark, c).isNotNull() for c in children if _kind(c) != "LambdaFunction" and _reads(c)
        ]
        failing.append(reduce(lambda a, b: a & b, given, F.lit(True)))
    return null & _any(failing) if failing else None


def _any(columns: list[Column]) -> Column:
    return reduce(lambda a, b: a | b, columns)
