"""Malformed CSV, built here: every record of every file comes out once, good or with a reason."""

import gzip
import re
from collections import Counter
from dataclasses import dataclass

import pyarrow
import pytest

HEADER = "id,name,at,user,item,qty,price,note"
MAPPING = {
    "files": "**/*.csv*",
    "format": "csv",
    "columns": {
        "event_id": "id",
        "event_name": "name",
        "event_at": "at",
        "user_id": "user",
        "item_id": "item",
        "quantity": "qty",
        "price": "price",
        "query": "note",
    },
}


def row(
    event: object = "e1", at: str = "2024-05-01 10:00:00", qty: str = "1", price: str = "9.50", **more: str
) -> str:
    name, note = more.get("name", "purchase"), more.get("note", "")
    return f"{event},{name},{at},u1,i1,{qty},{price},{note}"


def file(*rows: str, header: str = HEADER, end: str = "\n") -> bytes:
    return (end.join([header, *rows]) + end).encode()


def zstd(data: bytes) -> bytes:
    return pyarrow.Codec("zstd").compress(data, asbytes=True)


@dataclass(frozen=True)
class Case:
    name: str
    data: bytes
    reasons: dict[str, int]
    says: str = ""
    """Found in the reject details."""
    header: str = HEADER
    records: int | None = None
    """Rows in, where the lines of the plain file do not tell."""


