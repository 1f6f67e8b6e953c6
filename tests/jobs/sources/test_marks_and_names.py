"""Quotation marks that mean inches, encodings that are not what they are called, and odd names of files."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from nightmarket import sources
from nightmarket.contracts import Contracts

DAY = date(2024, 5, 1)


def items(files: str = "*.csv", **options: Any) -> dict[str, object]:
    columns = {"item_id": "sku", "title": "title", "price": "price"}
    return {"files": files, "format": "csv", "options": options, "columns": columns}


def titles(outcomes, shop_of, lines: list[str], **options: Any) -> dict[str, str | None]:
    """Title by id; of rejects the reason and its detail."""
    data = "\n".join(["sku,title,price", *lines]).encode()
    rows = outcomes(shop_of(items=items(**options)), {"i.csv": data}, "items")["i.csv"].rows
    said = {
        row.raw.split(",")[0]: f"{row.reject_reason}: {row.reject_detail}"
        for row in rows
        if row.reject_reason
    }
    return {**said, **{row.item_id: row.title for row in rows if not row.reject_reason}}


@pytest.mark.parametrize("multi_line", [False, True])
def test_a_mark_that_does_not_open_a_field_is_a_character(outcomes, shop_of, multi_line: bool) -> None:
    right = {
        '24" monitor': '24" monitor',
        "6' 2\" pole": "6' 2\" pole",
        '5" by 7" frame': '5" by 7" frame',
        'plug 3.5"': 'plug 3.5"',
        '"a ""deep"" blue, 24"""': 'a "deep" blue, 24"',
        '""""': '"',
        '"quoted"': "quoted",
        'a""b': 'a""b',
        '"24"" monitor, black"': '24" monitor, black',
        "say 'x'": "say 'x'",
    }
    lines = [f"M{place},{text},{place}" for place, text in enumerate(right)]
    found = titles(outcomes, shop_of, lines, multiLine=multi_line)
    assert found == {f"M{place}": title for place, title in enumerate(right.values())}


@pytest.mark.parametrize("multi_line", [False, True])
def test_a_field_that_begins_with_a_mark_is_closed_or_broken(outcomes, shop_of, multi_line: bool) -> None:
    lines = ['M0,"Shelf "Oslo" white",20', 'M1,"open,3', 'M2,"24" monitor,9', "M3,fine,1", 'M4,x,"7',
             'M5,24" a,"open', 'M6,"a"b,"c"', 'M7,24" monitor,99']  # fmt: skip
    found = titles(outcomes, shop_of, lines, multiLine=multi_line)
    assert len(found) == len(lines)
    assert (found.pop("M3"), found.pop("M7")) == ("fine", '24" monitor')
    assert all(str(said).startswith("unparseable: a quotation mark") for said in found.values()), found
    for broken in ("M0", "M2", "M6"):
        assert "inside a text in quotes is not doubled" in str(found[broken])
    for broken in ("M1", "M4", "M5"):
        assert "is not closed" in str(found[broken])
        assert ("set multiLine" in str(found[broken])) is not multi_line


def test_texts_over_lines_beside_inch_marks(outcomes, shop_of) -> None:
    lines = ['M0,24" monitor,1', 'M1,"two', 'lines 5"" wide",2', 'M2,6" nail,3', 'M3,"open', 'M4,7" x,4']
    found = titles(outcomes, shop_of, lines, multiLine=True)
    assert found["M1"] == 'two\nlines 5" wide'
    assert (found["M0"], found["M2"], found["M4"]) == ('24" monitor', '6" nail', '7" x')
    assert "not closed" in str(found["M3"])


def test_a_backslash_may_escape_marks(outcomes, shop_of) -> None:
    lines = [r'M0,"a \"deep\" blue",1', r'M1,"path C:\\",2', r'M2,"open \",3', r"M3,C:\,4"]
    found = titles(outcomes, shop_of, lines, escape="\\")
    assert (found["M0"], found["M3"]) == ('a "deep" blue', "C:\\")
    assert str(found["M1"]).startswith("path C:\\")
    assert "not closed" in str(found["M2"])


def encoded(outcomes, shop_of, data: bytes, encoding: str, multi_line: bool) -> dict[str, str]:
    shop = shop_of(items=items(encoding=encoding, multiLine=multi_line))
    rows = outcomes(shop, {"i.csv": data}, "items")["i.csv"].rows
    return {str(row.raw.split(",")[0]): str(row.reject_detail or row.title) for row in rows}


@pytest.mark.parametrize("multi_line", [False, True])
@pytest.mark.parametrize("name", ["ISO-8859-1", "latin1", "US-ASCII", "windows-1252"])
def test_latin_1_is_read_as_windows_1252(outcomes, shop_of, name: str, multi_line: bool) -> None:
    texts = {"a": "Women’s tee – “Summer” €5", "b": "It’s 100 % cotton… œuvre", "c": "Größe Ä"}
    data = "\n".join(["sku,title,price", *(f"{k},{v},1" for k, v in texts.items())]).encode("cp1252")
    assert encoded(outcomes, shop_of, data, name, multi_line) == texts


@pytest.mark.parametrize("multi_line", [False, True])
@pytest.mark.parametrize(
    ("name", "damage", "says"),
    [
        ("GBK", b"\x80", "not GBK; is it GB18030, or windows-936"),
        ("GB2312", b"\x80", "not GB2312; is it GBK or GB18030"),
        ("Big5", b"\x88\x56", "not Big5; is it Big5-HKSCS"),
        ("ISO-8859-1", b"\x81", "not ISO-8859-1; see the option encoding"),
        ("UTF-8", b"\xe9", "not UTF-8; see the option encoding"),
        ("UTF-8", "\u0092".encode(), "control characters (C1)"),
        ("ISO-8859-15", b"\x92", "control characters (C1)"),
    ],
)
def test_damage_is_named_by_the_encoding_that_was_named(
    outcomes, shop_of, name: str, damage: bytes, says: str, multi_line: bool
) -> None:
    data = b"sku,title,price\na,plain,1\nb,dam" + damage + b"age,2\n"
    found = encoded(outcomes, shop_of, data, name, multi_line)
    assert found["a"] == "plain"
    assert says in found["b"], found


