"""What is true of a whole catalog, said once and for good: whose tables it holds, and how it began.

A claim is an empty table of its own whose property carries the value. Its creation is the one step that every
Iceberg catalog makes all or nothing: of two first nights that make it at once one wins, and both read who.
The properties of a namespace would be the obvious place, but the ``hadoop`` catalog has none, and where
there are some the last who sets one wins without a word. A file of a home is one machine's alone.
"""

from nightmarket.warehouse.catalog import Catalog, text

NAMESPACE = "ops"
_VALUE = "nightmarket.claim"


def claimed(catalog: Catalog, name: str, value: str) -> str:
    """The catalog's value of a claim; ``value``, when nobody has made it before.

    Args:
        name: small letters, such as ``shop``.
        value: any text.
    """
    table = f"{NAMESPACE}.claim_{name}"
    if not catalog.exists(table):
        catalog.commit(table, lambda: _make(catalog, table, value))
    return catalog.history(table).properties[_VALUE]


def _make(catalog: Catalog, table: str, value: str) -> None:
    catalog.spark.sql(f"CREATE NAMESPACE IF NOT EXISTS `{catalog.name}`.`{NAMESPACE}`")
    catalog.spark.sql(
        f"CREATE TABLE IF NOT EXISTS {catalog.sql_name(table)} (value string) USING iceberg "
        f"COMMENT 'Has no rows: its property {_VALUE} says it.' TBLPROPERTIES ('{_VALUE}' = {text(value)})"
    )
