"""Files of a table that are gone or cut: one sentence with table and file, and the other tables go on."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import catalogs
import pytest
from stall import ITEMS, MONDAY, SALES, STALL

from nightmarket import cli, outage
from nightmarket.cli import look
from nightmarket.contracts import ddl
from nightmarket.errors import WarehouseError
from nightmarket.warehouse import Run, Warehouse


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def newest(table: Path) -> list[Path]:
    return [
        max((table / "metadata").glob("v*.metadata.json"), key=lambda path: int(path.name[1:].split(".")[0]))
    ]


def manifests(table: Path) -> list[Path]:
    return list((table / "metadata").glob("*-m*.avro"))


def lists(table: Path) -> list[Path]:
    return list((table / "metadata").glob("snap-*.avro"))


def rows(table: Path) -> list[Path]:
    return list((table / "data").rglob("*.parquet"))


MISSING, DAMAGED = "a file is missing, ", "a file is damaged, "
FAULTS = {
    "metadata cut": (newest, cut, DAMAGED, ".metadata.json"),
    "metadata empty": (newest, empty, DAMAGED, ".metadata.json"),
    "metadata gone": (newest, Path.unlink, "the newest metadata is missing, ", "/metadata"),
    "list cut": (lists, cut, DAMAGED, ".avro"),
    "list gone": (lists, Path.unlink, MISSING, ".avro"),
    "manifest cut": (manifests, cut, DAMAGED, ".avro"),
    "manifest empty": (manifests, empty, DAMAGED, ".avro"),
    "manifest gone": (manifests, Path.unlink, MISSING, ".avro"),
    "rows cut": (rows, cut, DAMAGED, ".parquet"),
    "rows empty": (rows, empty, DAMAGED, ".parquet"),
    "rows gone": (rows, Path.unlink, MISSING, ".parquet"),
}


@pytest.fixture(scope="module")
def whole(spark, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse of two tables, and a copy beside it; metadata name files by their full paths."""
    folder = tmp_path_factory.mktemp("damage") / "ware house"
    with catalogs.current(spark, catalogs.add(spark, "damaged", folder)):
        run = Run(MONDAY, "first", "test", datetime(2026, 3, 5, tzinfo=UTC))
        Warehouse(spark, STALL).publish(ITEMS, spark.createDataFrame([("a", 1.0, MONDAY)], ddl(ITEMS)), run)
        sale = ("s", None, 1, "EUR", None, 0.5, MONDAY)
        Warehouse(spark, STALL).publish(SALES, spark.createDataFrame([sale], ddl(SALES)), run)
    shutil.copytree(folder, folder.parent / "as it was")
    return folder


@pytest.fixture
def table(spark, whole: Path) -> Iterator[Path]:
    """The folder of stall.items, to be damaged; its catalog is the current one meanwhile."""
    shutil.rmtree(whole)
    shutil.copytree(whole.parent / "as it was", whole)
    with catalogs.current(spark, "damaged"):
        yield whole / "stall" / "items"


@pytest.mark.parametrize("fault", FAULTS)
def test_damage_is_one_sentence_with_table_and_file(
    spark, table: Path, monkeypatch: pytest.MonkeyPatch, capsys, fault: str
) -> None:
    found, harm, says, ending = FAULTS[fault]
    for file in found(table):
        harm(file)
    with pytest.raises(Exception) as raised:
        Warehouse(spark, STALL).days("stall.items", MONDAY, MONDAY).collect()
    told = outage.explained(raised.value)
    assert isinstance(told, WarehouseError)
    text = str(told)
    assert text.startswith(f"stall.items: {says}")
    assert ending in text
    assert "\n" not in text
    again = "nightmarket run stall.items --day 2026-03-02" if found is rows else f"move {table} away"
    assert again in text

    summaries = {one.table: one for one in Warehouse(spark, STALL).tables()}
    assert summaries["stall.sales"].newest_day == MONDAY
    monkeypatch.setattr(look, "opened", lambda: Warehouse(spark, STALL))
    status = cli.main(["tables"])
    out, err = capsys.readouterr()
    assert "stall.sales 2026-03-02" in " ".join(out.split())
    if found is rows:
        # Its metadata tell all that is listed.
        assert (status, summaries["stall.items"].rows) == (0, 1)
    else:
        assert (status, summaries["stall.items"].newest_day) == (1, None)
        assert "stall.items damaged" in " ".join(out.split())
        assert err == f"error: {summaries['stall.items'].damage}\n"
        assert says in err


@pytest.mark.parametrize("hint", [None, "x"])
def test_a_lost_hint_costs_nothing(spark, table: Path, hint: str | None) -> None:
    (table / "metadata" / ".version-hint.text.crc").unlink(missing_ok=True)
    if hint is None:
        (table / "metadata" / "version-hint.text").unlink()
    else:
        (table / "metadata" / "version-hint.text").write_text(hint)
    assert Warehouse(spark, STALL).days("stall.items", MONDAY, MONDAY).count() == 1


def test_a_command_tells_damage_and_no_traceback(
    spark, table: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    cut(newest(table)[0])
    monkeypatch.setattr("nightmarket.contracts.load", lambda folder: STALL)
    monkeypatch.setattr("nightmarket.cli.show.opened", lambda: Warehouse(spark, STALL))
    assert cli.main(["show", "stall.items"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(
        f"error: stall.items: a file is damaged, {newest(table)[0]}; restore it from a backup"
    )
    assert err.count("\n") == 1
