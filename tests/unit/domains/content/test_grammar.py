"""The grammar says what the record says, differently for different content, the same for the same."""

import hashlib
from dataclasses import replace

import pytest

from nightmarket.domains.content.grammar import _shown, describe
from nightmarket.domains.content.grounding import unsupported
from nightmarket.domains.content.record import Record

DESK = Record(
    "Writing Desk", "Nord", ("Home", "Desks"), {"material": "oak", "colour": "brown", "width_cm": "120"}
)
TEA = Record("龙井茶", "西湖", ("食品", "茶叶"), {"产地": "杭州", "净含量": "250克"})
PURSE = Record("真皮錢包", "皮匠", ("配件", "錢包"), {"材質": "牛皮", "顏色": "黑色", "尺碼": "10 x 8 cm"})
HASHES = [hashlib.sha256(str(n).encode()).hexdigest() for n in range(30)]


@pytest.mark.parametrize(("record", "language"), [(DESK, "en"), (TEA, "zh"), (PURSE, "zh-Hant")])
def test_every_way_is_grounded_and_states_every_fact(record: Record, language) -> None:
    texts = {describe(record, language, content_hash).text for content_hash in HASHES}
    assert len(texts) == 3
    for text in texts:
        assert unsupported(text, record) == []
        assert record.title in text
        assert record.brand in text
        assert record.category_path[-1] in text
        assert all(value in text for value in record.attributes.values())


LAMP = Record("Lamp", "Nord", (), {"Material ": "oak"})
RED = Record("Lamp", attributes={"colour": "red"})
DRESS = Record("裙", attributes={"颜色": "红色", "材质": "棉"})


@pytest.mark.parametrize(
    ("record", "language", "ways"),
    [
        (
            DESK,
            "en",
            [
                "Writing Desk by Nord, from our Desks range. It is made of oak, in brown. Width cm: 120.",
                "From Desks: Writing Desk by Nord. The material is oak and the colour brown. Width cm: 120.",
                "Meet the Writing Desk by Nord. You will find it under Desks. "
                "Colour brown, material oak. Width cm: 120.",
            ],
        ),
        (
            LAMP,
            "en",
            [
                "Lamp by Nord. It is made of oak.",
                "Meet the Lamp by Nord. The material is oak.",
                "This is the Lamp by Nord. Material: oak.",
            ],
        ),
        (
            RED,
            "en",
            [
                "Lamp. It comes in red.",
                "Meet the Lamp. The colour is red.",
                "This is the Lamp. Colour: red.",
            ],
        ),
        (
            TEA,
            "zh",
            [
                "西湖 龙井茶，属于茶叶类。净含量：250克；产地：杭州。",
                "【茶叶】为您推荐西湖 龙井茶。净含量：250克；产地：杭州。",
                "西湖 龙井茶，茶叶类商品。净含量：250克；产地：杭州。",
            ],
        ),
        (
            DRESS,
            "zh",
            [
                "裙。材质为棉，颜色为红色。",
                "为您准备了裙。采用棉材质，红色配色。",
                "这就是裙。颜色：红色；材质：棉。",
            ],
        ),
        (
            Record("裙", attributes={"材质": "棉"}),
            "zh",
            ["裙。材质为棉。", "为您准备了裙。采用棉制成。", "这就是裙。材质：棉。"],
        ),
        (
            Record("裙", attributes={"颜色": "红色"}),
            "zh",
            ["裙。颜色为红色。", "为您准备了裙。呈现红色。", "这就是裙。颜色：红色。"],
        ),
        (
            PURSE,
            "zh-Hant",
            [
                "皮匠 真皮錢包，屬於錢包類。材質為牛皮，顏色為黑色。尺碼：10 x 8 cm。",
                "【錢包】為您推薦皮匠 真皮錢包。採用牛皮材質，黑色配色。尺碼：10 x 8 cm。",
                "皮匠 真皮錢包，錢包類商品。顏色：黑色；材質：牛皮。尺碼：10 x 8 cm。",
            ],
        ),
        (
            Record("真皮錢包", attributes={"材質": "牛皮"}),
            "zh-Hant",
            ["真皮錢包。材質為牛皮。", "為您準備了真皮錢包。採用牛皮製成。", "這就是真皮錢包。材質：牛皮。"],
        ),
        (
            Record("真皮錢包", attributes={"顏色": "黑色"}),
            "zh-Hant",
            ["真皮錢包。顏色為黑色。", "為您準備了真皮錢包。呈現黑色。", "這就是真皮錢包。顏色：黑色。"],
        ),
    ],
)
def test_the_ways_word_by_word(record: Record, language, ways: list[str]) -> None:
    # The first eight digits of the hash, as a number: what remains after a division by three.
    for number, text in enumerate(ways):
        assert describe(record, language, f"0000000{number}ff").text == text
        assert describe(record, language, f"0000000{number + 9:x}00").text == text
        assert describe(record, language, f"1000000{(number + 2) % 3}").text == text


