"""The text of an item: its parts cleaned, in their order, and the language they are in."""

from loose import loose

from nightmarket.domains import catalogue
from nightmarket.domains.catalogue.item_text import ItemText, cleaned

EXPECTED = {"en": 0.5, "zh": 0.5}


def test_the_parts_stand_in_their_order() -> None:
    item = ItemText("Mug", "It holds tea.", "Moor", "Kitchen > Cups", {"colour": "red", "size": "M"})
    assert item.whole == "Mug. Moor. Kitchen > Cups. colour: red, size: M. It holds tea."
    assert ItemText("Mug", None, None, None, None).whole == "Mug"
    assert ItemText(None, None, None, None, {}).whole == ""


def test_each_part_is_cleaned_and_what_is_empty_then_is_nothing() -> None:
    item = cleaned(
        "<b>Mug</b>&nbsp;red", " ", None, "Kitchen>  > Cups ", ["colour", "note"], ["<i>red</i>", " "]
    )
    assert item == ItemText("Mug red", None, None, "Kitchen > Cups", {"colour": "red"})
    assert cleaned(None, None, None, " > ", None, None) == ItemText(None, None, None, None, None)


def test_of_names_that_become_one_the_first_stays() -> None:
    item = cleaned("Mug", None, None, None, ["<b>size</b>", "size", " "], ["M", "L", "S"])
    assert item.attributes == {"size": "M"}


def test_the_language_is_that_of_the_words_or_the_items_own() -> None:
    lamp = cleaned("Table lamp with a linen shade", "It gives a warm light.", "灯之家", None, None, None)
    assert lamp.language(None, EXPECTED) == "en"
    assert cleaned("亚麻灯罩台灯", "光线温暖。", "Lumen", None, None, None).language(None, EXPECTED) == "zh"
    plate = cleaned("Teller", None, None, None, None, None)
    assert (plate.language("de", EXPECTED), plate.language("en", EXPECTED)) == ("de", "en")


def test_categories_and_values_say_the_language_of_a_title_that_does_not() -> None:
    mostly_english = {"en": 0.97, "de": 0.03}
    bare = cleaned("Mode LX", None, None, None, None, None)
    filed = cleaned(
        "Mode LX", None, None, "Herrenbekleidung > Hosen und Hemden", ["cloth"], ["Wolle und Leinen"]
    )
    assert (bare.language(None, mostly_english), filed.language(None, mostly_english)) == ("en", "de")


def test_values_of_the_room_cannot_be_changed() -> None:
    assert loose(catalogue) == []
