"""catalogue.items: one row per item, texts cleaned, absent items carried until they are delisted."""

from datetime import date

import pytest
from drawn import rows

DAY = date(2026, 3, 10)
NOTHING = "| item_id |"


@pytest.fixture(scope="module")
def build(job, export, drawn):
    declared = job("catalogue.items")

    def built(drawing: str, known: str = NOTHING, **tuning):
        frame = declared.build(export("items", drawing), drawn("catalogue.items", known), day=DAY, **tuning)
        return frame.cache()

    return built


def test_texts_are_cleaned_and_their_language_told(build) -> None:
    drawing = """
        | item_id | title              | description    | brand | category_path     | attributes               |
        | i1      | <b>Oak</b>  desk   | Plain <p>a&lt;b | Nord | Home > > A &amp; B | {wood: oak, in: red, a: ''} |
        | i2      | 连衣裙　ＡＢ       |                |       |                   |                          |
        | i3      | Lamp               |                |       | >                 |                          |
    """  # noqa: E501
    item, dress, lamp = build(drawing).orderBy("item_id").collect()
    assert (item.title, item.description) == ("Oak desk", "Plain a<b")
    assert item.category_path == ["Home", "A & B"]
    assert item.attributes == {"wood": "oak", "in": "red"}
    assert item.text == "Oak desk. Nord. Home > A & B. in: red, wood: oak. Plain a<b"
    assert (lamp.category_path, lamp.attributes) == (None, None)
    assert item.language == "en"
    assert (dress.title, dress.text, dress.language) == ("连衣裙 ＡＢ", "连衣裙 ＡＢ", "zh")
    assert dress.category_path is None
    assert dress.description is None
    assert item.content_hash != dress.content_hash


MIXED = """
    | item_id | title                                | category_path      | attributes                         | language |
    | d1      | Damen Winterstiefel gefüttert        | Schuhe > Stiefel   | {farbe: braun, material: Leder}    |          |
    | d2      | Kaffeemaschine mit Mahlwerk          | Küche > Kaffee     | {farbe: silber}                    |          |
    | d3      | Gartenschlauch 20 m                  | Garten             | {farbe: grün}                      |          |
    | d4      | Runner 3000                          | Schuhe > Laufschuhe | {farbe: schwarz}                  |          |
    | d5      | Ladekabel für das Handy              | Zubehör            |                                    |          |
    | d6      | Herrenjacke wasserabweisend          | Mäntel und Jacken  | {farbe: dunkelblau}                |          |
    | d7      | USB-C                                |                    |                                    |          |
    | j1      | 緑茶 国産                            | 食品 > 茶          |                                    |          |
    | t1      | 真皮錢包                             | 配件 > 錢包        | {顏色: 黑色}                       |          |
    | f1      | Poêle                                |                    |                                    | fr-FR    |
"""  # noqa: E501


def test_languages_are_read_in_the_light_of_the_whole_record_and_the_whole_export(build) -> None:
    found = dict(rows(build(MIXED), "item_id", "language"))
    assert {found[item] for item in ("d1", "d2", "d3", "d4", "d5", "d6")} == {"de"}
    assert (found["j1"], found["t1"], found["f1"]) == ("ja", "zh-Hant", "fr")
    named = dict(rows(build(MIXED, languages=["sv", "zh"]), "item_id", "language"))
    assert (named["d7"], named["t1"], named["f1"]) == ("sv", "zh-Hant", "fr")


def test_attributes_are_cleaned(build) -> None:
    (item,) = build("""
        | item_id | title | attributes                                                                     |
        | i1      | Lamp  | {Ma&szlig;: 1½ m, Maß: 2 m, b: <br>, wei&szlig;: Gr&ouml;&szlig;e &amp; mehr} |
    """).collect()
    assert item.attributes == {"Maß": "1½ m", "weiß": "Größe & mehr"}
    assert item.text == "Lamp. Maß: 1½ m, weiß: Größe & mehr"


def test_spelling_alone_does_not_change_the_content_hash(build) -> None:
    first, second, third = (
        build("""
        | item_id | title         | price |
        | i1      | Oak desk      | 10    |
        | i2      | Oak  <i>desk</i> | 12    |
        | i3      | Oak desks     | 10    |
    """)
        .orderBy("item_id")
        .collect()
    )
    assert first.content_hash == second.content_hash != third.content_hash


