"""Binary files: each is one record, kept or rejected, and none of its bytes is ever shown."""

import base64
import gzip
import re
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest
from drawings import drawn_shape

from nightmarket import sources
from nightmarket.errors import SourceError
from nightmarket.sources import pseudonyms, records

DAY = date(2024, 5, 1)
PICTURE = drawn_shape("disc", "red")
SECRET = b"\x89PNG secret words inside"


def pictures(files: object = "pictures/*.png", **columns: str) -> dict[str, object]:
    return {
        "files": files,
        "format": "binary",
        "columns": {"item_id": "name", "picture": "content"} | columns,
    }


def test_each_file_is_a_record(shop_of, frame_of, tmp_path: Path) -> None:
    files = {
        "pictures/a.png": PICTURE,
        "pictures/b c+d%20.tar.png": b"anything",
        "pictures/龙井.png": b"tea",
        "pictures/.hidden.png": b"x",
        "pictures/_SUCCESS.png": b"x",
        "pictures/other.txt": b"x",
    }
    shop = shop_of(pictures=pictures(item_id="concat(name, '|', path, '|', _file, '|', _day)"))
    found = {row.source_file: row for row in frame_of(shop, files, tmp_path, "pictures").collect()}
    assert set(found) == {"pictures/a.png", "pictures/b c+d%20.tar.png", "pictures/龙井.png"}
    assert {row.reject_reason for row in found.values()} == {None}
    for file, row in found.items():
        assert bytes(row.picture) == files[file]
        name = file.removeprefix("pictures/").removesuffix(".png")
        assert row.item_id == f"{name}|{file}|{file}|{DAY}"
        assert row.raw == f"{file} ({len(files[file]):,} bytes)"


def test_texts_that_parquet_does_not_call_texts_are_read_as_such(shop_of, frame_of, tmp_path: Path) -> None:
    path = tmp_path / "items.parquet"
    table = pa.table(
        {"id": [b"1", b"2"], "title": ["龙井".encode(), b"\x89PNG\xff"], "price": [b"1.50", b"2"]}
    )
    pa.parquet.write_table(table, path)
    columns = {"item_id": "id", "title": "title", "price": "price"}
    shop = shop_of(items={"files": "items.parquet", "format": "parquet", "columns": columns})
    files = {"items.parquet": path.read_bytes()}
    found = {row.item_id: row for row in frame_of(shop, files, tmp_path, "items").collect()}
    assert (found["1"].title, str(found["1"].price), found["1"].reject_reason) == ("龙井", "1.5000", None)
    assert found["2"].title is None
    assert found["2"].reject_reason is not None


def test_one_picture_in_a_folder_of_its_own(shop_of, frame_of, tmp_path: Path) -> None:
    shop = shop_of(pictures=pictures("a.png"))
    (row,) = frame_of(shop, {"a.png": PICTURE}, tmp_path, "pictures").collect()
    assert (row.item_id, bytes(row.picture), row.source_file) == ("a", PICTURE, "a.png")


def test_folders_of_items_are_found_by_patterns(shop_of, frame_of, tmp_path: Path) -> None:
    files = {"i1/front.jpg": b"1", "i1/back.jpg": b"2", "deep/i2/front.jpg": b"3"}
    shop = shop_of(pictures=pictures("**/*.jpg", item_id="element_at(split(path, '/'), -2)"))
    rows = frame_of(shop, files, tmp_path, "pictures").collect()
    assert sorted((row.item_id, bytes(row.picture)) for row in rows) == [
        ("i1", b"1"),
        ("i1", b"2"),
        ("i2", b"3"),
    ]


def test_faulty_files_cost_themselves_only(shop_of, outcomes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "LONGEST_RECORD", 1000)
    monkeypatch.setattr("nightmarket.sources.grouping.LONGEST_RECORD", 1000)
    files = {"a.png": b"good", "b.png": b"", "c.png": b"x" * 1001, "d.png": b"x" * 1000, "x.png": b"good"}
    shop = shop_of(pictures=pictures("*.png", item_id="if(name = 'x', null, name)"))
    found = outcomes(shop, files, "pictures")
    assert {file: dict(outcome.reasons) for file, outcome in found.items()} == {
        "a.png": {"good": 1},
        "b.png": {"unparseable": 1},
        "c.png": {"unparseable": 1},
        "d.png": {"good": 1},
        "x.png": {"missing_required": 1},
    }
    assert found["b.png"].details == "the file is empty"
    assert found["c.png"].details == "1,001 bytes; at most 1000 can be read"
    assert found["x.png"].details == "item_id is missing"


@pytest.mark.parametrize(
    ("files", "given", "says"),
    [
        ("pictures", {"pictures/a.png": b"x"}, r"pictures: this is a folder, not a file; write pictures/\*"),
        ("*.zip", {"all.zip": b"PK\x03\x04"}, r"all.zip: binary files are read as they are.* unpack this"),
        ("*.gz", {"a.png.gz": gzip.compress(b"x")}, r"a.png.gz: binary files are read as they are"),
        ("*.png", {}, r"no file of pictures for 2024-05-01: looked for \*\.png"),
    ],
)  # fmt: skip
def test_what_is_no_file_of_its_own_is_said_before(
    shop_of, frame_of, tmp_path: Path, files: str, given: dict, says: str
) -> None:
    with pytest.raises(SourceError, match=says):
        frame_of(shop_of(pictures=pictures(files)), given, tmp_path, "pictures")


