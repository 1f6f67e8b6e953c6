"""Expressions that raise an error on a record, made to give nothing there: a rejected row, no failed night.

Spark's functions disagree on what to do with a bad argument: most give null, and ``url_decode``,
``timestamp_seconds``, ``element_at(…, 0)`` and dozens of others raise and would stop the job. Which do so is
written nowhere, so all but well-known ones are evaluated behind a guard, at some 0.3 microseconds a value.
"""

import re
from collections.abc import Iterator
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F

from nightmarket.sources.nodes import children, column, function, kind, with_children

_SAFE_FUNCTIONS = {
    "coalesce", "nvl", "ifnull", "nvl2", "nullif", "if", "isnull", "isnotnull", "concat", "concat_ws",
    "lower", "lcase", "upper", "ucase", "trim", "ltrim", "rtrim", "btrim", "length", "char_length", "replace",
    "substring", "substr", "left", "right", "startswith", "endswith", "contains", "instr", "md5", "sha1",
    "sha2", "get_json_object",
}  # fmt: skip
_SAFE_KINDS = {
    "UnresolvedAttribute", "UnresolvedExtractValue", "CaseWhen", "And", "Or", "Not", "EqualTo",
    "EqualNullSafe", "LessThan", "LessThanOrEqual", "GreaterThan", "GreaterThanOrEqual", "In", "IsNull",
    "IsNotNull", "Add", "Subtract", "Multiply", "Divide", "UnaryMinus",
}  # fmt: skip
_SAFE_CASTS = {
    "string", "boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "date", "timestamp",
}  # fmt: skip
_PATTERNS = {
    "regexp", "regexp_like", "regexp_replace", "regexp_extract", "regexp_extract_all", "regexp_count",
    "regexp_substr", "regexp_instr", "rlike", "split", "str_to_map",
}  # fmt: skip

LONGEST_REPEATED = 32_768
"""Characters of a text in which a repeated group is looked for: Java's stack grows with each of them."""
_LENGTHENED = {"repeat": 1, "lpad": 1, "rpad": 1, "space": 0, "array_repeat": 1}
"""Functions that make as much as an argument says, and which argument that is."""
_LONGEST_MADE = 1 << 24
"""Characters, or elements; a record that asks for two billion would take all of Java's memory."""
_REPEATED = re.compile(r"\)[*+{]")


def raising(node: Any) -> tuple[str, ...]:
    """Names of the functions in an expression that may raise; of an operator that may, an empty name."""
    return tuple(dict.fromkeys(_raising(node)))


def _raising(node: Any) -> Iterator[str]:
    if not _safe(node):
        yield function(node)
    for child in children(node):
        yield from _raising(child)


def _safe(node: Any) -> bool:
    match kind(node):
        case "UnresolvedFunction":
            return function(node) in _SAFE_FUNCTIONS
        case "Cast":
            form = str(node.dataType().simpleString())
            return form in _SAFE_CASTS or form.startswith("decimal")
        case "Literal":
            # Moving a time by an interval overflows where adding numbers gives null or wraps.
            return not str(node.dataType().simpleString()).startswith("interval")
        case "RLike":
            # A pattern that is written down is tried before any record is.
            return not _deep(children(node)[1]) and kind(children(node)[1]) == "Literal"
        case known:
            return known in _SAFE_KINDS


def misspelt(spark: SparkSession, node: Any) -> str | None:
    """What is wrong with a regular expression written down in the expression, whatever the record."""
    given = _pattern(node)
    if given is not None and kind(given) == "Literal":
        pattern = str(given.value())
        try:
            spark._jvm.java.util.regex.Pattern.compile(pattern)  # type: ignore[union-attr]
        except PySparkException as error:
            said = str(error).splitlines()[0].partition(" near index")[0]
            return f"'{pattern[:60]}' is no regular expression: {said[:100]}"
        except Py4JJavaError:
            return f"'{pattern[:60]}…' is too long a regular expression"
    return next((wrong for child in children(node) if (wrong := misspelt(spark, child))), None)


def _pattern(node: Any) -> Any:
    """The regular expression a node looks for; None when it looks for none."""
    inner = children(node)
    takes_one = function(node) in _PATTERNS or kind(node) == "RLike"
    return inner[1] if takes_one and len(inner) > 1 else None


def _deep(pattern: Any) -> bool:
    return kind(pattern) != "Literal" or bool(_REPEATED.search(str(pattern.value())))


def guarded(spark: SparkSession, value: Column) -> Column:
    """The value, never null itself, or null where making it raised.

    Spark computes what two expressions share once and ahead of both, outside any guard. Inside a lambda
    function it does not: there expressions are evaluated one by one.
    """
    tried = spark._jvm.org.apache.spark.sql.catalyst.expressions.TryEval(  # type: ignore[union-attr]
        value._jc.expr()
    )
    return F.transform(F.array(F.lit(0)), lambda _: column(spark, tried)).getItem(0)


def tamed(spark: SparkSession, node: Any) -> Any:
    """The expression in a form that neither refuses a map for one null name nor overflows stack or memory.

    An attribute that has no name on this row is an attribute that is not there: its entry is left out. A text
    too long for a pattern that repeats a group raises an error a guard can catch, as the overflow could not.
    """
    inner = children(node)
    changed = [tamed(spark, child) for child in inner]
    pattern = _pattern(node)
    if pattern is not None and _deep(pattern):
        text = column(spark, changed[0])
        long = F.raise_error(F.lit("the text is too long for a repeated group"))
        changed[0] = F.when(F.length(text) > LONGEST_REPEATED, long).otherwise(text)._jc.expr()
    place = _LENGTHENED.get(function(node), len(changed))
    if place < len(changed):
        length = column(spark, changed[place])
        made = length.cast("double")
        if function(node) == "repeat":
            made = made * F.length(column(spark, changed[0]))
        long = F.raise_error(F.lit("it asks for too much")).cast("int")
        changed[place] = F.when(made > _LONGEST_MADE, long).otherwise(length.cast("int"))._jc.expr()
    if any(new is not old for new, old in zip(changed, inner, strict=True)):
        node = with_children(spark, node, changed)
    columns = [column(spark, child) for child in changed]
    if function(node) == "map" and columns and len(columns) % 2 == 0:
        return _named(F.array(*columns[::2]), F.array(*columns[1::2]))
    if function(node) == "map_from_arrays" and len(columns) == 2:
        return _named(columns[0], columns[1])
    return node


def _named(names: Column, values: Column) -> Any:
    # Values without any name beside them stay, and Spark says that the lists are not equally long.
    kept = F.filter(values, lambda _, place: names[place].isNotNull() | (place >= F.size(names)))
    return F.map_from_arrays(F.filter(names, lambda name: name.isNotNull()), kept)._jc.expr()
