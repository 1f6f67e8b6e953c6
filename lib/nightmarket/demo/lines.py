"""Event rows as the lines of the demo shop's log: nested JSON, about 280 bytes each.

Everything that repeats (event names, items with today's price, browsers, seconds of the day) is looked up in
a table of ready-made text, and the pieces are put together column by column.
"""

import json
from collections.abc import Sequence
from datetime import date
from functools import lru_cache

import numpy as np
import polars as pl
import pyarrow as pa

from nightmarket.demo import blemishes, grammar, people
from nightmarket.demo.blemishes import BROKEN, PLANT, PLANTS
from nightmarket.demo.catalogue import item_id, prices
from nightmarket.demo.journeys import EVENTS, Rows, hidden_id
from nightmarket.demo.shop import DAY_MS, EPOCH, Shop

_HEX = np.frombuffer(b"0123456789abcdef", np.uint8)
_ZONES = {0: "Z", 60: "+01:00", 480: "+08:00"}


def event_ids(rows: Rows) -> pl.Series:
    """The id of each event, 16 hexadecimal digits."""
    return _hexadecimal(hidden_id(rows.key), 16)


def user_ids(person: np.ndarray) -> pl.Series:
    """The account of each person, whether or not they have one."""
    return "u" + pl.Series(person).cast(pl.String).str.zfill(8)


def device_ids(devices: np.ndarray) -> pl.Series:
    return "d" + _hexadecimal(devices, 12)


def order_ids(rows: Rows) -> pl.Series:
    return pl.select(
        pl.when(pl.Series(rows.order) >= 0).then("o" + pl.Series(rows.order).cast(pl.String))
    ).to_series()


def text(shop: Shop, day: date, part: int, rows: Rows) -> pa.Buffer:
    """All lines, each with its newline, as UTF-8. Prices are those of the export's day."""
    local = rows.at + rows.zone * 60_000
    bought = rows.quantity >= 0
    pieces: list[pl.Series | str] = [
        '{"id":"', event_ids(rows),
        _table([f'","event":"{name}","ts":"' for name in EVENTS], rows.event),
        *_times(local, rows.zone),
        _either(rows.signed, '"user":{"id":"' + user_ids(rows.person) + '"}', '"user":null'),
        ',"device":"', device_ids(rows.device),
        _items(shop, day).gather(rows.item.clip(-1) + 1),
        _either(bought, ',"qty":' + pl.Series(rows.quantity).cast(pl.String) + "}", _brace(rows.item)),
        _either(rows.order >= 0, ',"order":"' + order_ids(rows).fill_null("") + '"', ""),
        _searches().gather(rows.query + blemishes.private_queries() + 1),
        _table([f',"ua":{json.dumps(agent)},"ip":"' for agent in people.AGENTS], rows.agent),
        *_dotted(rows.address),
        '"}\n',
    ]  # fmt: skip
    lines = pl.select(pl.concat_str([pl.lit(piece) for piece in pieces]).alias("line")).to_series()
    lines = _with_broken(shop, day, part, rows, lines)
    return _bytes(lines)


def _with_broken(shop: Shop, day: date, part: int, rows: Rows, lines: pl.Series) -> pl.Series:
    places = np.flatnonzero(rows.plant >= PLANT[BROKEN[0]])
    luck = shop.rng("broken", day.toordinal(), part).integers(0, 2**31, len(places)).tolist()
    whole = lines.gather(places).to_list()
    kinds = [PLANTS[plant] for plant in rows.plant[places].tolist()]
    replaced = [
        blemishes.broken(line[:-1], kind, number) + "\n"
        for line, kind, number in zip(whole, kinds, luck, strict=True)
    ]
    return lines.scatter(places, replaced) if replaced else lines


