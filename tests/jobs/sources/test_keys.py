"""What ``sources check`` says of identifiers that no single record shows, and of lists and rows."""

import json
from datetime import date
from pathlib import Path

import pytest

from nightmarket import sources
from nightmarket.contracts import Contracts

DAY = date(2024, 5, 1)
ITEMS = {"item_id": "no", "title": "name", "price": "price"}
EVENTS = {
    "event_id": "id", "event_name": "'view_item'", "event_at": "'2024-05-01'", "user_id": "user",
    "device_id": "device", "order_id": "order",
}  # fmt: skip


@pytest.fixture(scope="module")
def checked(spark, contracts: Contracts, shop_of, tmp_path_factory):
    def check(text: str, source: str = "items", **keys: object) -> sources.Report:
        landing: Path = tmp_path_factory.mktemp("landing")
        (landing / "a").write_text(text, encoding="utf-8")
        columns = ITEMS if source == "items" else EVENTS
        mapping = {"files": "a", "format": "csv", "columns": columns, **keys}
        return sources.check(spark, shop_of(**{source: mapping}), contracts, DAY, landing)

    return check


def catalogue(numbers: list[str], sep: str = ",") -> str:
    rows = [f'"{no}"{sep}Pen {place}{sep}{place}' for place, no in enumerate(numbers)]
    return "\n".join([sep.join(["no", "name", "price"]), *rows])


def log(people: list[tuple[str, str, str]]) -> str:
    rows = [f"e{place},{user},{device},{order}" for place, (user, device, order) in enumerate(people)]
    return "\n".join(["id,user,device,order", *rows])


def only(notes: tuple[str, ...], part: str) -> str:
    found = [note for note in notes if part in note]
    assert len(found) == 1, notes
    return found[0]


@pytest.mark.parametrize("number", ["4.00638E+12", "4,00638E+12"])
def test_numbers_that_a_spreadsheet_shortened(checked, number: str) -> None:
    text = catalogue([number, number.replace("638", "123"), number.replace("638", "999")] * 20)
    report = checked(text)
    problem = only(report.problems, "different values")
    assert (
        f"items.item_id: 60 records, 3 different values, like {number}: 60 look like numbers that a "
        "spreadsheet shortened, and are rejected; export the column as text."
    ) in problem
    assert report.sources["items"].rejected == {"wrong_form": 60}


def test_a_few_shortened_numbers_are_a_note(checked) -> None:
    report = checked(catalogue([f"A{n}" for n in range(99)] + ["1.5E+12"]))
    assert report.ok
    assert "100 records, 100 different values, like 1.5E+12: 1 look" in only(report.notes, "spreadsheet")


def test_numbers_cut_to_fifteen_digits(checked) -> None:
    report = checked(catalogue([f"{900000000000000 + 7 * n}0000" for n in range(12)]))
    assert "12 of 12 numbers of more than 15 digits end in zeros from the 16th on" in only(
        report.notes, "16th"
    )
    whole = checked(catalogue([f"{900000000000000 + 7 * n}00{n:02}" for n in range(12)]))
    assert not [note for note in whole.notes if "16th" in note]


def test_zeros_lost_in_front(checked) -> None:
    numbers = [str(4006381330000 + 11 * n) for n in range(30)]
    note = only(checked(catalogue([*numbers, "12345678905", "614141007349"])).notes, "zeros off")
    assert "30 values have 13 digits and 2 have fewer" in note
    for good in (numbers, [str(99999985 + n) for n in range(30)], [str(n) for n in range(95, 125)]):
        assert not [note for note in checked(catalogue(good)).notes if "zeros off" in note]


def test_numbers_of_articles_with_eight_digits_are_known_by_their_check_digit(checked) -> None:
    numbers = []
    for seven in range(1000000, 1000030):
        digits = [int(d) for d in str(seven)]
        numbers.append(f"{seven}{-sum(d * (3 if n % 2 == 0 else 1) for n, d in enumerate(digits)) % 10}")
    note = only(checked(catalogue([*numbers, "1234565"])).notes, "zeros off")
    assert "30 values have 8 digits and 1 have fewer" in note


def test_duplicates_that_differ(checked) -> None:
    report = checked(catalogue([f"A{n // 10}" for n in range(40)]))
    note = only(report.notes, "different values")
    assert note.endswith(
        "items.item_id: 40 records have 4 different values; of the 4 that come more than once 4 in title, 4 "
        "in price differ; one record of each is kept."
    )
    same = "no,name,price\n" + "\n".join(f"A{n},Pen,1\nA{n},Pen,1" for n in range(8))
    assert not [note for note in checked(same).notes if "different values" in note]
    many = "no,name,price\n" + "\n".join(f"A{n},Pen,1\nA{n},Pen,1" for n in range(10))
    note = only(checked(many).notes, "different values")
    assert "20 records have 10 different values; one record of each is kept." in note


def test_words_for_nobody_are_shown_and_people_are_not(checked) -> None:
    people = [("0", f"d{n}", f"o{n}") for n in range(90)] + [
        ("ann@x.example", f"d{n}", "") for n in range(30)
    ]
    report = checked(log(people), "events")
    assert report.ok, report.problems
    note = only(report.notes, "nobody and")
    assert "events.user_id: 75% of the records have '0', which stands for nobody and is read as null" in note
    note = only(report.notes, "hidden")
    assert "user_id: 25% of the records have one value of 13 characters (hidden)" in note
    assert "ann" not in report.in_words()
    kept = checked(log(people), "events", nobody={"except": ["0"]})
    assert "75% of the records have one value of 1 characters (hidden)" in only(kept.notes, "hidden")


