"""What is planted in the demo shop's event log, how much of it, and how a line is broken.

Shares are of the lines of a day's export. A clone is a further event, a second or two after one of a
visit and about the same item, so that rejecting it or keeping it changes no session.
"""

import re
from datetime import date

import numpy as np

from nightmarket.demo.journeys import CART, PURCHASE, REFUND, VIEW, Rows, join, key
from nightmarket.demo.shop import DAY_MS, Shop

BROKEN = (
    "truncated", "not_json", "nul", "wrong_type", "unknown_event", "missing_id", "missing_time",
    "missing_event", "bad_time", "negative_price", "negative_quantity", "bad_number",
)  # fmt: skip
"""Lines no cleaning may let through, one kind as often as another."""

PLANTS = (
    "", "duplicate", "near_duplicate", "reused_id", "late", "overnight", "refund", "future", "ancient",
    "unknown_item", "private_query", "bot_agent", "bot_rate", "bot_heavy", "reseller", "internal", *BROKEN,
)  # fmt: skip
"""What a line was planted as; the first is an ordinary event."""

PLANT = {name: number for number, name in enumerate(PLANTS)}

SHARES = {
    "duplicate": 0.010,
    "near_duplicate": 0.005,
    "reused_id": 0.0005,
    "future": 0.001,
    "ancient": 0.001,
    "unknown_item": 0.003,
    "private_query": 0.001,
    "broken": 0.006,
    "bot_agent": 0.015,
    "bot_rate": 0.020,
    "reseller": 0.0075,
    "internal": 0.005,
}
UNKNOWN_ITEMS = 64
"""Different ids that stand in no catalogue."""

_PRIVATE = tuple(
    f'"search":{{"q":"{text}"}}'
    for text in (
        "where is my order maya.ellwood@example.com",
        "call me back 020 7946 0182",
        "订单查询 chen.lan@example.com",
        "退货 手机 15400001357",
    )
)


def share(name: str, lines: int) -> int:
    """How many lines of a part are planted so; at least two."""
    return max(2, round(SHARES[name] * lines))


def near_duplicates(day: date, part: int, rng: np.random.Generator, main: Rows, count: int) -> Rows:
    """The same person, item and event again, 100 to 900 ms later, under a new id; of what is clicked, for two
    lines of an order are two pieces."""
    clicked = (main.item >= 0) & ~np.isin(main.event, (PURCHASE, REFUND))
    rows = main.take(_sample(rng, np.flatnonzero(clicked), count))
    return rows.having(
        key=key(day, part, 8, np.arange(len(rows))),
        at=rows.at + rng.integers(100, 900, len(rows)),
        plant=PLANT["near_duplicate"],
    )


def reused(rng: np.random.Generator, main: Rows, owners: Rows) -> Rows:
    """Events of other people that carry the ids of ``owners``' events."""
    others = main.take(~np.isin(main.person, owners.person))
    return _clones(rng, others, len(owners)).having(key=owners.key, plant=PLANT["reused_id"])


def noise(shop: Shop, day: date, part: int, rng: np.random.Generator, main: Rows, listings: int) -> Rows:
    """Clones that cleaning must reject: broken, of another time, about items that do not exist.

    ``listings`` is how many listing numbers there are; the numbers from there on are unknown items.
    """
    lines = shop.part_lines(day, part)
    counts = {
        name: share(name, lines) for name in ("future", "ancient", "unknown_item", "private_query", "broken")
    }
    clones = _clones(rng, main, sum(counts.values()))
    clones = clones.having(key=key(day, part, 9, np.arange(len(clones))))
    blocks, start = [], 0
    for name, count in counts.items():
        rows = clones.take(np.arange(start, start + count))
        start += count
        if name == "future":
            rows = rows.having(at=rows.at + rng.integers(3, 400, count) * DAY_MS)
        elif name == "ancient":
            rows = rows.having(at=rows.at - rng.integers(400, 4_000, count) * DAY_MS)
        elif name == "unknown_item":
            rows = rows.having(item=listings + rng.integers(0, UNKNOWN_ITEMS, count))
        elif name == "private_query":
            rows = rows.having(event=12, item=-1, query=-2 - rng.integers(0, len(_PRIVATE), count))
        if name == "broken":
            kinds = PLANT[BROKEN[0]] + np.arange(count) % len(BROKEN)
            rows = rows.having(event=CART, quantity=1, plant=kinds, visit=-1)
        else:
            rows = rows.having(plant=PLANT[name])
        if name in {"future", "ancient"}:
            rows = rows.having(visit=-1)
        blocks.append(rows)
    return join(blocks)


def private_query(number: int) -> str:
    """The JSON of a search that has personal data in it; ``query`` column -2, -3 and so on."""
    return _PRIVATE[-2 - number]


def private_queries() -> int:
    return len(_PRIVATE)


def broken(line: str, kind: str, luck: int) -> str:
    """The line as a fault of ``kind`` leaves it."""
    if kind == "truncated":
        return line[: 20 + luck % (len(line) - 40)]
    if kind == "not_json":
        return (
            "<html><head><title>502 Bad Gateway</title></head></html>",
            "ERROR collector: queue full, 17 events dropped",
            "id,event,ts,user,device,item",
        )[luck % 3]
    if kind == "nul":
        return line.replace('"device":"', '"device":"\x00\x00', 1)
    pattern, replacement = {
        "wrong_type": (r'"ts":"([^"]*)"', r'"ts":{"value":"\1","unit":"ms"}'),
        "unknown_event": (r'"event":"\w+"', '"event":"teleport"'),
        "missing_id": (r'"id":"\w+",', ""),
        "missing_time": (r'"ts":"[^"]*",', ""),
        "missing_event": (r'"event":"\w+",', ""),
        "bad_time": (r'"ts":"[^"]*"', '"ts":"31/13/2026 25:61"'),
        "negative_price": (r'"price":', '"price":-'),
        "negative_quantity": (r'"qty":', '"qty":-'),
        "bad_number": (r'"price":[\d.]+', '"price":"12,5O"'),
    }[kind]
    return re.sub(pattern, replacement, line, count=1)


def _clones(rng: np.random.Generator, main: Rows, count: int) -> Rows:
    rows = main.take(_sample(rng, np.flatnonzero(main.item >= 0), count))
    return rows.having(
        at=rows.at + rng.integers(1_200, 2_000, len(rows)), event=VIEW, quantity=-1, order=-1, query=-1
    )


def _sample(rng: np.random.Generator, rows: np.ndarray, count: int) -> np.ndarray:
    return rng.permutation(rows)[:count]
