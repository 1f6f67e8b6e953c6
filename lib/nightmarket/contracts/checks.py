"""What a contract asks of the rows of a day together: of keys, and of their number. See also
:mod:`nightmarket.contracts.rules` for what it asks of single values, and ``Reference`` for other tables.

A kind of check is one class: which contracts have it, what it asks (for the index; empty where it goes for
every table), and what is said when a day breaks it. Counting is left to the audit.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from nightmarket.contracts.contract import Contract
from nightmarket.contracts.reasons import GENERAL, Effect, Reason


@dataclass(frozen=True)
class Unique:
    """No two rows of a day have the same values in these columns."""

    columns: tuple[str, ...]
    key: bool
    """Whether it is the primary key; of other columns rows without a value may be many."""

    def explained(self) -> str:
        return "key" if self.key else "unique"

    def broken(self, values: int) -> str:
        which = "the key" if self.key else "which must be unique"
        repeated = "1 value" if values == 1 else f"{values} values"
        return f"{', '.join(self.within_day)}, {which}, is repeated: {repeated}"

    @property
    def within_day(self) -> tuple[str, ...]:
        """The columns in which rows of one day differ; none where the key is the day."""
        return tuple(name for name in self.columns if name != "day")


def unique(contract: Contract) -> tuple[Unique, ...]:
    key = Unique(contract.keys, key=True)
    others = [Unique((c.name,), key=False) for c in contract.columns if c.unique]
    return (key, *(other for other in others if other.columns != key.within_day))


@dataclass(frozen=True)
class Drop:
    """Rows of the kind whose drop a contract limits: tonight's, and those of the newest earlier day."""

    rows: int
    earlier: date
    rows_before: int


@dataclass(frozen=True)
class Counts:
    """What is known of the size of a publish."""

    rows: int
    """Rows of the day as written."""
    written: int
    """Rows in the write, whatever day they claim."""
    drop: Drop | None = None
    """None when there is no earlier day or the contract sets no limit."""
    rows_in: int | None = None
    """Rows counted at the source; None when nobody counted."""
    carried: int = 0
    """Of the rows, those that no export brought tonight: the job kept them from an earlier day."""
    rejected: int | None = None
    """Rows in the table of rejected rows for this day; None when the table rejects none."""
    reasons: Mapping[str, int] = field(default_factory=dict)
    """The rejected rows by reason."""

    @property
    def came(self) -> int:
        """Rows of tonight's export that are kept or rejected."""
        return self.rows - self.carried + (self.rejected or 0)


class DayCheck(ABC):
    @abstractmethod
    def explained(self) -> str:
        """With what a day is published only: ``at least 1 row``; empty where that goes without saying."""

    @abstractmethod
    def broken(self, counts: Counts) -> str:
        """What is wrong with a day; empty when nothing is."""

    def examples(self, counts: Counts) -> tuple[str, ...]:
        """Reasons of which rejected rows are to be shown when it is broken, the most important first."""
        return ()


@dataclass(frozen=True)
class OneDay(DayCheck):
    """All rows of a write are of the run's day."""

    @classmethod
    def of(cls, contract: Contract) -> "OneDay":
        return cls()

    def explained(self) -> str:
        return ""

    def broken(self, counts: Counts) -> str:
        others = counts.written - counts.rows
        return f"{rows(others)} of another day than the run's" if others else ""


@dataclass(frozen=True)
class FewestRows(DayCheck):
    least: int

    @classmethod
    def of(cls, contract: Contract) -> "FewestRows | None":
        return cls(contract.minimum_rows) if contract.minimum_rows else None

    def explained(self) -> str:
        return f"at least {rows(self.least)}"

    def broken(self, counts: Counts) -> str:
        if counts.rows >= self.least:
            return ""
        return f"{rows(counts.rows)}, fewer than the {self.least} its contract asks for"


@dataclass(frozen=True)
class LargestDrop(DayCheck):
    """Half an export is noticed. Whether a day may be empty is :class:`FewestRows` to say: shops close."""

    share: float
    flag: str | None
    """The Boolean column whose true rows are counted; None: all rows are."""

    @classmethod
    def of(cls, contract: Contract) -> "LargestDrop | None":
        share = contract.maximum_drop
        return None if share is None else cls(share, contract.drop_counts)

    def explained(self) -> str:
        kind = f" {self.flag}" if self.flag else ""
        return f"at most {self.share:.0%} fewer{kind} rows than the day before"

    def broken(self, counts: Counts) -> str:
        drop = counts.drop
        if not counts.rows or drop is None or drop.rows >= drop.rows_before * (1 - self.share):
            return ""
        kind = f"{self.flag} " if self.flag else ""
        share = f"{1 - drop.rows / drop.rows_before:.0%}"
        return (
            f"{kind}{rows(drop.rows)}, {share} fewer than the {drop.rows_before} of {drop.earlier}; "
            f"its contract allows a drop of {self.share:.0%}"
        )


