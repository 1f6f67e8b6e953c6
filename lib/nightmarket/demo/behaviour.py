"""One part of a day's behaviour log: everybody's events, and everything planted among them.

A part holds its own people (person modulo parts), so parts are made in any order by any process. A small
block of each part's visits, the carried one, is drawn again elsewhere: the next part repeats some of its
events, later days deliver what it withheld, and refund what it sold.
"""

from datetime import date, timedelta

import numpy as np

from nightmarket.demo import blemishes, people
from nightmarket.demo.blemishes import PLANT
from nightmarket.demo.catalogue import listings
from nightmarket.demo.journeys import (
    PURCHASE,
    REFUND,
    VIEW,
    VISIT_LENGTH,
    Rows,
    join,
    key,
    stretches,
    visit_number,
    visits,
)
from nightmarket.demo.shop import DAY_MS, Shop, midnight_ms

CARRIED = 0.05
OVERNIGHT = 0.02
WITHHELD = 0.5
"""Share of the carried visits whose last events arrive a later day."""
DELAYS = (1, 1, 1, 1, 1, 1, 1, 2, 2, 3)
"""By how many days, each as likely as another."""
REFUND_AFTER = (2, 4, 7)
"""Days after the order, each for its own share of the orders."""
AGENT_BURST = 60
RATE_BURST = 120
RATE_SECONDS = (1, 2, 5, 10, 20)
_CROWDED = 5
"""Stretches of the day for the main visits: the first five. The carried visits have the sixth."""
_NIGHT, _DAWN, _MACHINE = 7, 8, 9
_STAFF, _AGENTS, _RATES = 0, 300, 600
"""Where in a part's planted people each sort begins."""


def events(shop: Shop, day: date, part: int) -> Rows:
    """The part's rows in the order they arrived; ``Shop.part_lines`` of them."""
    lines = shop.part_lines(day, part)
    known = len(listings(shop, day).product)
    ordinary = _ordinary(shop, day, part)
    copies, owners = _from_neighbour(shop, day, part, lines)
    rest = [
        ordinary,
        copies,
        *(_late(shop, day, part, back) for back in sorted(set(DELAYS))),
        _overnight(shop, day, part, head=True),
        _overnight(shop, day - timedelta(1), part, head=False).having(plant=PLANT["overnight"]),
        _refunds(shop, day, part),
        _agents(shop, day, part, blemishes.share("bot_agent", lines)),
        _rates(shop, day, part, blemishes.share("bot_rate", lines)),
        _heavy(shop, day, part),
        _resold(shop, day, part),
        _staff(shop, day, part, blemishes.share("internal", lines)),
    ]
    rng = shop.rng("main", day.toordinal(), part)
    near = blemishes.share("near_duplicate", lines)
    noisy = ("future", "ancient", "unknown_item", "private_query", "broken")
    room = (
        lines - sum(map(len, rest)) - near - len(owners) - sum(blemishes.share(name, lines) for name in noisy)
    )
    main = _main(shop, day, part, rng, room)
    unlike = blemishes.reused(rng, main, owners)
    rows = join(
        [
            main,
            *rest,
            blemishes.near_duplicates(day, part, rng, main, near),
            unlike,
            blemishes.noise(shop, day, part, rng, main, known),
        ]
    )
    if len(rows) != lines:
        raise ValueError(f"part {part} of {day} has {len(rows)} rows, not {lines}")
    return rows.take(_arrival(shop, day, part, rows))


def _main(shop: Shop, day: date, part: int, rng: np.random.Generator, room: int) -> Rows:
    count = round(room / VISIT_LENGTH * 1.3) + 8
    person, stretch, start = stretches(shop, day, rng, _crowd(shop, part), count, 0, _CROWDED)
    # In a random order, so that the visits that no longer fit are not all of the late evening.
    order = rng.permutation(len(person))
    return visits(shop, day, part, 0, rng, person[order], stretch[order], start[order], limit=room)


def _crowd(shop: Shop, part: int) -> np.ndarray:
    return np.arange(part, shop.people, shop.parts)


