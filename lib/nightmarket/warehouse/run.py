"""Who publishes, and what came of it."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True)
class Run:
    """One try at one table's day. Its retries carry the same key; a run made on purpose a new one."""

    day: date
    key: str
    code_version: str
    started_at: datetime

    def __post_init__(self) -> None:
        if self.started_at.tzinfo is None:
            raise ValueError("Run.started_at needs a time zone")


@dataclass(frozen=True)
class Published:
    """A day of a table as readers now find it."""

    table: str
    day: date
    snapshot_id: int
    rows_out: int
    rows_rejected: int
    already: bool
    """True when an earlier try had published it and this one did nothing."""
    left_out: int = 0
    """Rows that the mapping's condition left out before they came in."""

    def in_words(self) -> str:
        rejected = f", {self.rows_rejected:,} rejected" if self.rows_rejected else ""
        out = f", {self.left_out:,} left out" if self.left_out else ""
        before = ", by an earlier try of this run" if self.already else ""
        return f"{self.table}: {self.rows_out:,} rows{rejected}{out} ({self.day}{before})"


@dataclass(frozen=True)
class TableSummary:
    """A table at a glance, from its metadata alone."""

    table: str
    newest_day: date | None
    """None when nothing is published yet."""
    rows: int
    """Rows of the newest day."""
    days: int
    bytes: int
    """Size of all days' data files."""
    damage: str = ""
    """Why nothing is known of it: the sentence on its files."""