def test_an_optional_day_without_pictures_is_empty(shop_of, frame_of, tmp_path: Path) -> None:
    frame = frame_of(shop_of(pictures=pictures() | {"optional": True}), {}, tmp_path, "pictures")
    assert frame.count() == 0
    assert dict(frame.dtypes)["picture"] == "binary"


def test_every_problem_of_the_mapping_at_once(spark, contracts, shop_of, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PICTURE)
    shop = shop_of(pictures=pictures("*.png", item_id="nmae", picture="upper(content", image="name"))
    text = "\n".join(sources.check(spark, shop, contracts, DAY, tmp_path).problems)
    assert "pictures.item_id: no column 'nmae' in a.png; did you mean 'name'?" in text
    assert "pictures.picture: " in text
    assert "pictures.image: no such column in the contract" in text


@pytest.mark.parametrize("changes", [{"header": ["a"]}, {"options": {"sep": ";"}}, {"format": "picture"}])
def test_keys_of_other_formats_are_refused(shop_of, changes: dict) -> None:
    with pytest.raises(SourceError, match=r"is for csv|has no option 'sep'|must be one of csv, "):
        shop_of(pictures=pictures() | changes)


def test_no_byte_of_a_picture_is_shown(spark, contracts, shop_of, frame_of, tmp_path: Path) -> None:
    """Wherever bytes could come out: raw, details, samples; and however they could be spelled."""
    for column, expression in (
        ("item_id", "content"),
        ("picture", "cast(content as string)"),
        ("picture", "try_to_binary(concat(cast(content as string), '%'), 'hex')"),
        ("item_id", "if(length(content) > 3, date_format(to_date(cast(content as string)), 'y'), 'x')"),
    ):
        landing = tmp_path / re.sub(r"\W", "", expression)
        shop = shop_of(pictures=pictures("*.png", **{column: expression}))
        rows = frame_of(shop, {"a.png": SECRET}, landing, "pictures").collect()
        (row,) = rows
        assert row.reject_reason in {"bad_value", "missing_required"}, expression
        report = sources.check(spark, shop, contracts, DAY, landing)
        shown = f"{report.in_words()} {report} {row.raw} {row.reject_detail} {row.item_id}"
        for spelled in ("secret", base64.b64encode(SECRET).decode()[4:20], SECRET.hex()[10:30], "PNG"):
            assert spelled not in shown, (expression, shown)


def test_bytes_among_other_values_are_refused_unseen(
    spark, contracts, shop_of, frame_of, tmp_path: Path
) -> None:
    shop = shop_of(pictures=pictures("*.png", picture="struct(content)"))
    with pytest.raises(
        SourceError, match="it gives struct<content:binary> and the column is binary"
    ) as raised:
        frame_of(shop, {"a.png": SECRET}, tmp_path, "pictures")
    report = sources.check(spark, shop, contracts, DAY, tmp_path)
    assert not report.ok
    for spelled in ("secret", base64.b64encode(SECRET).decode()[4:20], SECRET.hex()[10:30], "PNG"):
        assert spelled not in f"{report.in_words()} {report} {raised.value}"


def test_samples_and_pseudonyms_go_on_working(spark, contracts, shop_of, frame_of, tmp_path: Path) -> None:
    files = {"a.png": PICTURE, "b.png": b""}
    shop = shop_of(pictures=pictures("*.png"))
    frame = frame_of(shop, files, tmp_path, "pictures")
    report = sources.check(spark, shop, contracts, DAY, tmp_path)
    assert report.ok
    assert (report.sources["pictures"].sampled, report.sources["pictures"].rejected) == (
        2,
        {"unparseable": 1},
    )
    kept = pseudonyms.pseudonymised(
        spark, frame, contracts.sources["pictures"], shop.sources["pictures"].columns, b"k" * 20
    )
    assert kept.columns == frame.columns
    good, bad = kept.orderBy("source_file").collect()
    assert good == frame.where("source_file = 'a.png'").first()
    # As of any export whose records cannot be parsed: who may be in them is not known.
    assert bad.raw.startswith("withheld: 15 bytes")
    assert bad.source_file == "b.png"


def test_pictures_inside_parquet_are_not_shown_either(shop_of, frame_of, tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    pyarrow.parquet.write_table(pa.table({"id": ["a", None], "image": [PICTURE, SECRET]}), path)
    mapping = {"files": "p.parquet", "format": "parquet", "columns": {"item_id": "id", "picture": "image"}}
    rows = frame_of(shop_of(pictures=mapping), {}, tmp_path, "pictures").collect()
    bad, good = sorted(rows, key=lambda row: row.item_id or "")
    assert bytes(good.picture) == PICTURE
    assert good.raw == f'{{"id":"a","image":"{len(PICTURE):,} bytes"}}'
    assert (bad.reject_reason, bad.raw) == ("missing_required", f'{{"image":"{len(SECRET)} bytes"}}')
