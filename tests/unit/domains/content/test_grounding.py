"""The check catches every planted lie and lets every true sentence pass."""

import pytest

from nightmarket.domains.content.grounding import unsupported
from nightmarket.domains.content.record import Record

KETTLE = Record(
    title="Electric Kettle XJ-200",
    brand="Nord",
    category_path=("Kitchen", "Kettles"),
    attributes={
        "material": "stainless steel",
        "colour": "Silver",
        "capacity (ml)": "1700",
        "power": "2200 W",
    },
)
DRESS = Record(
    title="女士连衣裙",
    brand="云裳",
    category_path=("女装", "连衣裙"),
    attributes={"颜色": "红色", "材质": "棉", "衣长": "110厘米", "件数": "两件套"},
)


@pytest.mark.parametrize(
    "text",
    [
        "The Electric Kettle XJ-200 by Nord holds 1.7 l.",
        "A silver kettle of steel, 1,700 ml, 2.2 kW.",
        "It heats with 2200 W.",
        "In Kettles: Electric Kettle XJ-200.",
    ],
)
def test_true_english_passes(text: str) -> None:
    assert unsupported(text, KETTLE) == []


@pytest.mark.parametrize(
    ("text", "lies"),
    [
        ("Holds 1.5 l.", ["1500 ml"]),
        ("Holds 1700 g.", ["1700 g"]),
        ("Heats in two minutes.", ["120 second"]),
        ("The famous XJ-300.", ["xj-300"]),
        ("In deep red.", ["red"]),
        ("Made of glass and steel.", ["glass"]),
        ("Waterproof, with a warranty.", ["waterproof", "warranty"]),
        ("Blue ceramic, 3 litres.", ["3000 ml", "blue", "ceramic"]),
        ("A dozen cups.", ["12"]),
        # Of a claim its plural too, and with what stands behind it as with a space.
        ("Great discounts.", ["discount"]),
        ("With two glasses.", ["2", "glass"]),
        ("A red-coloured handle.", ["red"]),
        ("A red杯.", ["red"]),
        ("Blues and greens.", ["green", "blue"]),
    ],
)
def test_english_lies_are_caught(text: str, lies: list[str]) -> None:
    assert unsupported(text, KETTLE) == lies


@pytest.mark.parametrize(
    "text",
    [
        "云裳女士连衣裙，属于连衣裙系列。材质为棉质，颜色为红色。",
        "这款连衣裙十分百搭，衣长1.1米，两件套。",
        "2件，四季都能穿。",
    ],
)
def test_true_chinese_passes(text: str) -> None:
    assert unsupported(text, DRESS) == []


@pytest.mark.parametrize(
    ("text", "lies"),
    [
        ("颜色为蓝色。", ["蓝色"]),
        ("真丝面料。", ["真丝"]),
        ("三件套。", ["3 piece"]),
        ("衣长一米。", ["1000 mm"]),
        ("正品保证，包邮。", ["包邮", "保证", "正品"]),
        ("衣长一百二十厘米。", ["1200 mm"]),
    ],
)
def test_chinese_lies_are_caught(text: str, lies: list[str]) -> None:
    assert sorted(unsupported(text, DRESS)) == sorted(lies)


@pytest.mark.parametrize(
    "text", ["Sacred and hundredfold.", "Ironed, redesigned, a bored newt.", "Woodwork."]
)
def test_a_claim_is_a_whole_word(text: str) -> None:
    assert unsupported(text, KETTLE) == []


@pytest.mark.parametrize(
    ("text", "value", "found"),
    [
        # A character by itself is part of many words; of two it is a value, and of eight the longest.
        ("圆", "圆", False),
        ("圆领裙", "圆领", True),
        ("很软很轻很薄很暖的", "很软很轻很薄很暖", True),
        ("很软很轻很薄很暖的", "很软很轻很薄很暖的", False),
        # Of words the longest has four, and the shortest one.
        ("a hat for long walks", "hat", True),
        ("a hat for long walks", "hat for long walks", True),
        ("a hat for long walks", "a hat for long walks", False),
        ("a hat for long walks", "hat long", False),
        # What holds a word together is part of it.
        ("levi's hat", "levi's", True),
        ("h&m hat", "h&m", True),
        ("v-neck", "neck", False),
    ],
)
def test_a_value_of_other_items_is_a_run_of_words_or_characters(text: str, value: str, found: bool) -> None:
    assert unsupported(text, KETTLE, {value}) == ([value] if found else [])


def test_a_unit_in_an_attribute_s_name_belongs_to_its_bare_number() -> None:
    for name, value in (("capacity (ml)", "1700"), ("capacity_ml", " 1,700 "), ("容量（毫升）", "1700")):
        kettle = Record("Kettle", attributes={name: value})
        assert unsupported("Holds 1.7 l.", kettle) == []
        assert unsupported("Weighs 1.7 kg.", kettle) == ["1700 g"]
    # A bare number may stand for one with a unit; a unit is not invented, nor taken from a value with words.
    assert unsupported("The 1700.", KETTLE) == []
    assert unsupported("Holds 5 l.", Record("Kettle", attributes={"capacity (l)": "about 5"})) == ["5000 ml"]


def test_a_fact_may_be_said_in_the_other_language() -> None:
    assert unsupported("银色水壶，不锈钢。", KETTLE) == []
    assert unsupported("A red dress of cotton.", DRESS) == []


def test_values_of_other_items_are_facts_too() -> None:
    vocabulary = {"slim fit", "圆领", "silver"}
    assert unsupported("A slim fit for your kitchen.", KETTLE, vocabulary) == ["slim fit"]
    assert unsupported("圆领连衣裙。", DRESS, vocabulary) == ["圆领"]
    assert unsupported("A silver kettle.", KETTLE, vocabulary) == []
    assert unsupported("A slim fit for your kitchen.", KETTLE) == []