def _carried(shop: Shop, day: date, part: int) -> tuple[Rows, np.ndarray]:
    """The carried visits that began on the day, and by how many days each row is delivered late."""
    rng = shop.rng("carried", day.toordinal(), part)
    count = max(20, round(shop.part_lines(day, part) * CARRIED / VISIT_LENGTH))
    person, stretch, start = stretches(shop, day, rng, _crowd(shop, part), count, _CROWDED, _CROWDED + 1)
    rows = visits(shop, day, part, 1, rng, person, stretch, start)
    held = rng.random(len(person)) < WITHHELD
    delay = np.where(held, rng.choice(DELAYS, len(person)), 0)
    number = visit_number(day, stretch, person)
    order = np.argsort(number)
    of = order[np.searchsorted(number[order], rows.visit)]
    # Only the end of a visit is withheld: what is left on either day is one session, without a long gap.
    first = np.flatnonzero(np.diff(rows.visit, prepend=-1))
    length = np.diff(first, append=len(rows))
    place = np.arange(len(rows)) - np.repeat(first, length)
    return rows, np.where(place >= (np.repeat(length, length) + 1) // 2, delay[of], 0)


def _ordinary(shop: Shop, day: date, part: int) -> Rows:
    rows, delay = _carried(shop, day, part)
    return rows.take(delay == 0)


def _late(shop: Shop, day: date, part: int, back: int) -> Rows:
    rows, delay = _carried(shop, day - timedelta(back), part)
    return rows.take(delay == back).having(plant=PLANT["late"])


def _from_neighbour(shop: Shop, day: date, part: int, lines: int) -> tuple[Rows, Rows]:
    """Exact copies of events of the part before, and other events of it whose ids will be used again."""
    rows = _ordinary(shop, day, (part - 1) % shop.parts)
    order = shop.rng("copies", day.toordinal(), part).permutation(len(rows))
    copies, again = blemishes.share("duplicate", lines), blemishes.share("reused_id", lines)
    return rows.take(order[:copies]).having(plant=PLANT["duplicate"]), rows.take(
        order[copies : copies + again]
    )


def _overnight(shop: Shop, day: date, part: int, *, head: bool) -> Rows:
    """Visits that begin late on the day: their events until midnight (head), or those after it."""
    rng = shop.rng("overnight", day.toordinal(), part)
    count = max(12, round(shop.part_lines(day, part) * OVERNIGHT / VISIT_LENGTH))
    person = np.sort(rng.choice(_crowd(shop, part), count, replace=False))
    start = midnight_ms(day) + DAY_MS - rng.integers(10_000, 8 * 60_000, count)
    rows = visits(shop, day, part, 2, rng, person, _NIGHT, start)
    return rows.take((rows.at < midnight_ms(day) + DAY_MS) == head)


def _refunds(shop: Shop, day: date, part: int) -> Rows:
    """Money back for earlier orders, booked between three and four in the morning."""
    chances = []
    for back in REFUND_AFTER:
        rows = _ordinary(shop, day - timedelta(back), part)
        rows = rows.take(rows.event == PURCHASE)
        luck = shop.rng("refunds", day.toordinal() - back, part).integers(0, len(REFUND_AFTER), len(rows))
        chances.append(rows.take(luck == REFUND_AFTER.index(back)))
    rows = join(chances)
    return rows.having(
        key=key(day, part, 10, np.arange(len(rows))),
        event=REFUND,
        at=midnight_ms(day) + 3 * 3_600_000 + np.arange(len(rows)) * 3_600_000 // max(1, len(rows)),
        visit=visit_number(day, _DAWN, rows.person),
        plant=PLANT["refund"],
    )


def _agents(shop: Shop, day: date, part: int, count: int) -> Rows:
    """Bots that say so: bursts of about 60 page views, irregularly timed."""
    rng = shop.rng("agents", day.toordinal(), part)
    bot, step = _shared_out(count, AGENT_BURST)
    person = people.specials(shop, part, _AGENTS, int(bot[-1]) + 1)[bot]
    start = midnight_ms(day) + rng.integers(3_600_000, 20 * 3_600_000, bot[-1] + 1)
    gap = 300 + rng.exponential(3_000, count).clip(max=60_000).astype(np.int64)
    elapsed = np.cumsum(gap)
    elapsed -= elapsed[step == 0][bot]
    rows = _alone(shop, day, part, 3, rng, person, start[bot] + elapsed, VIEW, _MACHINE)
    return _crawling(shop, day, rows, bot * 31 + step).having(
        agent=len(people.BROWSERS) + (bot + part) % len(people.BOTS),
        address=people.rented(person),
        plant=PLANT["bot_agent"],
    )


def _rates(shop: Shop, day: date, part: int, count: int) -> Rows:
    """Bots that pass for a browser but keep time like a machine: about 120 views, 1 to 20 seconds apart."""
    rng = shop.rng("rates", day.toordinal(), part)
    bot, step = _shared_out(count, RATE_BURST)
    person = people.specials(shop, part, _RATES, int(bot[-1]) + 1)[bot]
    start = midnight_ms(day) + rng.integers(3_600_000, 20 * 3_600_000, bot[-1] + 1)
    pace = np.array(RATE_SECONDS)[(bot + part) % len(RATE_SECONDS)] * 1000
    at = start[bot] + step * pace + rng.integers(-3, 4, count)
    rows = _alone(shop, day, part, 4, rng, person, at, VIEW, _MACHINE)
    return _crawling(shop, day, rows, bot * 17 + step).having(
        address=people.rented(person), plant=PLANT["bot_rate"]
    )


def _heavy(shop: Shop, day: date, part: int) -> Rows:
    """The one crawler with a large share of the whole day, in step all day long."""
    total = round(shop.lines(day) * shop.heavy_bot)
    number = np.arange(total * part // shop.parts, total * (part + 1) // shop.parts)
    pace = min(2_000.0, 0.9 * DAY_MS / max(1, total))
    at = midnight_ms(day) + 1_800_000 + (number * pace).astype(np.int64)
    rng = shop.rng("heavy", day.toordinal(), part)
    rows = _alone(shop, day, part, 5, rng, np.full(len(number), people.crawler(shop)), at, VIEW, _MACHINE)
    return _crawling(shop, day, rows, number).having(
        address=people.rented(rows.person), plant=PLANT["bot_heavy"]
    )


def _resold(shop: Shop, day: date, part: int) -> Rows:
    """The reseller: purchases of 5 to 50 pieces, one order each, from nine to nine and never in step."""
    total = round(shop.lines(day) * blemishes.SHARES["reseller"])
    number = np.arange(total * part // shop.parts, total * (part + 1) // shop.parts)
    rng = shop.rng("resold", day.toordinal(), part)
    pace = min(300_000.0, 12 * 3_600_000 / total)
    at = midnight_ms(day) + 9 * 3_600_000 + ((number + 0.8 * rng.random(len(number))) * pace).astype(np.int64)
    person = np.full(len(number), people.reseller(shop))
    rows = _alone(shop, day, part, 6, rng, person, at, PURCHASE, _MACHINE)
    return _crawling(shop, day, rows, number).having(
        signed=np.ones(len(number), bool),
        quantity=rng.integers(5, 51, len(number)),
        order=rows.visit + number + 1,
        plant=PLANT["reseller"],
    )


def _staff(shop: Shop, day: date, part: int, count: int) -> Rows:
    """Staff trying the shop from the office network."""
    rng = shop.rng("staff", day.toordinal(), part)
    crowd = people.specials(shop, part, _STAFF, 3 + round(count / VISIT_LENGTH / 2))
    person, stretch, start = stretches(
        shop, day, rng, crowd, round(count / VISIT_LENGTH * 1.5) + 6, 0, _CROWDED
    )
    rows = visits(shop, day, part, 7, rng, person, stretch, start, limit=count)
    return rows.having(address=people.office(rows.person), plant=PLANT["internal"])


def _alone(
    shop: Shop, day: date, part: int, block: int, rng: np.random.Generator, person: np.ndarray,
    at: np.ndarray, event: int, stretch: int,
) -> Rows:  # fmt: skip
    """Events one by one, without an account, each about a listing on sale."""
    count = len(person)
    standing = listings(shop, day).standing(day)
    device = people.device(person, np.zeros(count, np.int64))
    none = np.full(count, -1, np.int64)
    return Rows(
        key=key(day, part, block, np.arange(count)),
        person=person,
        device=device,
        signed=np.zeros(count, bool),
        event=np.full(count, event, np.int64),
        at=at,
        zone=people.zone_minutes(person),
        item=standing[rng.integers(0, len(standing), count)],
        quantity=none,
        order=none,
        query=none,
        agent=people.agent(device),
        address=people.address(person),
        visit=visit_number(day, stretch, person),
        plant=np.zeros(count, np.int64),
    )


def _shared_out(count: int, burst: int) -> tuple[np.ndarray, np.ndarray]:
    """Bot and step of each of ``count`` events: bots of about ``burst`` events, none of just a few."""
    bots = max(1, round(count / burst))
    bot = np.arange(count) * bots // count
    return bot, np.arange(count) - np.searchsorted(bot, bot)


def _crawling(shop: Shop, day: date, rows: Rows, number: np.ndarray) -> Rows:
    """The rows going through the whole catalogue in steps: an item returns only after all others."""
    standing = listings(shop, day).standing(day)
    return rows.having(item=standing[number * 7_919 % len(standing)])


def _arrival(shop: Shop, day: date, part: int, rows: Rows) -> np.ndarray:
    """The order of arrival: by time, a few seconds blurred; what is of another day arrives at any time."""
    rng = shop.rng("arrival", day.toordinal(), part)
    begins = midnight_ms(day)
    elsewhere = (rows.at < begins) | (rows.at >= begins + DAY_MS)
    when = np.where(
        elsewhere, begins + rng.random(len(rows)) * DAY_MS, rows.at + rng.random(len(rows)) * 3_000
    )
    return np.argsort(when, kind="stable")
