"""Files that cannot be read at all: one clear SourceError that names the file, before a row is counted."""

import gzip
import os
import re
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from nightmarket.errors import SourceError

HEADER = b"id,name,at\n"
ROWS = b"".join(b"e%d,purchase,2024-05-01 10:00:00\n" % n for n in range(5000))
PACKED = gzip.compress(HEADER + ROWS)
ZSTD = pyarrow.Codec("zstd").compress(HEADER + ROWS, asbytes=True)
COLUMNS = {"event_id": "id", "event_name": "name", "event_at": "at"}


def csv(files: str, **more: object) -> dict[str, object]:
    return {"files": files, "format": "csv", "columns": COLUMNS, **more}


def parquet(files: str) -> dict[str, object]:
    return {"files": files, "format": "parquet", "columns": COLUMNS}


CASES = {
    "cut gzip": ("a.csv.gz", PACKED[: len(PACKED) // 2], csv("a.csv.gz"), "a.csv.gz: the archive is cut off"),
    "gzip without its last byte": ("a.csv.gz", PACKED[:-1], csv("a.csv.gz"), "cut off"),
    "gzip with a wrong sum": ("a.csv.gz", PACKED[:-8] + b"\0" * 8, csv("a.csv.gz"), "damaged"),
    "gzip with damage inside": (
        "a.csv.gz",
        PACKED[:90] + b"\xff" * 9 + PACKED[99:],
        csv("a.csv.gz"),
        "damaged|cut off",
    ),
    "gzip with junk behind": ("a.csv.gz", PACKED + b"junk", csv("a.csv.gz"), "not gzip all through"),
    "no gzip": ("a.csv.gz", HEADER + ROWS, csv("a.csv.gz"), "not gzip"),
    "empty gzip": ("a.csv.gz", b"", csv("a.csv.gz"), "no .gz archive"),
    "gzip by another name": ("a.csv", PACKED, csv("a.csv"), r"a.csv: this is gzip; let its name end in .gz"),
    "cut zstd": ("a.csv.zst", ZSTD[:-5], csv("a.csv.zst"), "cut off"),
    "no zstd": ("a.csv.zst", HEADER + ROWS, csv("a.csv.zst"), "not Zstandard"),
    "cut gzip of long texts": (
        "a.csv.gz",
        PACKED[:-9],
        csv("a.csv.gz", options={"multiLine": True}),
        "cut off",
    ),
    "zip": ("a.csv", b"PK\x03\x04rest", csv("a.csv"), "zip archive or an Excel workbook"),
    "archive by name": ("a.csv.bz2", b"BZh9", csv("a.csv.bz2"), "unpack"),
    "wrong separator": (
        "a.csv",
        b"id;name;at\ne1;purchase;2024-05-01\n",
        csv("a.csv"),
        "no column 'id' in a.csv; the header has only 'id;name;at'. Is the option sep right, and",
    ),
    "no header": ("a.csv", ROWS, csv("a.csv"), "no column 'id' in a.csv"),
    "misspelt header": (
        "a.csv",
        b"id,nmae,at\n",
        csv("a.csv"),
        "no column 'name' in a.csv; did you mean 'nmae'",
    ),
    "twice in the header": ("a.csv", b"id,name,at,ID\n", csv("a.csv"), "has the column 'id' 2 times"),
    "web page": ("a.csv", b"<html>\n<body>503</body>\n", csv("a.csv"), "no column 'id'"),
    "UTF-16": ("a.csv", (HEADER + ROWS).decode().encode("utf-16"), csv("a.csv"), "name the file's encoding"),
    "UTF-16 without a mark": (
        "a.csv",
        (HEADER + ROWS).decode().encode("utf-16-le"),
        csv("a.csv"),
        "name the file's encoding",
    ),
    "first line of 2 MB": ("a.csv", b"x" * (2 << 20), csv("a.csv"), "longer than 1 MiB"),
    "header of 30,000 columns": ("a.csv", b"," * 30_000, csv("a.csv"), "30001 columns"),
    "not there": ("b.csv", HEADER, csv("a.csv"), "no file of events for 2024-05-01"),
    "other day": ("2024-05-02.csv", HEADER, csv("{day}.csv"), "looked for 2024-05-01.csv"),
    "hidden name": ("_a.csv", HEADER, csv("_a.csv"), "rename it"),
    "no parquet": ("a.parquet", HEADER + ROWS, parquet("a.parquet"), "no whole Parquet file"),
    "empty parquet": ("a.parquet", b"", parquet("a.parquet"), "no whole Parquet file"),
    "parquet as csv": ("a.csv", b"PAR1....", csv("a.csv"), "this is Parquet"),
}


@pytest.mark.parametrize("name", CASES)
def test_one_clear_error(shop_of, frame_of, tmp_path: Path, name: str) -> None:
    file, data, mapping, says = CASES[name]
    with pytest.raises(SourceError) as raised:
        frame_of(shop_of(events=mapping), {file: data}, tmp_path).count()
    assert re.search(says.replace(".", "[.]") if "|" not in says else says, str(raised.value)) or says in str(
        raised.value
    )
    assert "Traceback" not in str(raised.value)


def test_folder_where_a_file_is_expected(shop_of, frame_of, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"a.csv: this is a folder, not a file; write a.csv/"):
        frame_of(shop_of(events=csv("a.csv")), {"a.csv/part-0.csv": HEADER}, tmp_path)


def test_pipe_where_a_file_is_expected(shop_of, frame_of, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.csv")
    with pytest.raises(SourceError, match="not a plain file"):
        frame_of(shop_of(events=csv("a.csv")), {}, tmp_path)


def test_cut_parquet(shop_of, frame_of, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"id": ["e1"], "name": ["purchase"]}), path)
    with pytest.raises(SourceError, match="no whole Parquet file"):
        frame_of(shop_of(events=parquet("a.parquet")), {"a.parquet": path.read_bytes()[:-10]}, tmp_path)


def test_all_damaged_files_are_named_at_once(shop_of, frame_of, tmp_path: Path) -> None:
    with pytest.raises(SourceError) as raised:
        frame_of(shop_of(events=csv("*.gz")), {"a.gz": PACKED[:50], "b.gz": PACKED, "c.gz": b"x"}, tmp_path)
    assert [line.split(":")[0] for line in str(raised.value).splitlines()] == ["a.gz", "c.gz"]


def test_zeros_behind_an_archive_are_nothing(shop_of, frame_of, tmp_path: Path) -> None:
    frame = frame_of(
        shop_of(events=csv("a.csv.gz")), {"a.csv.gz": gzip.compress(HEADER + ROWS) + bytes(512)}, tmp_path
    )
    assert [row.reject_reason for row in frame.collect()] == [None] * len(ROWS.splitlines())


def test_optional_source_without_files_is_an_empty_day(shop_of, frame_of, tmp_path: Path) -> None:
    frame = frame_of(shop_of(events=csv("a.csv", optional=True)), {}, tmp_path)
    assert frame.count() == 0
    assert frame.columns[-4:] == ["raw", "source_file", "reject_reason", "reject_detail"]
