"""Cutting CSV with texts over several lines into records, against Python's own reader."""

import csv
import gzip
import io
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nightmarket.errors import SourceError
from nightmarket.sources import recut
from nightmarket.sources.encodings import splits_as_ascii
from nightmarket.sources.files import ExportFile
from nightmarket.sources.mapping import SourceMapping
from nightmarket.sources.recut import LONGEST, records

MAPPING = SourceMapping("reviews", ("a.csv",), "csv", {}, {}, {"multiLine": True}, (), False)


def cut_up(data: bytes, folder: Path, mapping: SourceMapping = MAPPING) -> list[bytes]:
    path = folder / "a.csv"
    path.write_bytes(data)
    file = ExportFile("a.csv", path, "", cut=True)
    return [record.encode("utf-8", "surrogateescape") for record in records(file, mapping)]


text = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.lists(text | st.sampled_from(['"', "\n", '",\n"', "a\r\nb"]), min_size=2, max_size=4), max_size=6
    )
)
def test_well_formed_files_are_cut_as_python_reads_them(tmp_path: Path, rows: list[list[str]]) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    cut = cut_up(out.getvalue().encode(), tmp_path)
    expected = [[cell.replace("\r\n", "\n").replace("\r", "\n") for cell in row] for row in rows]
    assert [next(csv.reader(io.StringIO(r.decode(), newline=""))) for r in cut] == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b'a,"b\nc",d\ne\n', [b'a,"b\nc",d', b"e"]),
        (b'a,"b\nc\nd\n', [b'a,"b', b"c", b"d"]),
        (b'5" a,"b\nc\n', [b'5" a,"b', b"c"]),
        (b'a,"b\nc,"d\ne\n', [b'a,"b', b'c,"d', b"e"]),
        (b'"a"b,"c\nd"\n', [b'"a"b,"c', b'd"']),
        (b"a\r\nb\rc", [b"a", b"b", b"c"]),
        (b"a\0b\n", [b"a\0b"]),
        (b"a\xfeb\n", [b"a\xffb"]),
        (b"", []),
    ],
)
def test_damage_stays_in_its_record(tmp_path: Path, data: bytes, expected: list[bytes]) -> None:
    assert cut_up(data, tmp_path) == expected


def test_an_endless_quote_is_given_up(tmp_path: Path) -> None:
    assert len(cut_up(b'"' + b"x\n" * (LONGEST + 5), tmp_path)) == LONGEST + 5
    assert len(cut_up(b'"' + b"x\n" * (LONGEST - 1) + b'"\n', tmp_path)) == 1


@pytest.mark.parametrize(
    ("encoding", "ascii_lines"),
    [
        ("UTF-8", True),
        ("latin-1", True),
        ("GBK", True),
        ("Shift_JIS", True),
        ("UTF-16", False),
        ("cp500", False),
    ],
)
def test_encodings_that_lines_can_be_cut_in(encoding: str, ascii_lines: bool) -> None:
    assert splits_as_ascii(encoding) == ascii_lines


def mapped(**options: str | bool) -> SourceMapping:
    return replace(MAPPING, options={"multiLine": True, **options})


@pytest.mark.parametrize(
    ("options", "data", "expected"),
    [
        # Another sign between fields, of one letter or more.
        ({"sep": ";"}, b'a;"b\nc";d\ne\n', [b'a;"b\nc";d', b"e"]),
        ({"sep": ";"}, b'a,"b\nc"\n', [b'a,"b', b'c"']),
        ({"sep": "||"}, b'a||"b\nc"||d\n', [b'a||"b\nc"||d']),
        # Another quotation mark, or none.
        ({"quote": "'"}, b"a,'b\nc'\n", [b"a,'b\nc'"]),
        ({"quote": "'"}, b'a,"b\nc"\n', [b'a,"b', b'c"']),
        ({"quote": ""}, b'a,"b\nc"\n', [b'a,"b', b'c"']),
        # A mark inside is written twice, or behind another sign.
        ({}, b'a,"b ""x\n"" c"\n', [b'a,"b ""x\n"" c"']),
        ({"escape": ""}, b'a,"b ""x\n"" c"\n', [b'a,"b ""x\n"" c"']),
        ({"escape": "\\"}, b'a,"b \\"x\n\\" c"\nd\n', [b'a,"b \\"x\n\\" c"', b"d"]),
        ({}, b'a,"b \\"x\n\\" c"\nd\n', [b'a,"b \\"x', b'\\" c"', b"d"]),
        # Files without line breaks in texts are cut at their lines.
        ({"multiLine": False}, b'a,"b\nc"\n\nd', [b'a,"b', b'c"', b"", b"d"]),
    ],
)
def test_the_signs_of_a_file_are_its_mapping_s(
    tmp_path: Path, options: dict[str, str | bool], data: bytes, expected: list[bytes]
) -> None:
    assert cut_up(data, tmp_path, mapped(**options)) == expected