GOOD, TWO = file(row("e1"), row("e2")), {"good": 2}
CASES = [
    Case("good.csv", GOOD, TWO),
    Case("empty.csv", b"", {}),
    Case("blank_only.csv", b"\n \n\t\n", {}),
    Case("header_only.csv", file(), {}),
    Case("header_without_end.csv", HEADER.encode(), {}),
    Case("bom.csv", b"\xef\xbb\xbf" + GOOD, TWO),
    Case("crlf.csv", file(row("e1"), row("e2"), end="\r\n"), TWO),
    Case("old_mac.csv", file(row("e1"), row("e2"), end="\r"), TWO),
    Case("mixed_newlines.csv", f"{HEADER}\r\n{row(1)}\n{row(2)}\r{row(3)}\r\n".encode(), {"good": 3}),
    Case("no_last_newline.csv", GOOD.rstrip(), TWO),
    Case("blank_lines.csv", f"\n\n{HEADER}\n\n{row(1)}\n   \n\t\n{row(2)}\n\n".encode(), TWO),
    Case("header_again.csv", file(row(1), HEADER, row(2)), TWO),
    Case(
        "too_few.csv",
        file(row(1), "e2,purchase,2024-05-01"),
        {"good": 1, "unparseable": 1},
        "3 fields; the header has 8",
    ),
    Case(
        "too_many.csv",
        file(row(1), row(2) + ",x,y"),
        {"good": 1, "unparseable": 1},
        "10 fields; the header has 8",
    ),
    Case("comma_in_text.csv", file(row(1, note="red, blue")), {"unparseable": 1}, "9 fields"),
    Case("quoted.csv", file(row(1, note='"red, ""deep"" blue"')), {"good": 1}),
    Case(
        "open_quote.csv",
        file(row(1, note='"red'), row(2)),
        {"good": 1, "unparseable": 1},
        "quotation mark is not closed",
    ),
    Case("open_quote_early.csv", file('"' + row(1), row(2)), {"good": 1, "unparseable": 1}, "not closed"),
    Case("inch_mark.csv", file(row(1, note='5" nail'), row(2)), TWO),
    Case(
        "line_break_in_text.csv",
        file(row(1, note='"red\nblue"'), row(2)),
        {"good": 1, "unparseable": 2},
        "set multiLine",
    ),
    Case("nul_in_value.csv", file(row("e\0"), row(2)), {"good": 1, "unparseable": 1}, "NUL"),
    Case("nul_first.csv", file("\0" + row(1), row(2)), {"good": 1, "unparseable": 1}, "NUL"),
    Case("nul_tail.csv", GOOD + b"\0" * 4096, {"good": 2, "unparseable": 1}, "NUL"),
    Case(
        "latin1.csv",
        GOOD + row(3, note="caf\xe9").encode("latin-1"),
        {"good": 2, "unparseable": 1},
        "not UTF-8",
    ),
    Case(
        "cut_character.csv",
        GOOD + row(3, note="夜市").encode()[:-1],
        {"good": 2, "unparseable": 1},
        "not UTF-8",
    ),
    Case("damaged_before.csv", file(row(1, note="caf\ufffd")), {"good": 1}),
    Case(
        "long_line.csv",
        file(row(1), row(2, note="x" * (20 << 20))),
        {"good": 1, "unparseable": 1},
        "16777216",
    ),
    Case(
        "many_commas.csv",
        file(row(1), "," * 250_000),
        {"good": 1, "unparseable": 1},
        "more than 100000 fields",
    ),
    Case("text_of_commas.csv", file(row(1, note='"' + "," * 30_000 + '"')), {"good": 1}),
    Case(
        "thousands.csv",
        file(row(1, price='"1,234.50"')),
        {"bad_value": 1},
        "price: '1,234.50' is not decimal",
    ),
    Case("decimal_comma.csv", file(row(1, price='"12,5"')), {"bad_value": 1}, "'12,5'"),
    Case("currency_sign.csv", file(row(1, price="£3"), row(2, price="3 EUR")), {"bad_value": 2}),
    Case(
        "not_numbers.csv",
        file(
            *(row(n, price=p) for n, p in enumerate(["NaN", "Infinity", "0x1F", "1.5f", "NULL", "-", "１２"]))
        ),
        {"bad_value": 7},
    ),
    Case(
        "odd_numbers.csv",
        file(*(row(n, price=p) for n, p in enumerate([" 7 ", ".5", "5.", "1e2", "+3", "\u00a07", ""]))),
        {"good": 7},
    ),
    Case(
        "quantities.csv",
        file(*(row(n, qty=q) for n, q in enumerate(["3.0", "3.5", "99999999999", "1e3", "3 000", "three"]))),
        {"good": 1, "bad_value": 5},
    ),
    Case(
        "negative.csv",
        file(row(1, qty="-2"), row(2, price="-1")),
        {"out_of_range": 2},
        "quantity: '-2' is below 1",
    ),
    Case("too_large.csv", file(row(1, price="9" * 15), row(2, price="1e300")), {"bad_value": 2}),
    Case(
        "five_dates.csv",
        file(
            *(
                row(n, at=a)
                for n, a in enumerate(
                    ["31.12.2024 10:00", "12/31/2024", "1714557600", "20240501", "1 May 2024"]
                )
            )
        ),
        {"bad_value": 5},
        "event_at: '31.12.2024 10:00' is not timestamp",
    ),
    Case(
        "iso_dates.csv",
        file(
            *(
                row(n, at=a)
                for n, a in enumerate(
                    [
                        "2024-05-01",
                        "2024-05-01T10:00:00Z",
                        "2024-05-01 10:00:00.123456+02:00",
                        "2024-5-1 1:02",
                        "2024-05-01 10:00:00 Europe/Berlin",
                    ]
                )
            )
        ),
        {"good": 5},
    ),
    Case(
        "no_dates.csv",
        file(
            *(
                row(n, at=a)
                for n, a in enumerate(
                    [
                        "12:30",
                        "2024",
                        "2024-02-30",
                        "0000-00-00 00:00:00",
                        "now",
                        "24-05-01",
                        "2024-05-01 25:00",
                        "+12024-05-01",
                    ]
                )
            )
        ),
        {"bad_value": 8},
    ),
    Case(
        "missing.csv",
        file(row(""), row("  "), row(3, name=""), row(4, at="")),
        {"missing_required": 4},
        "event_name is missing",
    ),
    Case(
        "only_commas.csv",
        file(",,,,,,,"),
        {"missing_required": 1},
        "event_id is missing; event_name is missing",
    ),
    Case(
        "unknown_name.csv",
        file(row(1, name="click"), row(2, name="PURCHASE")),
        {"not_listed": 2},
        "event_name: 'click' is not on the",
    ),
    Case(
        "several_faults.csv",
        file(row("", price="x", qty="0")),
        {"bad_value": 1},
        "price: 'x' is not decimal(18,4); event_id is missing; quantity: '0' is below 1",
    ),
    Case(
        "other_order.csv",
        file("9.5,purchase,e1,2024-05-01", header="price,name,id,at"),
        {"good": 1},
        header="price,name,id,at",
    ),
    Case(
        "extra_columns.csv",
        file(row(1) + ",x,y", header=HEADER + ",new,Größe 尺寸"),
        {"good": 1},
        header=HEADER + ",new,Größe 尺寸",
    ),
    Case(
        "spelling.csv",
        file(row(1), header=' ID ,"NAME",At,user,item,qty,price,note'),
        {"good": 1},
        header=' ID ,"NAME",At,user,item,qty,price,note',
    ),
    Case(
        "duplicate_unused.csv",
        file(row(1) + ",x,y", header=HEADER + ",extra,extra"),
        {"good": 1},
        header=HEADER + ",extra,extra",
    ),
    Case(
        "wide.csv",
        file(row(1) + "," * 5000, header=HEADER + "".join(f",c{n}" for n in range(5000))),
        {"good": 1},
        header=HEADER + "".join(f",c{n}" for n in range(5000)),
    ),
    Case("hash_sign.csv", file("#" + row(1), row("-1")), TWO),
    Case("backslash.csv", file(row(1, note='"C:\\"'), row(2, note="a\\")), TWO),
    Case("html_line.csv", file(row(1), "<html>504 Gateway Time-out</html>"), {"good": 1, "unparseable": 1}),
    Case("long_bad_record.csv", file("x" * 100_000), {"unparseable": 1}),
    Case("odd name +%41 [1]{a},é 夜.csv", GOOD, TWO),
    Case("day=2024-05-01/part.csv", GOOD, TWO),
    Case("packed.csv.gz", gzip.compress(GOOD), TWO, records=2),
    Case(
        "two_members.csv.gz", gzip.compress(GOOD) + gzip.compress(row("e3").encode()), {"good": 3}, records=3
    ),
    Case("packed.csv.zst", zstd(GOOD), TWO, records=2),
    Case(
        "bad_line_packed.csv.zst",
        zstd(GOOD + b"e3,\xff"),
        {"good": 2, "unparseable": 1},
        "not UTF-8",
        records=3,
    ),
]


