"""Visits to the demo shop as rows: what a person does, in which order, how long apart.

A visit follows one of a few journeys, possibly left early. Within a visit events are 2.5 to 240 seconds
apart and a visit lasts at most 65 minutes; a person's visits are at least 35 minutes apart, because each
has its own stretch of the day. A gap of 30 minutes therefore ends a visit and nothing else does.
"""

from dataclasses import dataclass, fields, replace
from datetime import date

import numpy as np

from nightmarket.demo import grammar, people
from nightmarket.demo.catalogue import Listings, listings
from nightmarket.demo.shop import Shop, midnight_ms, mix

EVENTS = (
    "view_item_list", "select_item", "view_item", "add_to_wishlist", "add_to_cart", "remove_from_cart",
    "view_cart", "begin_checkout", "add_shipping_info", "add_payment_info", "purchase", "refund", "search",
    "login", "sign_up", "share", "view_promotion", "select_promotion",
)  # fmt: skip
"""GA4's recommended events for shops; an event is an index into this."""

_LETTERS = dict(zip("LCVWARKBHY$FSIUXPO", range(len(EVENTS)), strict=True))
LOGIN, SEARCH, PURCHASE, REFUND, VIEW, CART = (_LETTERS[letter] for letter in "IS$FVA")

# Weight and steps: a letter is an event (in the order of EVENTS: L C V W A R K B H Y $ F S I U X P O),
# a digit which of the visit's items it is about. "S5" and "S6" are a search and the search it was mended to.
_OPEN = (
    (14, "V0"),
    (16, "L C0 V0 V1 V2"),
    (12, "P O0 V0 V1"),
    (14, "S5 C0 V0 C1 V1 V2"),
    (7, "S5 S6 C0 V0"),
    (4, "S5"),
    (9, "L C0 V0 W0 C1 V1 V2 V3"),
    (4, "V0 X0 V1"),
    (8, "L V0 A0 V1 K R0 V2"),
)
_SIGNED = (
    (9, "V0 A0 K B0 H0 Y0 $0"),
    (10, "S5 C0 V0 V1 A1 K B1 H1 Y1 $1"),
    (8, "L C0 V0 A0 C1 V1 A1 V2 K B0 B1 H0 Y0 $0 $1"),
    (5, "P O0 V0 A0 B0 H0 Y0 $0 V1 V2"),
    (3, "L V0 V1 A1 K B1 Y1"),
)
_LOGIN = (
    (5, "L C0 V0 V1 A1 I K B1 H1 Y1 $1"),
    (3, "S5 C0 V0 I W0 V1"),
    (2, "V0 V1 V2 I V3"),
)
VISIT_LENGTH = 6.3
"""Mean events of a visit, for planning how many visits fill a file."""
LEFT_EARLY = 0.25
ANONYMOUS = 0.15


@dataclass(frozen=True)
class Rows:
    """Events as arrays of one length.

    key: a number unique to the event, from which its id is made. at: when, milliseconds UTC. zone: minutes
    the written time is ahead of UTC. item: listing number, or -1. query: index into ``grammar.queries()``
    times two plus the language, or -1. signed: whether the event names the user. visit: the true session.
    order: the order's number, or -1. plant: index into ``blemishes.PLANTS``.
    """

    key: np.ndarray
    person: np.ndarray
    device: np.ndarray
    signed: np.ndarray
    event: np.ndarray
    at: np.ndarray
    zone: np.ndarray
    item: np.ndarray
    quantity: np.ndarray
    order: np.ndarray
    query: np.ndarray
    agent: np.ndarray
    address: np.ndarray
    visit: np.ndarray
    plant: np.ndarray

    def __len__(self) -> int:
        return len(self.key)

    def take(self, rows: np.ndarray) -> "Rows":
        """The rows at these positions, or where this is true."""
        return Rows(*(getattr(self, field.name)[rows] for field in fields(self)))

    def having(self, **columns: np.ndarray | int) -> "Rows":
        """The same rows with these columns instead; a number fills its column."""
        filled = {
            name: np.full_like(getattr(self, name), value) if np.isscalar(value) else value
            for name, value in columns.items()
        }
        return replace(self, **filled)  # type: ignore[arg-type]


