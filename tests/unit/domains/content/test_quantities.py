"""Numbers are found however they are written, in one unit per dimension."""

import time
from decimal import Decimal

import pytest

from nightmarket.domains.content.quantities import Quantity, codes, numeral, quantities


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("500 ml", 500, "ml"),
        ("0.5L", 500, "ml"),
        ("500毫升装", 500, "ml"),
        ("两升", 2000, "ml"),
        ("1,500 g", 1500, "g"),
        ("1.5 kg", 1500, "g"),
        ("三斤", 1500, "g"),
        ("12-piece", 12, "piece"),
        ("twelve pieces", 12, "piece"),
        ("十二件套", 12, "piece"),
        ("a dozen", 12, None),
        ("No.5", 5, None),
        ("100% cotton", 100, "%"),
        ("2000mAh", 2000, "mah"),
        ("三百二十", 320, None),
        # What is an idiom by itself is a part of a longer numeral, or stands before a unit.
        ("两亿三千万", 230_000_000, None),
        ("三千万", 30_000_000, None),
        ("三万一千", 31_000, None),
        ("二〇一一", 2011, None),
        ("一百年", 1200, "month"),
        ("十分钟", 600, "second"),
        ("二十三千克", 23_000, "g"),
        ("三千克", 3000, "g"),
        ("两百克", 200, "g"),
        ("三千米", 3_000_000, "mm"),
        ("一升", 1000, "ml"),
        ("2 years", 24, "month"),
        ("size 12 in red", 12, None),
    ],
)
def test_one_number(text: str, value: int, unit: str | None) -> None:
    assert quantities(text) == {Quantity(Decimal(value), unit)}


def test_the_sides_of_a_size_share_its_unit() -> None:
    expected = {Quantity(Decimal(n * 10), "mm") for n in (30, 40, 50)}
    assert quantities("30x40 x 50cm") == quantities("30×40×50 厘米") == expected
    assert quantities("2 x 3") == {Quantity(Decimal(2), None), Quantity(Decimal(3), None)}


@pytest.mark.parametrize(
    "text", ["一件好物", "这款十分百搭", "三角形", "四季", "one of a kind", "model XJ-200", "", "."]
)
def test_what_is_no_number(text: str) -> None:
    assert quantities(text) == set()


def test_codes_are_words_of_letters_and_digits() -> None:
    assert codes("The XJ-200 in A4, 500ml, since the 1980s") == {"xj-200", "a4", "1980s"}


@pytest.mark.parametrize(
    ("signs", "value"),
    [
        ("十", 10),
        ("十二", 12),
        ("二十", 20),
        ("一百零五", 105),
        ("二零二六", 2026),
        ("三千万", 30_000_000),
        ("两", 2),
    ],
)
def test_chinese_numerals(signs: str, value: int) -> None:
    assert numeral(signs) == value


def test_a_numeral_of_thousands_of_signs_is_none() -> None:
    assert quantities("一二" * 3000) == set()
    assert quantities("一" + "零" * 29) == {Quantity(Decimal(10**29), None)}


@pytest.mark.parametrize(
    "piece",
    [
        "1",
        "a",
        "1x",
        "1.5 x ",
        "1.",
        "1a",
        "a1",
        "5ml a1 ",
        "1,111",
        "12-",
        "a-",
        "一",
        "十百",
        "two ",
        "1x2cm ",
    ],
)
def test_the_work_grows_with_the_length(piece: str) -> None:
    def seconds(length: int) -> float:
        text = piece * (length // len(piece))
        start = time.process_time()
        quantities(text), codes(text)
        return time.process_time() - start

    # Six times the letters: quadratic work would take 36 times as long.
    assert min(seconds(60_000) for _ in range(2)) < 15 * max(0.004, min(seconds(10_000) for _ in range(3)))
