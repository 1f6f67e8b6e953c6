"""Cutting CSV with texts over several lines into records, against Python's own reader."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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
