"""Nodes of an expression that Spark's parser made, as Python sees them."""

from typing import Any

from pyspark.sql import Column, SparkSession


def kind(node: Any) -> str:
    made = node.getClass()
    # IS UNKNOWN is a class without a name on top of IsNull.
    return str(made.getSimpleName() or made.getSuperclass().getSimpleName())


def children(node: Any) -> list[Any]:
    iterator, found = node.children().iterator(), []
    while iterator.hasNext():
        found.append(iterator.next())
    return found


def function(node: Any) -> str:
    """Lower-case name of a function call, else the empty string."""
    return str(node.nameParts().last()).lower() if kind(node) == "UnresolvedFunction" else ""


def column(spark: SparkSession, node: Any) -> Column:
    return Column(spark._jvm.org.apache.spark.sql.Column(node))  # type: ignore[union-attr]


def with_children(spark: SparkSession, node: Any, changed: list[Any]) -> Any:
    """The node over other children."""
    return node.withNewChildren(spark._jvm.PythonUtils.toSeq(changed))  # type: ignore[union-attr]
