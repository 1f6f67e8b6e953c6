"""The demo shop's sizes, calendar and randomness: what every other part of it is a function of.

Every export of a day is a pure function of ``(Shop, day)``. Nothing is carried from one day to the next;
what two days share (a session across midnight, a late event, a refund) is drawn from a stream keyed by
the day it began on, and both days draw it again.
"""

import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from nightmarket.errors import SourceError

FORMAT = 1
"""Raised when the same shop and day would come out with other bytes."""

TIMEZONE = "Asia/Shanghai"
OFFSET_HOURS = 8
"""Asia/Shanghai has had no daylight saving since 1991, so its midnight is plain arithmetic."""

DEFAULT_ITEMS = 300
DEFAULT_EVENTS = 8_000
EVENTS_PER_PART = 250_000
"""One part file is made in memory at once: about 70 MB of text."""

FEWEST_USERS = 0.04
"""Users for each event of a day; a person comes at most five times in the main part of a day."""

DAY_MS = 86_400_000
EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class Shop:
    """A demo shop: its seed and its sizes. Equal shops write equal bytes.

    items: listings on the opening day. users: people with an account. events: lines of an ordinary day's
    event export; opening_events: of the opening day's. heavy_bot: share of all events that one crawler makes.
    """

    seed: int
    opening: date
    items: int
    users: int
    events: int
    opening_events: int
    heavy_bot: float = 0.02

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise SourceError(f"the demo shop's seed is {self.seed}; use 0 or more.")
        if self.items < DEFAULT_ITEMS:
            raise SourceError(
                f"a demo shop of {self.items} items is too small for its plants; use 300 or more."
            )
        if min(self.events, self.opening_events) < 2_000:
            raise SourceError("a demo shop needs at least 2000 events a day for its plants; raise --events.")
        if self.users < max(self.events, self.opening_events) * FEWEST_USERS:
            raise SourceError(
                f"{self.users} users cannot make {max(self.events, self.opening_events)} events in one day; "
                "leave users out or use 4 for every 100 events."
            )
        if not 0 <= self.heavy_bot <= 0.5:
            raise SourceError(
                f"heavy_bot is {self.heavy_bot}; it is a share of all events between 0 and 0.5."
            )

    @classmethod
    def sized(
        cls,
        opening: date,
        *,
        seed: int = 7,
        scale: int = DEFAULT_ITEMS,
        events: int | None = None,
        users: int | None = None,
        heavy_bot: float = 0.02,
    ) -> "Shop":
        """A shop of ``scale`` items with the other sizes in proportion.

        Without ``events`` a day has about 27 events an item and the opening day half as many again, so that
        recommendations have something to learn from on the first night; a stated number holds for every day.
        """
        ordinary = events if events is not None else scale * DEFAULT_EVENTS // DEFAULT_ITEMS
        return cls(
            seed=seed,
            opening=opening,
            items=scale,
            users=users if users is not None else max(2 * scale, ordinary * 3 // 40),
            events=ordinary,
            opening_events=ordinary if events is not None else ordinary * 3 // 2,
            heavy_bot=heavy_bot,
        )

    @property
    def visitors(self) -> int:
        """People who never sign in and are known by their device only."""
        return self.users * 3 // 10

    @property
    def people(self) -> int:
        """Users then visitors; a person is a number below this."""
        return self.users + self.visitors

    @property
    def parts(self) -> int:
        """Files of a day's event export; the same on every day, so that days can be joined part by part."""
        return -(-self.events // EVENTS_PER_PART)

    def lines(self, day: date) -> int:
        """Lines of the day's event export, malformed ones included."""
        return self.opening_events if day == self.opening else self.events

    def part_lines(self, day: date, part: int) -> int:
        total, parts = self.lines(day), self.parts
        return total * (part + 1) // parts - total * part // parts

    def rng(self, purpose: str, *numbers: int) -> np.random.Generator:
        """The random stream for one purpose, and day, part or chunk where it has them."""
        return np.random.default_rng([self.seed, zlib.crc32(purpose.encode()), *numbers])

    def as_record(self) -> dict[str, Any]:
        """What ``shop.json`` says."""
        return {"format": FORMAT, **asdict(self), "opening": self.opening.isoformat()}


def midnight_ms(day: date) -> int:
    """The instant the shop's day begins, in milliseconds since 1970 UTC."""
    return (day.toordinal() - EPOCH) * DAY_MS - OFFSET_HOURS * 3_600_000


def mix(numbers: np.ndarray, salt: int = 0) -> np.ndarray:
    """SplitMix64's finaliser (Steele, Lea & Flood 2014): a bijection of 64-bit integers that looks random.

    A bijection, so distinct numbers make distinct ids, whatever the size of the shop.
    """
    with np.errstate(over="ignore"):
        x = numbers.astype(np.uint64) + np.uint64((salt * 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))


def settle(day: date, truth: Path, opening: date | None, stated: Mapping[str, Any]) -> Shop:
    """The shop recorded in ``<truth>/shop.json``; without a record, a new one, by default opening on ``day``.

    ``stated`` are arguments of :meth:`Shop.sized` that somebody asked for. Raises SourceError when the
    recorded shop is another one or opened after the day, for its days would not fit together.
    """
    record = truth / "shop.json"
    new = not record.exists()
    shop = Shop.sized(opening or day, **stated) if new else _recorded(record, opening, stated)
    if day < shop.opening:
        raise SourceError(
            f"the demo shop of {record} opens on {shop.opening}; {day} is before that. "
            "Write a later day, or use other folders for a shop that opens earlier."
        )
    if new:
        truth.mkdir(parents=True, exist_ok=True)
        waiting = record.with_suffix(".tmp")
        waiting.write_text(json.dumps(shop.as_record(), indent=2) + "\n", encoding="utf-8")
        waiting.replace(record)
    return shop


def _recorded(record: Path, opening: date | None, stated: Mapping[str, Any]) -> Shop:
    """The recorded shop, when what is asked for is no other."""
    known = json.loads(record.read_text(encoding="utf-8"))
    if known.pop("format", None) != FORMAT:
        raise SourceError(
            f"{record} is of another version of the demo shop; use other folders for a new shop."
        )
    shop = Shop(**{**known, "opening": date.fromisoformat(known["opening"])})
    recorded = {
        "opening": shop.opening,
        "seed": shop.seed,
        "scale": shop.items,
        "users": shop.users,
        "heavy_bot": shop.heavy_bot,
        "events": shop.events if shop.events == shop.opening_events else "in proportion",
    }
    asked = {**stated, "opening": opening or shop.opening}
    differing = [
        f"{name} {asked[name]} instead of {recorded[name]}" for name in asked if asked[name] != recorded[name]
    ]
    if differing:
        raise SourceError(
            f"{record} records another demo shop: asked for {', '.join(differing)}. "
            "Leave these out to write more days of it, or use other folders for a new shop."
        )
    return shop
