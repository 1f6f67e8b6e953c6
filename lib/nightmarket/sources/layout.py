"""Walking a mapping file with its line numbers: each problem is noted with its place, none stops the walk."""

import re
import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from nightmarket.sources import encodings

_OPTIONS: dict[str, dict[str, type]] = {
    "csv": {
        "sep": str,
        "quote": str,
        "escape": str,
        "encoding": str,
        "multiLine": bool,
        "nullValue": str,
        "decimal": str,
        "thousands": str,
    },
    "jsonl": {
        "encoding": str,
        "allowSingleQuotes": bool,
        "allowUnquotedFieldNames": bool,
        "allowComments": bool,
    },
    "parquet": {},
    "binary": {},
}


_DECIMALS, _THOUSANDS = (".", ","), (".", ",", "'", " ")


def nearest(name: str, known: Iterable[str]) -> str:
    """``"; did you mean 'x'?"``, or what there is when nothing is near, or nothing when there is nothing."""
    known = list(known)
    folded = {candidate.casefold(): candidate for candidate in known}
    close = get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    if close:
        return f"; did you mean '{folded[close[0]]}'?"
    if not known:
        return ""
    shown = ", ".join(known[:12]) + (f" and {len(known) - 12} more" if len(known) > 12 else "")
    return f"; there is {shown}"


class Layout:
    """One YAML file being read; ``problems`` grows as it is walked."""

    def __init__(self, path: Path, node: yaml.Node | None) -> None:
        self.path = path
        self.problems: list[tuple[int, str]] = []
        self._node = node

    def in_order(self) -> list[str]:
        return [f"{self.path}:{line}: {message}" for line, message in sorted(set(self.problems))]

    def problem(self, at: list[str | int], message: str) -> None:
        self.problems.append((self.line(at), message))

    def line(self, at: list[str | int]) -> int:
        """Line of the key at a path, or of the deepest part of it that exists; 1 in an empty file."""
        node = self._node
        line = node.start_mark.line + 1 if node is not None else 1
        for part in at:
            if not isinstance(node, yaml.MappingNode):
                break
            pair = next((p for p in node.value if p[0].value == str(part)), None)
            if pair is None:
                break
            line, node = pair[0].start_mark.line + 1, pair[1]
        return line

    def table(self, value: Any, at: list[str | int]) -> dict[str, Any]:
        """A mapping; an absent one is empty."""
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.problem(at, f"{_name(at)} must be a mapping of names to values.")
            return {}
        return value

    def keys(
        self, value: Any, at: list[str | int], *, required: tuple[str, ...], optional: tuple[str, ...]
    ) -> dict[str, Any]:
        if not isinstance(value, dict):
            self.problem(at, f"{_name(at)} must have the keys {', '.join(required or optional)}.")
            return {}
        table = self.table(value, at)
        for key in table:
            if key not in required and key not in optional:
                self.problem([*at, key], f"unknown key '{key}'{nearest(key, (*required, *optional))}.")
        for key in required:
            if table.get(key) is None:
                self.problem(at, f"{_name(at)} lacks the key '{key}'.")
        return table

    def text(
        self,
        table: dict[str, Any],
        at: list[str | int],
        key: str,
        form: re.Pattern[str] | None = None,
        words: str = "a text",
    ) -> str:
        value = table.get(key)
        if value is None:
            return ""
        if not isinstance(value, str) or not value.strip() or (form and not form.fullmatch(value)):
            self.problem([*at, key], f"{key} is '{value}' but must be {words}.")
        elif any(unicodedata.category(c) in {"Cc", "Cf"} for c in value):
            self.problem([*at, key], f"{key} is {value!a} and holds characters that nobody sees.")
        return str(value)

    def zone(self, table: dict[str, Any], key: str) -> str:
        value = self.text(table, [], key)
        try:
            if value:
                ZoneInfo(value)
        except (OSError, ValueError, KeyError):
            # An unknown name is a KeyError, an odd one a ValueError, a folder of zones an OSError.
            self.problem([key], f"'{value}' is no IANA time zone; write one such as Europe/Berlin.")
        return value

    def choice(self, table: dict[str, Any], at: list[str | int], key: str, known: tuple[str, ...]) -> str:
        value = self.text(table, at, key)
        if value and value not in known:
            self.problem([*at, key], f"{key} is '{value}' but must be one of {', '.join(known)}.")
        return value

    def flag(self, table: dict[str, Any], at: list[str | int], key: str) -> bool:
        value = table.get(key, False)
        if not isinstance(value, bool):
            self.problem([*at, key], f"{key} is '{value}' but must be true or false.")
        return value is True

    def names(self, table: dict[str, Any], at: list[str | int], key: str) -> tuple[str, ...]:
        value = table.get(key)
        if value is None:
            return ()
        if (
            not isinstance(value, list)
            or not value
            or not all(isinstance(n, str) and n.strip() for n in value)
        ):
            self.problem([*at, key], f"{key} must be a list of column names.")
            return ()
        if len({name.casefold() for name in value}) < len(value):
            self.problem([*at, key], f"{key} names a column twice.")
        return tuple(value)

    def texts(self, table: dict[str, Any], at: list[str | int], key: str) -> tuple[str, ...]:
        """A list of values; whole numbers need no quotes, and words that YAML takes for something else do."""
        value = table.get(key, [])
        whole = (
            [entry for entry in value if isinstance(entry, str | int) and not isinstance(entry, bool)]
            if isinstance(value, list)
            else []
        )
        if not isinstance(value, list) or len(whole) < len(value) or not all(str(e).strip() for e in whole):
            self.problem([*at, key], f"{key} must be a list of texts, each in quotes.")
        return tuple(str(entry).strip() for entry in whole)

    def options(self, table: dict[str, Any], at: list[str | int], form: str) -> dict[str, str | bool]:
        here = [*at, "options"]
        options = self.table(table.get("options"), here)
        known = _OPTIONS.get(form, {})
        for key, value in options.items():
            if key not in known:
                self.problem([*here, key], f"{form} has no option '{key}'{nearest(key, known)}.")
            elif not isinstance(value, known[key]):
                wanted = "true or false" if known[key] is bool else "a text in quotes"
                self.problem([*here, key], f"option {key} is {value!r} but must be {wanted}.")
            elif message := _wrong(key, str(value)):
                self.problem([*here, key], message)
        if form == "csv" and options.get("decimal", ".") == options.get("thousands"):
            self.problem(here, "options decimal and thousands are the same sign; decimal is '.' by default.")
        return options


def _wrong(key: str, value: str) -> str | None:
    if key == "sep" and not value:
        return "option sep is empty; it is the sign between two fields."
    if key in {"quote", "escape"} and len(value) > 1:
        return f"option {key} is one character or empty."
    if key == "decimal" and value not in _DECIMALS:
        return "option decimal is '.' or ','."
    if key == "thousands" and value not in _THOUSANDS:
        return "option thousands is one of '.', ',', \"'\" and ' '."
    if key == "encoding" and not encodings.known(value):
        return f"'{value}' is no encoding; write one such as UTF-8, windows-1252, GBK or UTF-16."
    return None


def _name(at: list[str | int]) -> str:
    return ".".join(str(part) for part in at) or "a mapping file"