def _times(local: np.ndarray, zone: np.ndarray) -> list[pl.Series]:
    """Local milliseconds as the four parts of an ISO 8601 time, and the zone with what follows it."""
    days, within = np.divmod(local, DAY_MS)
    seconds, thousandths = np.divmod(within, 1000)
    known, of = np.unique(days, return_inverse=True)
    dates = [f"{date.fromordinal(EPOCH + day)}T" for day in known.tolist()]
    zones = np.zeros(481, np.int64)
    zones[list(_ZONES)] = np.arange(len(_ZONES))
    return [
        _table(dates, of),
        _clock().gather(seconds),
        _thousandths().gather(thousandths),
        _table([f'{name}",' for name in _ZONES.values()], zones[zone]),
    ]


@lru_cache(maxsize=1)
def _clock() -> pl.Series:
    return pl.Series([f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}" for s in range(86_400)])


@lru_cache(maxsize=1)
def _thousandths() -> pl.Series:
    return pl.Series([f".{number:03d}" for number in range(1000)])


@lru_cache(maxsize=2)
def _items(shop: Shop, day: date) -> pl.Series:
    """The open JSON object of no item, of each listing, and of the unknown items, after the device."""
    amounts, yuan = prices(shop, day)
    known = [item_id(number) for number in range(len(amounts))]
    unknown = [f"NM9{number:06d}" for number in range(blemishes.UNKNOWN_ITEMS)]
    costs = [f"{amount:.2f}" for amount in amounts.tolist()] + ["49.00"] * len(unknown)
    currency = ["CNY" if own else "GBP" for own in yuan.tolist()] + ["CNY"] * len(unknown)
    objects = [
        f'","item":{{"id":"{number}","price":{cost},"currency":"{money}"'
        for number, cost, money in zip(known + unknown, costs, currency, strict=True)
    ]
    return pl.Series(['"', *objects])


@lru_cache(maxsize=1)
def _searches() -> pl.Series:
    """The JSON of the searches with personal data, of none, and of every ordinary one in either language."""
    private = [f",{blemishes.private_query(query)}" for query in range(-1 - blemishes.private_queries(), -1)]
    replaced = [
        f',"search":{{"q":{json.dumps(q, ensure_ascii=False)}}}' for pair in grammar.queries() for q in pair
    ]
    return pl.Series([*private, "", *replaced])


def _brace(item: np.ndarray) -> pl.Series:
    return _table(["", "}"], (item >= 0).astype(np.int64))


def _dotted(address: np.ndarray) -> list[pl.Series]:
    first = pl.Series([str(number) for number in range(256)])
    later = pl.Series([f".{number}" for number in range(256)])
    octets = [address >> shift & 255 for shift in (24, 16, 8, 0)]
    return [first.gather(octets[0]), *(later.gather(octet) for octet in octets[1:])]


def _table(words: Sequence[str], numbers: np.ndarray) -> pl.Series:
    return pl.Series(words).gather(numbers)


def _either(mask: np.ndarray, replaced: pl.Series, other: pl.Series | str) -> pl.Series:
    return pl.select(pl.when(pl.Series(mask)).then(replaced).otherwise(pl.lit(other))).to_series()


def _hexadecimal(numbers: np.ndarray, digits: int) -> pl.Series:
    """The last ``digits`` hexadecimal digits of 64-bit integers."""
    octets = numbers.astype(">u8").view(np.uint8).reshape(-1, 8)[:, 8 - digits // 2 :]
    text = np.empty((len(numbers), digits), np.uint8)
    text[:, 0::2], text[:, 1::2] = _HEX[octets >> 4], _HEX[octets & 15]
    ends = pa.py_buffer(np.arange(len(numbers) + 1, dtype=np.int64) * digits)
    return pl.Series(pa.LargeStringArray.from_buffers(len(numbers), ends, pa.py_buffer(text.ravel())))


def _bytes(lines: pl.Series) -> pa.Buffer:
    """The strings end to end, without a copy through Python."""
    array = lines.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    ends = np.frombuffer(array.buffers()[1], np.int64)
    first, last = int(ends[array.offset]), int(ends[array.offset + len(array)])
    return array.buffers()[2].slice(first, last - first)
