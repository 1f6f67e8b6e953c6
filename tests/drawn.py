"""Test tables drawn as text: what a test says is what its reader sees.

    | event_id | event_at            | user_id |
    | e1       | 2026-03-01 10:00:00 | ann     |
    | e2       | 2026-03-01 10:00:05 |         |

A blank cell or ``-`` is null, ``''`` is the empty string, lists are ``[a, b]``, maps ``{colour: red}``. Cells
are read as the types of a Spark DDL string; its columns that are not drawn are null. Bytes cannot be drawn: a
binary cell is a name, and ``contents`` has the bytes.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T


def table(
    spark: SparkSession, ddl: str, drawing: str, contents: Mapping[str, bytes] | None = None
) -> DataFrame:
    """The drawn rows with all columns of the DDL, in its order; ``contents`` are the bytes by their names.

    Raises:
        ValueError: a drawn column is not in the DDL, or a line has too many or too few cells.
    """
    schema = T._parse_datatype_string(ddl)
    assert isinstance(schema, T.StructType)
    lines = [line.strip() for line in drawing.strip().splitlines() if line.strip()]
    names = _cells(lines[0])
    unknown = set(names) - set(schema.names)
    if unknown:
        raise ValueError(f"drawn columns that are not in the DDL: {sorted(unknown)}")
    rows = []
    for line in lines[1:]:
        cells = dict(zip(names, _cells(line), strict=True))
        values = (_value(cells.get(field.name, ""), field.dataType, contents or {}) for field in schema)
        rows.append(tuple(values))
    return spark.createDataFrame(rows, schema)


def rows(frame: DataFrame, *columns: str) -> list[tuple]:
    """The frame's rows as sorted tuples; dates, times and decimals as the text one would draw."""
    picked = frame.select(*columns) if columns else frame
    found = [tuple(_shown(value) for value in row) for row in picked.collect()]
    return sorted(found, key=lambda row: tuple((value is None, str(value)) for value in row))


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def _value(cell: str, kind: T.DataType, contents: Mapping[str, bytes]) -> Any:
    if cell in ("", "-"):
        return None
    if cell == "''":
        return ""
    match kind:
        case T.ArrayType():
            return [_value(part, kind.elementType, contents) for part in _parts(cell, "[]")]
        case T.MapType():
            pairs = (re.split(r":\s*", part, maxsplit=1) for part in _parts(cell, "{}"))
            return {
                _value(key, kind.keyType, contents): _value(value, kind.valueType, contents)
                for key, value in pairs
            }
        case T.BinaryType():
            return contents[cell]
        case T.TimestampType():
            return datetime.fromisoformat(cell).replace(tzinfo=UTC)
        case T.DateType():
            return date.fromisoformat(cell)
        case T.DecimalType():
            return Decimal(cell)
        case T.BooleanType():
            return {"true": True, "false": False}[cell]
        case T.ByteType() | T.ShortType() | T.IntegerType() | T.LongType():
            return int(cell)
        case T.FloatType() | T.DoubleType():
            return float(cell)
        case T.StringType():
            return cell
    raise ValueError(f"no way to draw a {kind.simpleString()}")


def _parts(cell: str, brackets: str) -> list[str]:
    if cell[0] != brackets[0] or cell[-1] != brackets[1]:
        raise ValueError(f"expected {brackets} around {cell!r}")
    inside = cell[1:-1].strip()
    return [part.strip() for part in inside.split(",")] if inside else []


def _shown(value: Any) -> Any:
    match value:
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
        case date() | Decimal():
            return str(value)
    return value