def test_json_is_cut_at_its_lines(tmp_path: Path) -> None:
    assert cut_up(b'{"a": "\n"b"}\n', tmp_path, replace(mapped(), format="jsonl")) == [b'{"a": "', b'"b"}']


def test_lines_given_back_are_read_again_in_their_order(tmp_path: Path) -> None:
    # The mark on the first line is never closed; the second opens a text of its own, which is.
    data = b'a,"b\nc,"d\ne\nf",g\nh,"i\nj"\n'
    assert cut_up(data, tmp_path) == [b'a,"b', b'c,"d\ne\nf",g', b'h,"i\nj"']


@pytest.mark.parametrize(
    ("encoding", "data", "expected"),
    [
        ("windows-936", b"\x80 5,\xba\xec\n", ["€ 5,红".encode()]),
        ("windows-936", b"5\x81\n", [b"5\xff"]),
        ("GBK", b"\x80 5\n", [b"\xff 5"]),
        ("windows-949", b"\x80 5\n", [b"\xff 5"]),
        ("UTF-16", "a,红\nb\n".encode("utf-16"), ["a,红".encode(), b"b"]),
        ("windows-1252", b"caf\xe9\n", ["café".encode()]),
    ],
)
def test_records_are_utf_8_whatever_the_file_is(
    tmp_path: Path, encoding: str, data: bytes, expected: list[bytes]
) -> None:
    assert cut_up(data, tmp_path, mapped(encoding=encoding)) == expected


def test_a_file_that_is_something_else_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"a\.csv: this is not UTF-16; name its true encoding in options"):
        cut_up(b"a,b\n", tmp_path, mapped(encoding="UTF-16"))
    file = ExportFile("day/a.csv", tmp_path / "gone.csv", "", cut=True)
    with pytest.raises(SourceError, match=r"^day/a\.csv: .* has no .*/gone\.csv; the landing zone has to be"):
        list(records(file, MAPPING))
    for content, words in ((gzip.compress(b"a\n" * 99)[:-9], "is cut off"), (b"a\n", "is not gzip")):
        (tmp_path / "a.gz").write_bytes(content)
        with pytest.raises(SourceError, match=words):
            list(records(ExportFile("a.gz", tmp_path / "a.gz", "gz", cut=True), MAPPING))


def test_a_content_at_hand_is_read_instead_of_the_file(tmp_path: Path) -> None:
    file = ExportFile("a.gz", tmp_path / "none", "gz", cut=True)
    assert list(records(file, MAPPING, gzip.compress(b"a\nb"))) == ["a", "b"]


def test_records_are_handed_over_some_megabytes_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recut, "_BATCH", 5)
    texts = ["abc", "de", "f", "g", "hijklm", "n\udcff"]
    assert list(recut._together(iter(texts))) == [[b"abc", b"de", b"f"], [b"g", b"hijklm"], [b"n\xff"]]
    assert list(recut._together(iter(["abcdef"]))) == [[b"abcdef"]]
    assert list(recut._together(iter([]))) == []


def test_a_task_cuts_the_files_of_its_numbers(tmp_path: Path) -> None:
    """By their paths, or from contents that Spark read where Python cannot."""
    files = [ExportFile(name, tmp_path / name, "", cut=True) for name in ("a.csv", "b.csv")]
    for file, content in zip(files, (b"a1\na2\n", b"b1\n"), strict=True):
        file.path.write_bytes(content)

    def cut(**columns: list) -> list[tuple[str, bytes]]:
        batches = recut._cut(files, MAPPING, "file", [pa.RecordBatch.from_pydict(columns)])
        return [(row["file"], row["value"]) for batch in batches for row in batch.to_pylist()]

    assert cut(id=[1, 0]) == [("b.csv", b"b1"), ("a.csv", b"a1"), ("a.csv", b"a2")]
    assert cut(id=[0, 1], content=[b"x", b"y\nz"]) == [("a.csv", b"x"), ("b.csv", b"y"), ("b.csv", b"z")]


def test_how_much_is_handed_over_and_dealt_out() -> None:
    assert (recut._BATCH, recut._TASK) == (4_194_304, 33_554_432)  # 4 and 32 MiB
    assert LONGEST == 1000


def test_a_text_may_be_as_long_as_it_likes(tmp_path: Path) -> None:
    # Python's reader refuses more than 131,072 letters unless it is told otherwise.
    text = b'a,"' + b"x" * 200_000 + b'\n",b'
    assert cut_up(text + b"\nc\n", tmp_path) == [text, b"c"]
    assert csv.field_size_limit() == 2_147_483_647


def test_other_failures_of_encoding_are_not_hidden() -> None:
    with pytest.raises(UnicodeEncodeError):
        "é".encode("ascii", "nightmarket.damaged")
    with pytest.raises(UnicodeEncodeError):
        "é".encode("ascii", "nightmarket.euro")