def test_the_gbk_of_windows_has_a_euro_sign(outcomes, shop_of) -> None:
    data = b"sku,title,price\na,\x80" + "5 夜市".encode("gbk") + b",1\nb,\xff,1\n"
    found = encoded(outcomes, shop_of, data, "windows-936", False)
    assert found["a"] == "€5 夜市"
    assert "not windows-936; is it GB18030" in found["b"]


def test_json_may_spell_control_characters(outcomes, shop_of) -> None:
    columns = {"item_id": "id", "title": "t"}
    shop = shop_of(items={"files": "*.jsonl", "format": "jsonl", "columns": columns})
    data = b'{"id": "a", "t": "it\\u0092s"}\n{"id": "b", "t": "\\\\u0092"}\n{"id": "c", "t": "\\u00e9"}\n'
    found = outcomes(shop, {"i.jsonl": data}, "items")["i.jsonl"]
    assert {row.item_id: row.title for row in found.good} == {"b": "\\u0092", "c": "é"}
    assert "C1" in found.details


def test_check_says_what_an_encoding_is_read_as(spark, contracts: Contracts, shop_of, tmp_path: Path) -> None:
    (tmp_path / "i.csv").write_bytes("sku,title,price\na,Wörter,1\n".encode("cp1252"))
    for name, said in (("ISO-8859-1", True), ("windows-1252", False)):
        report = sources.check(spark, shop_of(items=items(encoding=name)), contracts, DAY, tmp_path)
        assert report.ok
        assert any("ISO-8859-1 is read as windows-1252" in note for note in report.notes) is said


@pytest.mark.parametrize(
    ("data", "encoding", "says"),
    [
        ("Größe – 5 €".encode(), "windows-1252", "1 of 2 records are UTF-8 and read as windows-1252"),
        ("夜市".encode(), "GBK", "1 of 2 records are UTF-8 and read as GBK"),
        ("GrÃ¶ÃŸe".encode(), "UTF-8", "1 of 2 records hold letters such as Ã"),
        ("Größe Ã".encode(), "UTF-8", None),
        ("Größe".encode("cp1252"), "windows-1252", None),
        ("夜市".encode("gbk"), "GBK", None),
        ("夜市".encode(), "UTF-8", None),
    ],
)
def test_check_says_what_texts_are_in(
    spark, contracts: Contracts, shop_of, tmp_path: Path, data: bytes, encoding: str, says: str | None
) -> None:
    (tmp_path / "i.csv").write_bytes(b"sku,title,price\na," + data + b",1\nb,plain,2\n")
    report = sources.check(spark, shop_of(items=items(encoding=encoding)), contracts, DAY, tmp_path)
    assert any(says in note for note in report.notes) if says else not report.notes, report.notes


ODD = ["*.png", "a[1].png", "b?.png", "{x}.png", "a b.png", "50%.png", "a%20b.png", "a#b.png", "a+b.png",
       "é.png", "a\nb.png", "q'\".png", "back\\slash.png"]  # fmt: skip


def pictures(files: str | list[str]) -> dict[str, object]:
    # An identifier with a line break in it is a reject, whatever the file is called.
    columns = {"item_id": r"replace(name, '\n', ' ')", "picture": "content"}
    return {"files": files, "format": "binary", "columns": columns}


@pytest.mark.parametrize("more", [[], ["plain.png", "a1.png"]])
def test_a_pattern_is_a_pattern_whatever_files_are_called(outcomes, shop_of, more: list[str]) -> None:
    files = {name: name.encode() for name in [*ODD, *more]}
    found = outcomes(shop_of(pictures=pictures("*.png")), files, "pictures")
    for name, outcome in found.items():
        assert [bytes(row.picture).decode() for row in outcome.good] == [name]
        assert outcome.good[0].item_id == name.removesuffix(".png").replace("\n", " ")


def test_a_file_named_like_its_pattern_is_one_of_the_files(outcomes, shop_of) -> None:
    files = {"a[1].png": b"literal", "a1.png": b"matched", "b1.png": b"other"}
    found = outcomes(shop_of(pictures=pictures(["a[1].png", "b1.png"])), files, "pictures")
    assert {name: len(outcome.good) for name, outcome in found.items()} == dict.fromkeys(files, 1)


def test_a_name_with_a_colon_costs_only_itself(outcomes, shop_of) -> None:
    files = {"a:b.png": b"x", "c.png": b"y", "empty.png": b""}
    found = outcomes(shop_of(pictures=pictures("*.png")), files, "pictures")
    assert found["c.png"].reasons == {"good": 1}
    assert found["a:b.png"].reasons == {"unparseable": 1}
    assert "colon" in found["a:b.png"].details
    assert "empty" in found["empty.png"].details


def test_a_text_file_with_a_colon_is_read(outcomes, shop_of) -> None:
    files = {
        f"{name}.csv": f"sku,title,price\n{name},x,1\n".encode() for name in ("2024-05-01T02:00:00Z", "b")
    }
    found = outcomes(shop_of(items=items()), files, "items")
    assert [[row.item_id for row in outcome.good] for outcome in found.values()] == [
        ["2024-05-01T02:00:00Z"],
        ["b"],
    ]
