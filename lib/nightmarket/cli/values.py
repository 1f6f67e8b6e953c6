"""One value of a table as a person reads it, and as a program does."""

import base64
import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from nightmarket.visible import cell as text_cell
from nightmarket.visible import visible, visible_json

LONGEST = 60
"""Characters of a text before it is cut."""
MASK = "•••"
_SHOWN = 4
"""Entries of a list or map before the rest is counted."""


def readable(value: Any, *, longest: int = LONGEST) -> str:
    """Short and on one line: long texts are cut, vectors show their first numbers and their length."""
    match value:
        case None:
            return "–"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.4g}"
        case Decimal():
            return _price(value)
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}"
        case Mapping():
            parts = [f"{visible(str(k))}: {readable(v, longest=longest)}" for k, v in sorted(value.items())]
            return _cut("{" + ", ".join(parts) + "}", longest)
        case str():
            return _cut(visible(value), longest)
        case bytes() | bytearray():
            return f"{len(value):,} bytes"
        case Sequence():
            return _list(value, longest)
        case _:
            return visible(str(value))


def _list(values: Sequence[Any], longest: int) -> str:
    numbers = [v for v in values if isinstance(v, float)]
    if numbers and len(values) > _SHOWN:
        return f"[{', '.join(f'{v:.2f}' for v in numbers[:2])}, … ×{len(values)}]"
    return _cut(f"[{', '.join(readable(v, longest=longest) for v in values)}]", longest)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def _price(value: Decimal) -> str:
    """A decimal without the zeros its column's scale adds, but never with one digit of a cent alone."""
    whole, _, fraction = f"{value:f}".partition(".")
    fraction = fraction.rstrip("0")
    return f"{whole}.{fraction.ljust(2, '0')}" if fraction else whole


def exact(value: Any) -> Any:
    """The value in JSON's terms, nothing cut: decimals (and NaN) as text, times as ISO 8601 in UTC, bytes as
    base64."""
    match value:
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case date() | Decimal():
            return str(value)
        case float() if not math.isfinite(value):
            return str(value)
        case bytes() | bytearray():
            return base64.b64encode(value).decode("ascii")
        case Mapping():
            return {str(k): exact(v) for k, v in sorted(value.items())}
        case list() | tuple():
            return [exact(v) for v in value]
        case _:
            return value


def line(record: Any) -> str:
    """A value in JSON's terms as a line of JSON; characters that would not show are escaped."""
    return visible_json(json.dumps(record, ensure_ascii=False))


def cell(value: Any) -> Any:
    """The value in a CSV field: nothing for null, JSON for lists and maps, and no formula."""
    plain = exact(value)
    if isinstance(plain, list | dict):
        return line(plain)
    return text_cell(plain) if isinstance(value, str) else plain


def moment(microseconds: int | None) -> datetime | None:
    """A time in UTC from its microseconds since 1970."""
    return (
        None
        if microseconds is None
        else datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
    )