def test_the_fullest_row_of_an_id_is_kept_then_the_last(build) -> None:
    checked = build("""
        | item_id | title | brand | price | source_file | reject_reason | raw |
        | i1      | Desk  |       |       | 2.csv       |               | a   |
        | i1      | Desk  | Nord  | 10    | 1.csv       |               | b   |
        | i1      | Desk  | Nord  | 10    | 1.csv       |               | c   |
        | i2      | Lamp  |       |       | 1.csv       |               | d   |
        | i2      | Lamp  |       |       | 2.csv       |               | e   |
        | i3      | ' '   | Nord  | 10    | 1.csv       | bad_value     | f   |
        | i3      | Sofa  |       |       | 1.csv       |               | g   |
        | i4      | <br>  |       |       | 1.csv       |               | h   |
        |         |       |       |       | 1.csv       | unparseable   | i   |
    """)
    assert rows(checked, "raw", "reject_reason") == [
        ("a", "duplicate"),
        ("b", "duplicate"),
        ("c", None),
        ("d", "duplicate"),
        ("e", None),
        ("f", "bad_value"),
        ("g", None),
        ("h", "missing_required"),
        ("i", "unparseable"),
    ]


def test_rows_of_one_id_that_differ_in_what_people_read_are_conflicting(build) -> None:
    checked = build("""
        | item_id | title  | brand | price | currency | description | source_file | reject_reason | raw |
        | i1      | Pen A  | Nord  | 1.10  | EUR      | x           | 1.csv       |               | a   |
        | i1      | Pen B  | Nord  | 1.10  | EUR      |             | 1.csv       |               | b   |
        | i1      | pen a  | NORD  | 1.1   | EUR      |             | 1.csv       |               | c   |
        | i1      | Pen A  | Süd   | 1.20  | EUR      |             | 1.csv       |               | d   |
        | i1      | Pen A  | Nord  | 1.10  | GBP      |             | 1.csv       |               | e   |
        | i1      | Pen A  |       |       |          | another     | 1.csv       |               | f   |
        | i1      | Pen C  | Nord  | 1.10  | EUR      |             | 1.csv       | bad_value     | g   |
    """)
    assert rows(checked, "raw", "reject_reason") == [
        ("a", None),
        ("b", "conflicting"),
        ("c", "duplicate"),
        ("d", "conflicting"),
        ("e", "conflicting"),
        ("f", "duplicate"),
        ("g", "bad_value"),
    ]
    (detail,) = [row.reject_detail for row in checked.collect() if row.raw == "d"]
    assert detail == "item_id: a fuller or later row of 'i1' was kept, of another brand, price"


KNOWN = """
    | item_id | title | text | language | content_hash | first_seen_day | last_seen_day | active | day        |
    | old     | Chair | Chair | en      | ab           | 2026-01-01     | 2026-03-09    | true   | 2026-03-09 |
    | both    | Stool | Stool | en      | cd           | 2026-02-01     | 2026-03-09    | true   | 2026-03-09 |
    | away    | Shelf | Shelf | en      | 23           | 2026-01-01     | 2026-03-09    | true   | 2026-03-09 |
    | gone    | Bench | Bench | en      | ef           | 2026-01-01     | 2026-02-01    | false  | 2026-03-09 |
    | lost    | Couch | Couch | en      | 01           | 2024-01-01     | 2025-01-01    | false  | 2026-03-09 |
"""  # noqa: E501
TODAY = """
    | item_id | title    | reject_reason |
    | both    | Stool II |               |
    | new     | Table    |               |
    | old     | Chair    | out_of_range  |
"""
SEEN = ("item_id", "title", "first_seen_day", "last_seen_day", "active", "reject_reason")


def test_absent_items_are_carried_and_inactive_when_the_export_is_the_whole_catalogue(build) -> None:
    assert rows(build(TODAY, KNOWN), *SEEN) == [
        ("away", "Shelf", "2026-01-01", "2026-03-09", False, None),
        ("both", "Stool II", "2026-02-01", "2026-03-10", True, None),
        ("gone", "Bench", "2026-01-01", "2026-02-01", False, None),
        ("new", "Table", "2026-03-10", "2026-03-10", True, None),
        ("old", "Chair", "2026-01-01", "2026-03-10", True, None),
        ("old", "Chair", "2026-03-10", "2026-03-10", True, "out_of_range"),
    ]


def test_absent_items_stay_active_for_as_long_as_the_shop_says(build) -> None:
    active = dict(
        rows(build(TODAY, KNOWN, delist_after_days=7).where("reject_reason is null"), "item_id", "active")
    )
    assert active == {"away": True, "both": True, "gone": False, "new": True, "old": True}


def test_only_carried_rows_have_no_raw_row(build) -> None:
    found = rows(build(TODAY, KNOWN).where("raw is null and source_file is null"), "item_id")
    assert found == [("away",), ("gone",), ("old",)]
