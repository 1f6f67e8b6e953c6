"""Numbers in a text, with their units, however they are written: "1,000 ml", "1L", "两升", "a dozen".

Values are exact decimals in one unit per dimension (millilitre, gram, millimetre …), so that 0.5 l, 500 ml
and 500毫升 are one quantity.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Quantity:
    value: Decimal
    unit: str | None
    """The dimension's base unit, None for a bare number."""


_UNITS = {
    "ml": {
        1: "ml 毫升 millilitre millilitres milliliter milliliters",
        10: "cl",
        1000: "l 升 litre litres liter liters",
    },
    "g": {1: "g 克 gram grams", 500: "斤", 1000: "kg 千克 公斤 kilo kilos kilogram kilograms"},
    "mm": {
        1: "mm 毫米",
        10: "cm 厘米 公分 centimetre centimetres centimeters",
        1000: "m 米 metre metres meters",
    },
    "inch": {1: "inch inches 英寸 寸", 12: "ft feet foot 英尺"},
    "oz": {1: "oz ounce ounces 盎司", 16: "lb lbs pound pounds 磅"},
    "second": {1: "second seconds 秒", 60: "min minute minutes 分钟", 3600: "h hour hours hr hrs 小时"},
    "day": {1: "day days 天 日", 7: "week weeks 周 星期"},
    "month": {1: "month months 个月", 12: "year years 年"},
    "w": {1: "w watt watts 瓦", 1000: "kw 千瓦"},
    "v": {1: "v volt volts 伏"},
    "mah": {1: "mah 毫安 毫安时"},
    "gb": {1: "gb", 1024: "tb"},
    "%": {1: "% percent"},
    "°c": {1: "°c ℃ 摄氏度 度"},
    "piece": {
        1: "piece pieces pcs pc pack packs set sets 件套 件 个 只 条 片 支 张 块 套 双 包 盒 瓶 枚 把 对"
    },
    "layer": {1: "layer layers ply tier tiers 层"},
    "level": {1: "level levels speed speeds 档 级"},
    "cny": {1: "元 块钱 cny rmb yuan"},
    "usd": {1: "usd dollar dollars 美元"},
    "eur": {1: "eur euro euros 欧元"},
    "gbp": {1: "gbp 英镑"},
}
_UNIT_OF = {
    name: (base, factor)
    for base, sizes in _UNITS.items()
    for factor, names in sizes.items()
    for name in names.split()
}
_CHINESE_UNITS = "|".join(sorted((re.escape(u) for u in _UNIT_OF if not u.isascii()), key=len, reverse=True))
_LATIN_UNITS = "|".join(sorted((re.escape(u) for u in _UNIT_OF if u.isascii()), key=len, reverse=True))
# A hyphen ("12-piece"), a space or nothing between. "in" is left out: "size 12 in red" is no length.
_UNIT = rf"(?:[\s-]?(?P<unit>(?:{_LATIN_UNITS})(?![a-z])|{_CHINESE_UNITS}))?"

_NUMBER = r"(?P<number>\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?P<part>\.\d+)?"
# Not the end of a code (XJ-200), a decimal or a longer number.
_DIGITS = re.compile(rf"(?<![a-z\d])(?<![a-z][-/])(?<!\d\.){_NUMBER}{_UNIT}(?![a-z\d])")
# Every run of signs is read once: a title of 300,000 letters must not cost a quadratic search.
_SIDE, _BY = r"\d++(?:\.\d++)?", r"\s?[x×*]\s?"
_SIDES = re.compile(
    rf"(?<!\d)(?P<sides>{_SIDE}(?:{_BY}{_SIDE})+)(?P<rest>\s?(?P<unit>{_LATIN_UNITS}|{_CHINESE_UNITS})?)"
)
_NEXT = re.compile(r"\s?[x×*]\s?")
_CODE = re.compile(r"(?<![a-z])[a-z]++[-/]?\d[a-z\d/-]*|(?<!\d)\d++[a-z]+[-/]?[a-z\d]*")

_WORDS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "dozen": 12, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50,
    "hundred": 100, "thousand": 1000,
}  # fmt: skip
_SPELLED = re.compile(rf"\b(?P<number>{'|'.join(_WORDS)})\b{_UNIT}")

