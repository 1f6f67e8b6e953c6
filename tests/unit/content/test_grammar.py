"""The grammar says what the record says, differently for different content, the same for the same."""

import hashlib
from dataclasses import replace

import pytest

from nightmarket.content.grammar import describe
from nightmarket.content.grounding import unsupported
from nightmarket.content.record import Record

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