@pytest.fixture(scope="module")
def found(shop_of, outcomes):
    return outcomes(shop_of(events=MAPPING), {case.name: case.data for case in CASES})


def lines(data: bytes, header: str) -> int:
    """Rows in, counted without Spark and without our code: lines that are neither blank nor the header."""
    text = data.decode("utf-8-sig", errors="replace")
    return sum(1 for line in re.split(r"\r\n|\r|\n", text) if line.strip(" \t\u00a0") and line != header)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_record_comes_out_once(found, case: Case) -> None:
    outcome = found[case.name]
    rows_in = case.records if case.records is not None else lines(case.data, case.header)
    assert len(outcome.rows) == rows_in
    assert outcome.reasons == Counter(case.reasons), outcome.details
    assert case.says in outcome.details


def test_values_are_what_the_file_says(found) -> None:
    first = found["other_order.csv"].good[0]
    assert (first.event_id, str(first.price), first.quantity) == ("e1", "9.5000", None)
    assert found["quoted.csv"].good[0].query == 'red, "deep" blue'
    assert [str(r.price) for r in found["odd_numbers.csv"].good][:4] == [
        "7.0000",
        "0.5000",
        "5.0000",
        "100.0000",
    ]
    assert found["bom.csv"].good[0].event_id == "e1"
    assert {r.event_at.isoformat(" ", "minutes") for r in found["iso_dates.csv"].good} == {
        "2024-05-01 00:00",
        "2024-05-01 10:00",
        "2024-05-01 08:00",
        "2024-05-01 01:02",
    }


def test_currency_of_the_shop_goes_with_a_price(found) -> None:
    assert {(r.price is None, r.currency) for r in found["odd_numbers.csv"].good} == {
        (False, "EUR"),
        (True, None),
    }


def test_rejects_keep_the_record(found) -> None:
    assert found["too_few.csv"].rows[-1].raw == "e2,purchase,2024-05-01"
    raw = found["long_bad_record.csv"].rows[0].raw
    assert len(raw.encode()) <= 32 * 1024
    assert raw.endswith("…[cut: 100000 bytes in all]")


def test_personal_values_stay_out_of_details(shop_of, outcomes) -> None:
    mapping = MAPPING | {"columns": MAPPING["columns"] | {"ip": "cast(note as int)"}}
    outcome = outcomes(shop_of(events=mapping), {"a.csv": file(row(1, note="ann@example.org"))})["a.csv"]
    assert outcome.reasons == {"bad_value": 1}
    assert "note" in outcome.details
    assert "ann" not in outcome.details


@pytest.mark.parametrize("options", [{}, {"multiLine": True}, {"encoding": "UTF-16"}])
def test_a_spreadsheet_s_note_is_neither_header_nor_record(shop_of, outcomes, options) -> None:
    columns = {"item_id": "id", "title": "`the name`"}
    shop = shop_of(
        items={"files": "*", "format": "csv", "columns": columns, "options": {"sep": ";", **options}}
    )
    text = 'sep=;\r\nID\u200b;the\u00a0name\r\n1;Mug\r\n"sep=;"\r\nsep=1;Cup\r\n'
    found = outcomes(shop, {"a": text.encode(options.get("encoding", "utf-8-sig"))}, "items")["a"]
    assert [(row.item_id, row.title) for row in found.rows] == [("1", "Mug"), ("sep=1", "Cup")]


def test_a_file_without_names_may_begin_with_the_note(shop_of, outcomes) -> None:
    shop = shop_of(items={"files": "*", "format": "csv", "columns": {"item_id": "a", "title": "b"},
                          "header": ["a", "b"]})  # fmt: skip
    found = outcomes(shop, {"a": b"sep=,\n1,Mug\n"}, "items")["a"]
    assert [row.item_id for row in found.rows] == ["1"]
