"""The tables of units and numerals, value by value, known from outside the code."""

from decimal import Decimal

import pytest
from loose import loose

from nightmarket.domains import content
from nightmarket.domains.content.quantities import Quantity, numeral, quantities

# Base unit → what one of each name is in it (SI, avoirdupois, the market catty of 500 g).
UNITS = {
    "ml": {
        1: "ml 毫升 millilitre millilitres milliliter milliliters",
        10: "cl",
        1000: "l 升 litre litres liter liters",
    },
    "g": {1: "g 克 gram grams", 500: "斤", 1000: "kg 千克 公斤 kilo kilos kilogram kilograms"},
    "mm": {1: "mm 毫米", 10: "cm 厘米 公分 centimetre centimeters", 1000: "m 米 metre meters"},
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
    "piece": {1: "piece pieces pcs pack sets 件 个 只 条 片 支 张 块 套 双 包 盒 瓶 枚 把 对 件套"},
    "layer": {1: "layer layers ply tier tiers 层"},
    "level": {1: "level levels speed speeds 档 级"},
    "cny": {1: "元 块钱 cny rmb yuan"},
    "usd": {1: "usd dollar dollars 美元"},
    "eur": {1: "eur euro euros 欧元"},
    "gbp": {1: "gbp 英镑"},
}
NAMES = [
    (name, base, worth)
    for base, sizes in UNITS.items()
    for worth, names in sizes.items()
    for name in names.split()
]


@pytest.mark.parametrize(("name", "base", "worth"), NAMES)
def test_a_unit_is_worth_what_the_world_says(name: str, base: str, worth: int) -> None:
    assert quantities(f"23 {name}") == {Quantity(Decimal(23 * worth), base)}
    assert quantities(f"23{name}") == {Quantity(Decimal(23 * worth), base)}


@pytest.mark.parametrize(
    ("text", "unit"), [("三毫安时", "mah"), ("三件套", "piece"), ("三分钟", "second"), ("三个月", "month")]
)
def test_the_longest_unit_that_fits_is_meant(text: str, unit: str) -> None:
    (found,) = quantities(text)
    assert found.unit == unit


WORDS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "dozen": 12, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50,
    "hundred": 100, "thousand": 1000,
}  # fmt: skip


@pytest.mark.parametrize(("word", "value"), WORDS.items())
def test_a_number_in_words(word: str, value: int) -> None:
    assert quantities(f"{word} cups") == {Quantity(Decimal(value), None)}


@pytest.mark.parametrize(
    ("signs", "value"),
    [
        *zip("零一二三四五六七八九〇两", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 2], strict=True),
        *zip("十百千万亿", [10, 100, 1000, 10_000, 100_000_000], strict=True),
        ("一千零一", 1001),
        ("三万五千", 35_000),
        ("九百九十九", 999),
        ("一〇五", 105),
        ("十万", 100_000),
        ("两亿三千万", 230_000_000),
    ],
)
def test_a_numeral(signs: str, value: int) -> None:
    assert numeral(signs) == value


@pytest.mark.parametrize("unit", [*"件个只条片支张块套双包盒瓶枚把对日天度级"])
def test_one_of_them_is_an_article_and_two_are_a_number(unit: str) -> None:
    assert quantities(f"一{unit}") == set()
    assert len(quantities(f"两{unit}")) == 1


@pytest.mark.parametrize(
    "idiom", ["十分", "十足", "万一", "千万", "百搭", "百货", "百年", "万能", "一一", "千变万化", "双十一"]
)
def test_idioms_say_no_number(idiom: str) -> None:
    assert quantities(idiom) == set()


def test_values_of_the_room_cannot_be_changed() -> None:
    assert loose(content) == []