_NUMERAL = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_POWER = {"十": 10, "百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000}
_SIGN = f"[{''.join([*_NUMERAL, *_POWER])}]"
# Behind digits the sign belongs to their unit: 23千克 says nothing of a thousand grams, nor does 二十三千克.
_CHINESE = re.compile(rf"(?<!\d)(?<!\d\s)(?P<number>{_SIGN}+?)(?:(?P<unit>{_CHINESE_UNITS})|(?!{_SIGN}))")
# 一件 is "a piece" and says no number, 一升 is a litre; 十分 is "very", 百搭 "goes with everything".
_LONGEST_NUMERAL = 30
"""Signs; what is longer is no number."""
_ARTICLE_UNITS = frozenset("件个只条片支张块套双包盒瓶枚把对日天度级")
# Not within a numeral: 三万一千, 三千万, 一百年, 十分钟.
_IDIOMS = re.compile(
    rf"(?<!{_SIGN})(?:十分(?![钟鐘])|十足|万一|千万|百搭|百货|百年|千百|万千|万能|一一|百般|千变万化|双十一)(?!{_SIGN})"
)


def quantities(text: str) -> set[Quantity]:
    """All numbers of a text. Digits inside a code such as ``XJ-200`` are part of it, see :func:`codes`."""
    text = _apart(text)
    found = set()
    for match in _DIGITS.finditer(text):
        number = match["number"].replace(",", "") + (match["part"] or "")
        found.add(_quantity(Decimal(number), match["unit"]))
    for match in _SPELLED.finditer(text):
        found.add(_quantity(Decimal(_WORDS[match["number"]]), match["unit"]))
    for match in _CHINESE.finditer(_IDIOMS.sub(" ", text)):
        number, unit = match["number"], match["unit"]
        if len(number) > _LONGEST_NUMERAL:
            continue
        article = number == "一" and (unit is None or unit in _ARTICLE_UNITS)
        # One character without a unit is part of a word (三角, 四季) more often than a number.
        if not article and (unit is not None or len(number) > 1):
            found.add(_quantity(Decimal(numeral(number)), unit))
    return found


def codes(text: str) -> set[str]:
    """Words of letters and digits that are no quantity: model numbers, sizes such as A4, folded to small
    letters.
    """
    text = _apart(text)
    # Neither overlap each other, so of the quantities only the first that ends behind a code's start can.
    measured = [match.span() for match in _DIGITS.finditer(text) if match["unit"]]
    ends = [last for _, last in measured]
    found = set()
    for match in _CODE.finditer(text):
        at = bisect_right(ends, match.start())
        if at == len(measured) or measured[at][0] >= match.end():
            found.add(match.group().strip("-/"))
    return found


def numeral(signs: str) -> int:
    """The value of a Chinese numeral: 三百二十 is 320, 二零二六 is 2026, 两亿三千万 is 230,000,000.

    Raises:
        KeyError: a sign is no numeral.
    """
    if not any(sign in _POWER for sign in signs):
        return int("".join(str(_NUMERAL[sign]) for sign in signs))
    parts: list[int] = []
    section = digit = 0
    for sign in signs:
        power = _POWER.get(sign, 0)
        if not power:
            digit = _NUMERAL[sign]
        elif power >= 10_000:
            # It counts what is smaller before it: 三万五千亿 is 35,000 times 亿; in 两亿三千万 the 亿 stands.
            counted = sum(part for part in parts if part < power) + section + digit
            parts = [*(part for part in parts if part >= power), (counted or 1) * power]
            section = digit = 0
        else:
            section, digit = section + (digit or 1) * power, 0
    return sum(parts) + section + digit


def _quantity(value: Decimal, unit: str | None) -> Quantity:
    if unit is None:
        return Quantity(value.normalize(), None)
    base, factor = _UNIT_OF[unit]
    return Quantity((value * factor).normalize(), base)


def _apart(text: str) -> str:
    """Small letters; the sides of "30x40 cm" become two numbers, each with the unit at the end."""
    return _SIDES.sub(_each, text.lower())


def _each(sized: re.Match[str]) -> str:
    *sides, last = _NEXT.split(sized["sides"])
    return "".join(f"{side}{sized['unit'] or ''} " for side in sides) + last + sized["rest"]
