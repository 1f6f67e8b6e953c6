"""Identifiers: words for nobody, signs that nobody sees, numbers that a spreadsheet shortened."""

import json

import pytest

COLUMNS = {
    "event_id": "id", "event_name": "'search'", "event_at": "'2024-05-01'", "user_id": "user",
    "device_id": "device", "item_id": "item", "order_id": "order",
}  # fmt: skip


def events(**keys: object) -> dict[str, object]:
    return {"files": "*", "format": "jsonl", "columns": COLUMNS, **keys}


def lines(*records: dict[str, object]) -> bytes:
    return "\n".join(json.dumps({"id": f"e{n}", **record}) for n, record in enumerate(records)).encode()


NOBODY = (
    "null", "NULL", "undefined", "None", "(not set)", "0", "0.0", "-", "--", "anonymous",
    "Anonymous User", "N/A",
    "#N/A", "nil", "guest", "GUEST", "unknown", "NaN", "<NA>", "\\N", "-1", "[object Object]", "(null)",
    "'null'",
    "00000000-0000-0000-0000-000000000000", "00:00:00:00:00:00", "000000000000000", "9774d56d682e549c",
    "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", "匿名用户", "游客", "\u200bnull\u00a0", "not_set", 0,
)  # fmt: skip
SOMEBODY = (
    "7", "10", "guest_17", "null7", "A0", "nadine", "Noneman", "0a", "-7",
    "00000000-0000-0000-0000-000000000001", "unknown@x.example", "None of us", "f", "匿名7",
)  # fmt: skip


def test_words_for_nobody_name_nobody(shop_of, outcomes) -> None:
    file = lines(*({"user": word, "device": word} for word in (*NOBODY, *SOMEBODY)))
    found = outcomes(shop_of(events=events()), {"a": file})["a"]
    assert found.reasons == {"good": len(NOBODY) + len(SOMEBODY)}, found.details
    people = [row.user_id for row in found.rows]
    assert dict(zip(NOBODY, people, strict=False)) == dict.fromkeys(NOBODY)
    assert people[len(NOBODY) :] == list(SOMEBODY)
    assert [row.device_id for row in found.rows] == people


def test_a_shop_says_otherwise(shop_of, outcomes) -> None:
    said = {"also": ["Walk-in", 4711], "except": [0, "Guest"]}
    words = ["walk-IN", "4711", "0", "guest", "null", "471"]
    file = lines(*({"user": word} for word in words))
    found = outcomes(shop_of(events=events(nobody=said)), {"a": file})["a"]
    assert [row.user_id for row in found.rows] == [None, None, "0", "guest", None, "471"]


def test_other_things_are_nothing_only_when_no_program_could_name_them(shop_of, outcomes) -> None:
    words = ["null", "(not set)", "undefined", "NaN", "N/A", "0", "guest", "unknown", "-", "NA"]
    file = lines(*({"item": word, "order": word} for word in words))
    found = outcomes(shop_of(events=events()), {"a": file})["a"]
    kept = [None] * 5 + ["0", "guest", "unknown", "-", "NA"]
    assert [row.item_id for row in found.rows] == kept
    assert [row.order_id for row in found.rows] == kept


@pytest.mark.parametrize(
    "ends", ["\u200b", "\ufeff", "\u00a0", "\u00ad", "\u202a", "\u2060", "\u3000", "\u115f", "\t"]
)
def test_what_shows_nothing_is_taken_off_the_ends(shop_of, outcomes, ends: str) -> None:
    file = lines(
        {"item": f"{ends}A 1{ends}{ends}", "user": f"{ends}ann"}, {"item": f" {ends} ", "id": f"x{ends}"}
    )
    found = outcomes(shop_of(events=events()), {"a": file})["a"]
    assert [(row.event_id, row.item_id, row.user_id) for row in found.good] == [
        ("e0", "A 1", "ann"),
        ("x", None, None),
    ]


@pytest.mark.parametrize(
    ("sign", "name"),
    [
        ("\u200b", "U+200B"), ("\ufeff", "U+FEFF"), ("\u00a0", "U+00A0"), ("\u00ad", "U+00AD"),
        ("\u202e", "U+202E"), ("\u0007", "U+0007"), ("\t", "U+0009"),
        ("\u2028", "U+2028"), ("\u3164", "U+3164"), ("\ufe0f", "U+FE0F"), ("\U000e0041", "U+E0041"),
    ],
)  # fmt: skip
def test_inside_it_is_a_reject(shop_of, outcomes, sign: str, name: str) -> None:
    file = lines({"item": f"A{sign}1"}, {"user": f"ann{sign}b"}, {"item": "A1"}, {"item": "Ä 一\U0001f600"})
    found = outcomes(shop_of(events=events()), {"a": file})["a"]
    assert [row.reject_reason for row in found.rows] == ["wrong_form", "wrong_form", None, None]
    first, second = found.details.split("\n")
    assert first.startswith("item_id: 'A")
    assert first.endswith(f"holds {name}, which no screen shows; export it without")
    assert second == f"user_id: a value (hidden) holds {name}, which no screen shows; export it without"


def test_the_sign_we_put_between_identifiers_is_a_reject_too(shop_of, outcomes) -> None:
    file = lines({"id": "e7", "user": "u7", "device": "d7", "item": "A1\u001f2B", "order": "o7"})
    found = outcomes(shop_of(events=events()), {"a": file})["a"]
    assert found.reasons == {"wrong_form": 1}
    assert "holds U+001F, which no screen shows" in found.details


@pytest.mark.parametrize(
    "value", ["4.00638E+12", "4,00638E+12", "4.00638e12", "1E+05", "-1.2E-7", "1e+16", "2.0000001E7"]
)
def test_a_number_that_a_spreadsheet_shortened_is_a_reject(shop_of, outcomes, value: str) -> None:
    columns = {"item_id": "EAN", "title": "Name"}
    shop = shop_of(items={"files": "*", "format": "csv", "options": {"sep": ";"}, "columns": columns})
    found = outcomes(shop, {"a": f"EAN;Name\n{value};a\n{value};b\n".encode()}, "items")["a"]
    assert found.reasons == {"wrong_form": 2}
    assert found.details.split("\n")[0] == (
        f"item_id: '{value}' looks like a number that a spreadsheet shortened; export the column as text"
    )


def test_what_only_looks_like_one_is_none(shop_of, outcomes) -> None:
    values = ["12E3", "4006381333931", "1.50", "E+12", "5E", "12E3A", "1.5E3X", "603e7", "1.2.3E+4"]
    file = lines(*({"item": value} for value in values))
    found = outcomes(shop_of(events=events()), {"a": file})["a"]
    assert [row.item_id for row in found.good] == values


def test_a_spreadsheet_s_mark_for_texts_is_taken_off(shop_of, outcomes) -> None:
    columns = {"item_id": "no", "title": "name"}
    shop = shop_of(items={"files": "*", "format": "csv", "columns": columns})
    words = {"'00123": "00123", '="00124"': "00124", '"=""A-7"""': "A-7", "'1E5": "1E5", "00125": "00125",
             "'s-6": "'s-6", "o'12": "o'12", "'12'": "'12'", '=""': None, "=12": "=12"}  # fmt: skip
    file = "\n".join(["no,name", *(f"{word},Pen" for word in words)]).encode()
    found = outcomes(shop, {"a": file}, "items")["a"]
    assert [row.item_id for row in found.rows] == list(words.values())
    assert found.reasons == {"good": len(words) - 1, "missing_required": 1}