def test_one_id_on_many_devices(checked) -> None:
    people = [("kiosk", f"d{n}", "") for n in range(60)] + [(f"u{n}", f"e{n}", "") for n in range(300)]
    note = only(checked(log(people), "events").notes, "hidden")
    assert "user_id: one value of 5 characters (hidden) comes with 60 different values of device_id" in note
    turned = checked(log([(device, user, "") for user, device, _ in people]), "events")
    assert "device_id: one value of 5 characters (hidden) comes with 60" in only(turned.notes, "hidden")
    fewer = checked(log(people[11:]), "events")
    assert not [note for note in fewer.notes if "hidden" in note]


def test_numbers_with_a_fraction(checked) -> None:
    people = [(f"{n}.0", f"d{n}", "") for n in range(30)]
    assert "user_id: 100% of the values end in .0" in only(checked(log(people), "events").notes, "end in .0")


def test_marks_of_a_spreadsheet_are_named(checked) -> None:
    report = checked(catalogue(["'0012", "'0013", '=""0014""', "0015"]))
    assert "items.item_id: 3 of 4 values are marked as texts of a spreadsheet" in only(report.notes, "marked")
    assert not checked(catalogue(["0012", "n'13", "'s-14"])).notes


def test_an_object_is_no_identifier(checked) -> None:
    records = [{"no": {"$oid": f"6{n}"}, "name": f"Pen {n}", "price": n} for n in range(4)]
    report = checked("\n".join(map(json.dumps, records)), format="jsonl")
    assert 'item_id: 100% of the values are objects or lists, such as {"$oid":"60"}; name the field' in only(
        report.notes, "objects"
    )


ORDERS = [
    {"id": n, "items": [{"sku": f"A{n}"}] * count, "tags": ["x", "y"]}
    for n, count in enumerate([1, 3, 2, 1, 0])
]


def lines(**keys: object) -> dict[str, object]:
    columns = {
        "event_id": "id", "event_name": "'view_item'", "event_at": "'2024-05-01'", "item_id": "items[0].sku",
        "order_id": "concat(tags[0], tags[1])",
    }  # fmt: skip
    return {"format": "jsonl", "columns": columns, **keys}


def test_lists_that_are_longer_than_what_is_read(checked) -> None:
    report = checked("\n".join(map(json.dumps, ORDERS)), "events", **lines())
    note = only(report.notes, "element")
    assert note.endswith(
        "events: items[0] is the last element read of items, and 40% of the records (2) have more; rows: "
        "items makes a row of each."
    )


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("get_json_object(items, '$[0].sku')", "items[0] is the last element read of items, and 40%"),
        ("get_json_object(_record, '$.items[1].sku')", "items[1] is the last element read of items, and 20%"),
        (
            "from_json(items, 'array<struct<sku:string>>')[0].sku",
            "items[0] is the last element read of items",
        ),
        ("element_at(from_json(items, 'array<struct<sku:string>>'), 2).sku", "items[1] is the last element"),
        ("get(from_json(_record, 'items array<struct<sku:string>>').items, 0).sku", "items[0] is the last"),
    ],
)
def test_so_are_lists_that_are_read_through_their_text(checked, expression: str, said: str) -> None:
    columns = {
        "event_id": "id",
        "event_name": "'view_item'",
        "event_at": "'2024-05-01'",
        "item_id": expression,
    }
    text = "\n".join(map(json.dumps, ORDERS))
    report = checked(text, "events", format="jsonl", columns=columns)
    assert said in only(report.notes, "element")
    assert only(report.notes, "element").endswith("; rows: items makes a row of each.")
    every = columns | {"item_id": "get_json_object(items, '$[2].sku')"}
    assert not checked(text, "events", format="jsonl", columns=every).notes


def test_rows_and_records_are_both_told(checked) -> None:
    columns = {
        "event_id": "concat(id, '-', _position)",
        "event_name": "'view_item'",
        "event_at": "'2024-05-01'",
    }
    keys = lines(columns={**columns, "item_id": "items.sku"}, rows="items")
    found = checked("\n".join(map(json.dumps, ORDERS)), "events", **keys).sources["events"]
    assert (found.records, found.sampled, found.left_out) == (5, 8, 0)
    report = checked("\n".join(map(json.dumps, ORDERS)), "events", **keys, where="_position > 1")
    found = report.sources["events"]
    assert (found.records, found.sampled, found.left_out) == (5, 3, 5)
    assert "1 file(s), 3 rows of 5 records sampled, 5 left out, none rejected" in report.in_words()


def test_a_field_that_no_element_has(checked) -> None:
    keys = lines(rows="items", where="items.qty > 0")
    keys["columns"] = {
        "event_id": "id",
        "event_name": "'view_item'",
        "event_at": "items.at",
        "item_id": "items.skuu",
    }
    report = checked("\n".join(map(json.dumps, ORDERS)), "events", **keys)
    text = "\n".join((*report.problems, *report.notes))
    assert "events.item_id: no field 'items.skuu' in the first" in text
    assert "events.event_at: no field 'items.at'" in "\n".join(report.problems)
    assert "events.where: no field 'items.qty'" in "\n".join(report.problems)