def join(blocks: list[Rows]) -> Rows:
    return Rows(*(np.concatenate([getattr(block, field.name) for block in blocks]) for field in fields(Rows)))


def key(day: date, part: int, block: int, numbers: np.ndarray) -> np.ndarray:
    """Event numbers nobody else has: 20 bits of the day, 16 of the part, 6 of the block and 22 within it."""
    return (
        (np.uint64(day.toordinal()) << np.uint64(44))
        | (np.uint64(part) << np.uint64(28))
        | (np.uint64(block) << np.uint64(22))
        | numbers.astype(np.uint64)
    )


def visit_number(day: date, stretch: int | np.ndarray, person: np.ndarray) -> np.ndarray:
    """A visit's number: its day, the stretch of the day, and the person."""
    return ((np.int64(day.toordinal()) * 16 + stretch) << 36) | person


class _Journeys:
    """The journeys as matrices: event and item digit of every step, length, cumulative weight, login step."""

    def __init__(self, table: tuple[tuple[int, str], ...]) -> None:
        steps = [journey.split() for _, journey in table]
        width = max(map(len, steps))
        self.length = np.array([len(journey) for journey in steps])
        self.event = np.zeros((len(steps), width), np.int64)
        self.digit = np.full((len(steps), width), -1, np.int64)
        for row, journey in enumerate(steps):
            for column, step in enumerate(journey):
                self.event[row, column] = _LETTERS[step[0]]
                self.digit[row, column] = int(step[1:]) if len(step) > 1 else -1
        self.login = np.where((self.event == LOGIN).any(1), (self.event == LOGIN).argmax(1), -1)
        weight = np.array([weight for weight, _ in table], np.float64)
        self.cumulative = np.cumsum(weight / weight.sum())


_ALL, _VISITOR = _Journeys(_OPEN + _SIGNED + _LOGIN), _Journeys(_OPEN)


def visits(
    shop: Shop, day: date, part: int, block: int, rng: np.random.Generator, person: np.ndarray,
    stretch: int | np.ndarray, start: np.ndarray, limit: int | None = None,
) -> Rows:  # fmt: skip
    """One visit for each of ``person``, beginning at ``start`` (ms UTC), in visit order.

    ``stretch`` numbers the part of the day the visit is in. With ``limit`` the rows stop there, whatever
    visit is cut by it; there may be fewer.
    """
    count = len(person)
    member = (person < shop.users) | (person >= shop.people)
    choice = rng.random(count)
    row = np.where(
        member,
        np.searchsorted(_ALL.cumulative, choice, side="right").clip(max=len(_ALL.length) - 1),
        np.searchsorted(_VISITOR.cumulative, choice, side="right").clip(max=len(_VISITOR.length) - 1),
    )
    length = _ALL.length[row]
    early = rng.random(count) < LEFT_EARLY
    length = np.where(early, 1 + (rng.random(count) * length).astype(np.int64), length)
    if limit is not None:
        ends = np.cumsum(length)
        length = np.clip(length - np.maximum(ends - limit, 0), 0, None)
    total = int(length.sum())
    of = np.repeat(np.arange(count), length)
    step = np.arange(total) - np.repeat(np.cumsum(length) - length, length)
    event, digit = _ALL.event[row[of], step], _ALL.digit[row[of], step]

    gaps = np.minimum(2_500 + rng.exponential(45_000, total), 240_000).astype(np.int64)
    gaps[step == 0] = 0
    elapsed = np.cumsum(gaps)
    elapsed -= np.repeat(elapsed[step == 0], length[length > 0])
    which = (rng.random(count) < 0.3).astype(np.int64)
    device = people.device(person, which)[of]
    anonymous = (rng.random(count) < ANONYMOUS) & (_ALL.login[row] < 0) | ~member
    signed = ~anonymous[of] & (step >= _ALL.login[row[of]])

    looked = chosen(shop, day, rng, person)
    item = np.where((digit >= 0) & (digit < 5), looked[of, np.clip(digit, 0, 4)], -1)
    visit = visit_number(day, stretch, person)
    buys = event == PURCHASE
    pieces = np.minimum(1 + rng.exponential(0.6, total).astype(np.int64), 5)
    return Rows(
        key=key(day, part, block, np.arange(total)),
        person=person[of],
        device=device,
        signed=signed,
        event=event,
        at=start[of] + elapsed,
        zone=people.zone_minutes(person)[of],
        item=item,
        quantity=np.where(buys | (event == CART), np.where(buys, pieces, 1), -1),
        order=np.where(buys, visit[of], -1),
        query=_queries(listings(shop, day), rng, person, looked[:, 0], digit, of),
        agent=people.agent(device),
        address=people.address(person)[of],
        visit=visit[of],
        plant=np.zeros(total, np.int64),
    )


