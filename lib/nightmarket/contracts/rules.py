"""What a contract asks of single values of a column. A kind of rule is one class, which says all of itself.

That is how a contract writes it, which values break it (as Spark SQL text, so that none of it needs Spark to
be made), the reject reason of a record that breaks it, and its words: in the index of the contracts, about a
rejected record, and about published rows. Reading an export, the audit and the index all go by it.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from nightmarket.contracts.types import holds_floats, is_float


@dataclass(frozen=True)
class Fault:
    """A way to break a rule."""

    where: str
    """The condition in Spark SQL; a value for which it is false or null does not break the rule."""
    words: str
    """What is said of one such value: ``is below 1``."""


class Rule(ABC):
    reason: ClassVar[str]
    """The general reason for which a record that breaks it is rejected."""

    @abstractmethod
    def faults(self, name: str, kind: str) -> tuple[Fault, ...]:
        """The ways in which a value of the column ``name``, of the type ``kind``, breaks it."""

    @abstractmethod
    def explained(self) -> str:
        """What it asks, for the index: ``at least 1``."""

    @abstractmethod
    def broken(self, kind: str) -> str:
        """What is said of the column when rows break it: ``outside 1..99``."""

    def remedy(self) -> str:
        """What to do about rows that break it; empty where its words say enough."""
        return ""

    def where(self, name: str, kind: str) -> str:
        """The values that break it in any way; false for all others, null values included."""
        return " OR ".join(f"coalesce({fault.where}, false)" for fault in self.faults(name, kind))


@dataclass(frozen=True)
class Required(Rule):
    """A value is there. NaN is none, and neither is a list of floats with a hole."""

    reason = "missing_required"

    def faults(self, name: str, kind: str) -> tuple[Fault, ...]:
        value = quoted(name)
        gone = f"{value} IS NULL"
        if is_float(kind):
            gone = f"{value} IS NULL OR isnan({value})"
        elif holds_floats(kind):
            gone = f"coalesce(exists({value}, element -> element IS NULL OR isnan(element)), true)"
        return (Fault(gone, "is missing"),)

    def explained(self) -> str:
        return "required"

    def broken(self, kind: str) -> str:
        if is_float(kind):
            return "required, but missing or NaN"
        return "required, but missing or holding NaN" if holds_floats(kind) else "required, but missing"


@dataclass(frozen=True)
class Within(Rule):
    """A number lies between two bounds, each included; one of them may be absent."""

    minimum: float | None = None
    maximum: float | None = None
    reason = "out_of_range"

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> "Within | None":
        options = written.get("logicalTypeOptions") or {}
        low, high = options.get("minimum"), options.get("maximum")
        return None if low is None and high is None else cls(low, high)

    def faults(self, name: str, kind: str) -> tuple[Fault, ...]:
        value, found = quoted(name), []
        if self.minimum is not None:
            found.append(Fault(f"{value} < {_number(self.minimum)}", f"is below {_said(self.minimum)}"))
        if self.maximum is not None:
            above = f"{value} > {_number(self.maximum)}"
            # Spark orders NaN above every number; whether it may be there, Required says.
            where = f"{above} AND NOT isnan({value})" if is_float(kind) else above
            found.append(Fault(where, f"is above {_said(self.maximum)}"))
        return tuple(found)

    def explained(self) -> str:
        if self.minimum is None:
            return f"at most {_said(self.maximum)}"
        low = _said(self.minimum)
        return f"at least {low}" if self.maximum is None else f"{low} to {_said(self.maximum)}"

    def broken(self, kind: str) -> str:
        if self.minimum is not None and self.maximum is not None:
            return f"outside {_said(self.minimum)}..{_said(self.maximum)}"
        return f"below {_said(self.minimum)}" if self.maximum is None else f"above {_said(self.maximum)}"


@dataclass(frozen=True)
class Listed(Rule):
    """The value is one of a closed list."""

    values: tuple[str, ...]
    reason = "not_listed"

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> "Listed | None":
        for check in written.get("quality") or []:
            if check.get("metric") == "invalidValues":
                return cls(tuple(map(str, check["arguments"]["validValues"])))
        return None

    def faults(self, name: str, kind: str) -> tuple[Fault, ...]:
        known = ", ".join(_text(value) for value in self.values)
        where = f"CAST({quoted(name)} AS STRING) NOT IN ({known})"
        return (Fault(where, "is not on the contract's list"),)

    def explained(self) -> str:
        return "one of " + ", ".join(f"`{value}`" for value in self.values)

    def broken(self, kind: str) -> str:
        return f"none of {', '.join(self.values)}"


@dataclass(frozen=True)
class Form(Rule):
    """The whole value matches a Java regular expression."""

    pattern: str
    reason = "wrong_form"

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> "Form | None":
        pattern = (written.get("logicalTypeOptions") or {}).get("pattern")
        return None if pattern is None else cls(pattern)

    def faults(self, name: str, kind: str) -> tuple[Fault, ...]:
        # \z and not $, which in Java also matches before a last line break.
        whole = _text(rf"\A(?:{self.pattern})\z")
        return (
            Fault(
                f"NOT (CAST({quoted(name)} AS STRING) RLIKE {whole})", f"is not of the form {self.pattern}"
            ),
        )

    def explained(self) -> str:
        return f"matches `{self.pattern}`"

    def broken(self, kind: str) -> str:
        return f"not of the form {self.pattern}"


KINDS: tuple[Callable[[Mapping[str, Any]], Rule | None], ...] = (Within.read, Form.read, Listed.read)
"""How a rule of each kind is read from a column of a contract; None where it has none."""


def quoted(name: str) -> str:
    """A column's name in Spark SQL."""
    return f"`{name.replace('`', '``')}`"


def _text(value: str) -> str:
    """A text in Spark SQL, where a backslash begins an escape and ``${`` a variable."""
    escaped = str(value).replace("\\", "\\\\").replace("'", "\\'").replace("${", "\\u0024{")
    return f"'{escaped}'"


def _number(value: float) -> str:
    """A number in Spark SQL; without the D one with a fraction would be a decimal."""
    return f"{value!r}D" if isinstance(value, float) else str(value)


def _said(value: float | None) -> str:
    return f"{value:.12g}"
