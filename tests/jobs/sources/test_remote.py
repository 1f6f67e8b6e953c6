"""Exports on a file system of Hadoop's that is no folder of this machine: read there, and the same rows.

``viewfs`` stands for those that cannot be had here (s3a, hdfs): Java alone knows what its addresses mean.
"""

import gzip
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from nightmarket import sources
from nightmarket.errors import SourceError

DAY = date(2024, 5, 1)
COLUMNS = {"event_id": "id", "event_name": "name", "event_at": "at", "query": "words"}
HEADER = "id,name,at,words\n"
FILES = {
    "plain/a.csv": f"{HEADER}e1,search,2024-05-01 10:00:00,tea\n".encode(),
    "plain/b c+d%20.csv": f"{HEADER}e2,search,2024-05-01 10:00:00,cup\ne3,search,never,x\n".encode(),
    "plain/deep/茶.csv.gz": gzip.compress(f"{HEADER}e4,search,2024-05-01 10:00:00,茶\n".encode()),
    "lines/a.csv": f'{HEADER}e1,search,2024-05-01 10:00:00,"two\nlines"\n'.encode(),
    "lines/b[1].csv.gz": gzip.compress(f'{HEADER}e2,search,2024-05-01 10:00:00,"open\n'.encode()),
    "lines/c.csv.zst": pyarrow.Codec("zstd").compress(
        f'{HEADER}e3,search,2024-05-01 10:00:00,"a\n\nb"\n'.encode(), asbytes=True
    ),
}


@pytest.fixture(scope="module")
def landing(spark, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A folder with the files, and the address under which Java alone finds it."""
    folder = tmp_path_factory.mktemp("far away")
    for name, data in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    table = pyarrow.table({"id": ["e1"], "name": ["search"], "at": ["2024-05-01 10:00:00"], "words": ["w"]})
    for name in ("a", "b"):
        (folder / "parquet").mkdir(exist_ok=True)
        pyarrow.parquet.write_table(table, folder / "parquet" / f"{name}.parquet")
    hadoop = spark._jsc.hadoopConfiguration()
    hadoop.set("fs.viewfs.mounttable.shop.link./exports", folder.as_uri())
    yield folder, "viewfs://shop/exports"
    hadoop.unset("fs.viewfs.mounttable.shop.link./exports")


@pytest.mark.parametrize(
    ("files", "form", "options", "count"),
    [
        ("plain/**/*.csv*", "csv", {}, 4),
        ("lines/*", "csv", {"multiLine": True}, 3),
        ("parquet/*.parquet", "parquet", None, 2),
        ("plain/a.csv", "csv", {}, 1),
    ],
)
def test_the_rows_are_those_of_a_folder(
    spark, contracts, shop_of, landing, files, form, options, count
) -> None:
    entry = {"files": files, "format": form, "columns": COLUMNS}
    shop = shop_of(events=entry if options is None else {**entry, "options": options})
    folder, address = landing
    near, far = (
        sorted(
            tuple(map(str, row))
            for row in sources.read(spark, shop, contracts, "events", DAY, place).collect()
        )
        for place in (folder, address)
    )
    assert len(near) == count
    assert far == near


def test_pictures_too(spark, contracts, shop_of, landing) -> None:
    _, address = landing
    shop = shop_of(
        pictures={
            "files": "plain/*.csv",
            "format": "binary",
            "columns": {"item_id": "name", "picture": "content"},
        }
    )
    found = sources.read(spark, shop, contracts, "pictures", DAY, address).collect()
    assert {row.source_file: bytes(row.picture) for row in found} == {
        name: data for name, data in FILES.items() if name in ("plain/a.csv", "plain/b c+d%20.csv")
    }


def test_what_is_not_there_is_said_by_its_address(spark, contracts, shop_of, landing) -> None:
    _, address = landing
    shop = shop_of(events={"files": "none/{day}.csv", "format": "csv", "columns": COLUMNS})
    with pytest.raises(SourceError, match=r"none/2024-05-01\.csv under viewfs://shop/exports"):
        sources.read(spark, shop, contracts, "events", DAY, address)


def test_a_file_system_that_nobody_knows_is_one_sentence(spark, contracts, shop_of) -> None:
    shop = shop_of(events={"files": "a.csv", "format": "csv", "columns": COLUMNS})
    with pytest.raises(SourceError, match=r"s9://bucket/x cannot be read .*No FileSystem for scheme"):
        sources.read(spark, shop, contracts, "events", DAY, "s9://bucket/x")