def chosen(shop: Shop, day: date, rng: np.random.Generator, person: np.ndarray) -> np.ndarray:
    """Five different listings each person may look at, int64 (people, 5): four in five from their taste."""
    preferred, spoken = people.subcategories(shop, day)
    picks = np.empty((len(person), 5), np.int64)
    taste, tongue = people.group(person), people.language(person)
    tongue = np.where(rng.random(len(person)) < 0.08, 1 - tongue, tongue)
    for code in (0, 1):
        for number in range(people.GROUPS):
            rows = np.flatnonzero((taste == number) & (tongue == code))
            own, every = preferred[number][code], spoken[code]
            # Five different places of a subcategory: a popular first one, then steps that cannot meet again.
            first = (rng.random(len(rows)) ** 1.8 * len(own)).astype(np.int64)
            step = 1 + rng.integers(0, max(1, (len(own) - 1) // 4), len(rows))
            places = (first[:, None] + step[:, None] * np.arange(5)) % len(own)
            strays = (rng.random((len(rows), 1)) ** 1.8 * len(every)).astype(np.int64)
            strays = every[(strays + np.arange(5) * (len(every) // 5)) % len(every)]
            inside = own[places]
            stray = rng.random((len(rows), 5)) >= people.IN_TASTE
            # A stray item the visit has already is not taken.
            stray &= ~(strays[:, :, None] == inside[:, None, :]).any(2)
            picks[rows] = np.where(stray, strays, inside)
    return picks


def _queries(
    known: Listings, rng: np.random.Generator, person: np.ndarray, item: np.ndarray, digit: np.ndarray,
    of: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """What each step searches for: a spelling of the first item's kind, another one when it is mended."""
    spelling = rng.integers(0, grammar.QUERIES_PER_KIND, len(person))
    clicked = (
        known.kind[item][of] * grammar.QUERIES_PER_KIND
        + (spelling[of] + (digit == 6)) % grammar.QUERIES_PER_KIND
    )
    return np.where(digit >= 5, clicked * 2 + people.language(person)[of], -1)


def stretches(
    shop: Shop, day: date, rng: np.random.Generator, crowd: np.ndarray, count: int, first: int, last: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Who comes when: ``count`` different pairs of a person and a stretch, from ``first`` to before ``last``.

    Stretch k of a person is 150 minutes from 05:30 local time plus their habit plus k times 150 minutes; the
    visit begins in its first 45. The frequent come more often and evenings are busier. Returns person,
    stretch and start (ms UTC), ordered by start. Fewer than ``count`` when the crowd is too small.
    """
    span = np.arange(first, last)
    busy = 0.5 + span / 4
    weight = (people.activity(crowd)[:, None] * busy).ravel()
    luck = np.log(weight) + rng.gumbel(size=len(weight))
    count = min(count, len(luck))
    pairs = np.sort(np.argpartition(-luck, count - 1)[:count]) if count else np.empty(0, np.int64)
    person, stretch = crowd[pairs // len(span)], span[pairs % len(span)]
    begins = midnight_ms(day) + 330 * 60_000 + people.habit_ms(person) + stretch * 150 * 60_000
    start = begins + (rng.random(count) * 45 * 60_000).astype(np.int64)
    order = np.argsort(start, kind="stable")
    return person[order], stretch[order], start[order]


def hidden_id(numbers: np.ndarray) -> np.ndarray:
    """The 64-bit event id, of which no order can be read."""
    return mix(numbers, 6)