@dataclass(frozen=True)
class _OfRejects(DayCheck):
    """A limit on rejected rows by what they mean, as a share of the rows that came."""

    share: float
    reasons: tuple[Reason, ...]

    def meaning(self, counts: Counts, effect: Effect) -> dict[str, int]:
        """Rejected rows of an effect by reason, most first. A reason that nobody listed is a loss."""
        known = {reason.name: reason.effect for reason in self.reasons}
        of = {name: number for name, number in counts.reasons.items() if known.get(name, "lost") == effect}
        return dict(sorted(of.items(), key=lambda reason: (-reason[1], reason[0])))


@dataclass(frozen=True)
class RejectRate(_OfRejects):
    """The limit is about what is lost: a shop that exports an item once a sale, or sends an event twice,
    loses nothing by the repeats, however many they are."""

    @classmethod
    def of(cls, contract: Contract) -> "RejectRate | None":
        share = contract.maximum_reject_rate
        return None if share is None else cls(share, _reasons(contract))

    def explained(self) -> str:
        return f"at most {self.share:.0%} of the rows rejected"

    def broken(self, counts: Counts) -> str:
        lost = self.meaning(counts, "lost")
        unusable = sum(lost.values())
        if unusable <= self.share * counts.came:
            return ""
        share = f"{unusable / counts.came:.1%}"
        why = ", ".join(f"{number} {name}" for name, number in lost.items())
        return (
            f"{unusable} of {rows(counts.came)} rejected ({share}), and {self.share:.1%} are allowed: {why}"
        )

    def examples(self, counts: Counts) -> tuple[str, ...]:
        return tuple(self.meaning(counts, "lost"))


@dataclass(frozen=True)
class ConflictRate(_OfRejects):
    """Where rows of one id differ in what people read, the ids may be damaged (a spreadsheet makes one of
    many), and nothing else would notice."""

    @classmethod
    def of(cls, contract: Contract) -> "ConflictRate | None":
        share = contract.maximum_conflict_rate
        return None if share is None else cls(share, _reasons(contract))

    def explained(self) -> str:
        return f"at most {self.share:.0%} of the rows conflicting with another of their id"

    def broken(self, counts: Counts) -> str:
        conflicting = sum(self.meaning(counts, "conflicting").values())
        if conflicting <= self.share * counts.came:
            return ""
        share = f"{conflicting / counts.came:.1%}"
        return (
            f"{conflicting} of {rows(counts.came)} are conflicting ({share}): another row has the same id "
            f"and says something else, and {self.share:.1%} are allowed; look at the ids, and where they are "
            "right let the mapping say `most_conflicting`"
        )

    def examples(self, counts: Counts) -> tuple[str, ...]:
        return tuple(self.meaning(counts, "conflicting"))


@dataclass(frozen=True)
class NothingLost(DayCheck):
    """Every row that came is kept or rejected."""

    @classmethod
    def of(cls, contract: Contract) -> "NothingLost":
        return cls()

    def explained(self) -> str:
        return ""

    def broken(self, counts: Counts) -> str:
        rows_in, came = counts.rows_in, counts.came
        if counts.rejected is None or rows_in is None or rows_in == came:
            return ""
        off = f"{rows_in - came} lost" if rows_in > came else f"{came - rows_in} too many"
        kept = counts.rows - counts.carried
        return f"{rows(rows_in)} came in, {kept} would be published, {counts.rejected} rejected: {off}"


KINDS: tuple[Callable[[Contract], DayCheck | None], ...] = (
    OneDay.of, FewestRows.of, LargestDrop.of, RejectRate.of, ConflictRate.of, NothingLost.of
)  # fmt: skip


def of_day(contract: Contract) -> tuple[DayCheck, ...]:
    """All that a contract asks of the number of a day's rows."""
    return tuple(check for kind in KINDS if (check := kind(contract)) is not None)


def rows(count: int) -> str:
    return f"{count} row" if count == 1 else f"{count} rows"


def _reasons(contract: Contract) -> tuple[Reason, ...]:
    return contract.rejects.reasons if contract.rejects else tuple(GENERAL.values())