def test_after_a_way_that_is_refused_comes_the_next() -> None:
    ways = [describe(DESK, "en", f"0000000{number}").text for number in range(3)]
    assert describe(DESK, "en", "00000001", {"from desks"}).text == ways[2]
    assert describe(DESK, "en", "00000002", {"meet"}).text == ways[0]
    assert describe(DESK, "en", "00000000", {"range", "from desks"}).text == ways[2]


@pytest.mark.parametrize(
    "names",
    [
        "material fabric 材质 材質 面料 材料 质地 質地",
        "colour color 颜色 顏色 色彩",
        "size size dimensions dimension 尺寸 尺码 尺碼 规格 規格",
        "capacity volume 容量 净含量 淨含量",
        "style 风格 風格 款式",
    ],
)
def test_what_shoppers_ask_for_first_stands_first(names: str) -> None:
    """By its role, in this order, whatever the shop calls it; then by name."""
    order = ["material", "colour", "size", "capacity", "style"]
    role = names.split()[0]
    for name in names.split():
        shown = {other: "s" for other in order if other != role} | {name: "s", "aaa": "s", "zzz": "s"}
        record = Record("Lamp", attributes=dict(sorted(shown.items(), reverse=True)))
        wanted = [name if other == role else other for other in order] + ["aaa"]
        assert list(_shown(record)) == wanted
        assert list(_shown(Record("Lamp", attributes={"aaa": "s", f" {name.upper()} ": "s"})))[1:] == ["aaa"]


def test_sixty_characters_are_a_fact_and_nothing_is_none() -> None:
    shown = _shown(Record("Lamp", attributes={"a": "x" * 60, "b": "x" * 61, "c": "", "d": "x"}))
    assert list(shown) == ["a", "d"]


def test_a_record_of_ten_thousand_characters_gets_a_description() -> None:
    # "Lamp |  | a b | note …": 21 characters beside the note.
    record = Record("Lamp", attributes={"a": "b", "note": "x" * 9_979})
    assert describe(record, "en", HASHES[0]).facts == 2
    assert describe(replace(record, title="Lamps"), "en", HASHES[0]) is None


def test_a_brand_in_the_title_in_other_letters_is_not_said_twice() -> None:
    assert (
        describe(Record("nord Lamp", "NORD", ("Lamps",)), "en", "00000001").text == "From Lamps: nord Lamp."
    )
    assert describe(Record("Nord Lamp", "NORDEN", ("Lamps",)), "en", "00000001").text == (
        "From Lamps: Nord Lamp by NORDEN."
    )


def test_the_order_of_the_attributes_does_not_change_the_text() -> None:
    for record, language in ((DESK, "en"), (TEA, "zh")):
        turned = replace(record, attributes=dict(reversed(record.attributes.items())))
        for content_hash in HASHES:
            assert describe(turned, language, content_hash) == describe(record, language, content_hash)


def test_traditional_words_stand_in_a_traditional_text() -> None:
    texts = {describe(PURSE, "zh-Hant", content_hash).text for content_hash in HASHES}
    bare = Record("真皮錢包", attributes={"顏色": "黑色"}), Record("真皮錢包", attributes={"材質": "牛皮"})
    texts |= {describe(record, "zh-Hant", content_hash).text for record in bare for content_hash in HASHES}
    # No character that only Simplified Chinese has.
    assert not {c for text in texts for c in text if c >= "\u4e00" and not c.encode("big5", "ignore")}
    assert any("屬於錢包類" in text for text in texts)
    assert any("顏色為黑色" in text for text in texts)


def test_a_record_longer_than_any_listing_gets_none() -> None:
    assert (
        describe(Record("Lamp", attributes={"colour": "red", "note": "x" * 10_000}), "en", HASHES[0]) is None
    )


def test_facts_are_counted() -> None:
    assert describe(DESK, "en", HASHES[0]).facts == 6
    assert describe(Record("Lamp", attributes={"colour": "red"}), "en", HASHES[0]).facts == 2


def test_a_title_alone_is_no_ground_for_a_description() -> None:
    assert describe(Record("Lamp"), "en", HASHES[0]) is None


def test_a_brand_in_the_title_is_not_said_twice() -> None:
    text = describe(Record("Nord Lamp", "Nord", ("Lamps",)), "en", HASHES[0]).text
    assert text.count("Nord") == 1


def test_a_way_that_the_check_refuses_gives_place_to_the_plain_list() -> None:
    """ "range" and "find" are facts of other items here, "this is" too: only the list of facts is left."""
    text = describe(DESK, "en", HASHES[0], {"range", "from desks", "meet"}).text
    assert text == "Writing Desk. Nord. Desks. Material: oak. Colour: brown. Width cm: 120."


def test_nothing_is_said_when_even_the_list_is_refused() -> None:
    assert describe(DESK, "en", HASHES[0], {"range", "from desks", "meet", "desk nord"}) is None


def test_long_values_and_many_attributes_are_left_out() -> None:
    attributes = {f"a{n}": "yes" for n in range(9)} | {"story": "x" * 61, "colour": "red"}
    written = describe(Record("Lamp", attributes=attributes), "en", HASHES[0])
    assert written.facts == 7
    assert "red" in written.text
    assert "xxx" not in written.text
