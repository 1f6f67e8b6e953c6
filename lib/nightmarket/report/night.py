"""What the page says of every table alike, as plain frozen objects: it follows from the plan and the commits.

Nothing here names a person: rejected rows are counted by reason, never quoted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

State = Literal["published", "missing", "waiting"]
"""missing: all it reads is there, yet it published nothing for the day, so its own run failed or never began;
waiting: a table it reads is not there."""


@dataclass(frozen=True)
class TableNight:
    """One planned table on this night. Counts are None where the commit did not carry them."""

    table: str
    title: str
    state: State
    newest_day: date | None
    """Newest day readers can see, at or before the night's day."""
    waits_for: tuple[str, ...] = ()
    """Tables it reads that were not published for the day."""
    started_at: datetime | None = None
    published_at: datetime | None = None
    seconds: float | None = None
    rows_in: int | None = None
    rows_out: int | None = None
    rows_rejected: int | None = None
    rows_before: int | None = None
    """Rows of the newest day before this one; None on a table's first night."""
    bytes: int | None = None
    model_rows_computed: int | None = None
    model_rows_reused: int | None = None

    @property
    def domain(self) -> str:
        return self.table.partition(".")[0]


@dataclass(frozen=True)
class RejectCount:
    domain: str
    reason: str
    """As the table of rejected rows names it."""
    rows: int
    english: str
    """What it means."""
    chinese: str


@dataclass(frozen=True)
class Night:
    day: date
    shop: str
    timezone: str
    """IANA zone of the shop; every time on the page is shown in it."""
    tables: tuple[TableNight, ...]
    """Every planned table in the order the night runs them."""
    left_out: Mapping[str, str]
    """Tables this shop has no exports for, and why."""
    rejects: tuple[RejectCount, ...] = ()

    @property
    def published(self) -> tuple[TableNight, ...]:
        return tuple(table for table in self.tables if table.state == "published")

    @property
    def unpublished(self) -> tuple[TableNight, ...]:
        return tuple(table for table in self.tables if table.state != "published")

    @property
    def domains(self) -> tuple[str, ...]:
        """Of the planned tables, by name."""
        return tuple(sorted({table.domain for table in self.tables}))

    def of(self, domain: str) -> "Night":
        """The night of one domain's tables."""
        return Night(
            self.day, self.shop, self.timezone,
            tuple(table for table in self.tables if table.domain == domain), {},
            tuple(count for count in self.rejects if count.domain == domain),
        )  # fmt: skip

    def total(self, count: str) -> int:
        """Sum of one count (``rows_out``, ``model_rows_computed`` …) over tonight's published tables."""
        return sum(getattr(table, count) or 0 for table in self.published)

    @property
    def read_and_rejected(self) -> tuple[int, int]:
        """Rows read and rows rejected by the tables that reject rows; a rate over all tables would count
        a row once for every table it passes through."""
        cleaned = [table for table in self.published if table.rows_rejected is not None]
        read = sum((t.rows_out or 0) + (t.rows_rejected or 0) for t in cleaned)
        return read, sum(t.rows_rejected or 0 for t in cleaned)

    @property
    def began(self) -> datetime | None:
        return min((t.started_at for t in self.published if t.started_at), default=None)

    @property
    def ended(self) -> datetime | None:
        return max((t.published_at for t in self.published if t.published_at), default=None)

    @property
    def seconds(self) -> float:
        """From the first table's start to the last one's publication, waiting included."""
        return (self.ended - self.began).total_seconds() if self.began and self.ended else 0.0

    @property
    def slowest(self) -> TableNight | None:
        timed = [table for table in self.published if table.seconds is not None]
        return max(timed, key=lambda table: (table.seconds or 0.0, table.table), default=None)
