"""What one night's page shows, as plain frozen objects: the page is a pure function of a :class:`Night`.

Nothing here names a person. Shoppers carry a name made for the page, and rejected rows are counted by
reason, never quoted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

State = Literal["published", "missing", "waiting"]
"""missing: all it reads is there, yet it published nothing for the day, so its own run failed or never began;
waiting: a table it reads is not there."""
Source = Literal["als", "similar", "popular"]


MOST_LATE = 4
"""Days; events that late and later are counted together."""


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


@dataclass(frozen=True)
class RejectCount:
    domain: str
    reason: str
    rows: int


@dataclass(frozen=True)
class Machines:
    """Whose events are taken for a machine's by one rule."""

    events: int
    visitors: int
    """Different devices, or customers where the log names no device."""
    customers: int
    """Different customers among them: people, if the rule is wrong."""


@dataclass(frozen=True)
class Item:
    item_id: str
    title: str
    language: str
    """BCP 47 code of the title; empty when unknown."""


@dataclass(frozen=True)
class Pick:
    rank: int
    item: Item
    source: Source


@dataclass(frozen=True)
class Shopper:
    name: str
    """A pseudonym made for this page."""
    did: tuple[Item, ...]
    """Items this shopper bought or looked at most, strongest first; empty for a new shopper."""
    picks: tuple[Pick, ...]


@dataclass(frozen=True)
class Description:
    item: Item
    language: str
    text: str
    facts: int
    """Attributes and numbers in the text, each found in the item's record."""


@dataclass(frozen=True)
class Sentiment:
    """One language's reviews of the night, counted in ten equal bins of the probability of being positive."""

    language: str
    bins: tuple[int, ...]
    positive: int
    """Reviews labelled positive."""

    @property
    def reviews(self) -> int:
        return sum(self.bins)


@dataclass(frozen=True)
class Trial:
    """What teaching an encoder the shop's own words was worth, on one kind of pairs it had not seen."""

    day: date
    model: str
    pairs: str
    """``query_item``, ``title_description`` or ``all``."""
    held_out: int
    ndcg_current: float | None
    """Mean NDCG@10 of the model in use; None where there were no such pairs."""
    ndcg_tuned: float | None
    """The same of the tuned one; None where there was too little to learn from."""
    accepted: bool
    """Whether it reads from the next night on."""


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
    hours: tuple[int, ...] = ()
    """People's events in each hour of the shop's clock, 24 counts; empty without a behaviour log."""
    events: Mapping[str, int] | None = None
    """People's events of the night by GA4 name; None without a behaviour log."""
    late: Mapping[int, int] = field(default_factory=dict)
    """Events, machines' too, that had happened before the export's day by the shop's clock, by how many days:
    1, 2, 3 or :data:`MOST_LATE` and more."""
    machines: Mapping[str, Machines] = field(default_factory=dict)
    """By how they gave themselves away."""
    shoppers: tuple[Shopper, ...] = ()
    descriptions: tuple[Description, ...] = ()
    sentiment: tuple[Sentiment, ...] = ()
    trials: tuple[Trial, ...] = ()
    """Of the newest week there was one, by model; kinds of pairs before all of them."""

    @property
    def published(self) -> tuple[TableNight, ...]:
        return tuple(table for table in self.tables if table.state == "published")

    @property
    def unpublished(self) -> tuple[TableNight, ...]:
        return tuple(table for table in self.tables if table.state != "published")

    def total(self, count: str) -> int:
        """Sum of one count (``rows_out``, ``model_rows_computed`` …) over tonight's published tables."""
        return sum(getattr(table, count) or 0 for table in self.published)

    @property
    def judged(self) -> tuple[int, int]:
        """Rows read and rows rejected by the tables that judge rows; a rate over all tables would count
        a row once for every table it passes through."""
        judges = [table for table in self.published if table.rows_rejected is not None]
        read = sum((t.rows_out or 0) + (t.rows_rejected or 0) for t in judges)
        return read, sum(t.rows_rejected or 0 for t in judges)

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
