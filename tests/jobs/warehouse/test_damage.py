"""Files of a table that are gone or cut: one sentence with table and file, and the other tables go on."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from stall import ITEMS, MONDAY, SALES, STALL

from nightmarket import cli, outage
from nightmarket.cli import look
from nightmarket.contracts import Contracts
from nightmarket.errors import WarehouseError
from nightmarket.warehouse import Warehouse


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
    """A warehouse of two tables, to be copied and damaged."""
    from datetime import UTC, datetime

    import catalogs

    from nightmarket.contracts import ddl
    from nightmarket.warehouse import Run

    folder = tmp_path_factory.mktemp("whole")
    with catalogs.current(spark, catalogs.add(spark, "whole", folder)):
        run = Run(MONDAY, "first", "test", datetime(2026, 3, 5, tzinfo=UTC))
        Warehouse(spark, STALL).publish(ITEMS, spark.createDataFrame([("a", 1.0, MONDAY)], ddl(ITEMS)), run)
        sale = ("s", None, 1, "EUR", None, 0.5, MONDAY)
        Warehouse(spark, STALL).publish(SALES, spark.createDataFrame([sale], ddl(SALES)), run)
    return folder


@pytest.mark.parametrize("fault", FAULTS)
def test_damage_is_one_sentence_with_table_and_file(
    spark, catalog: str, whole: Path, tmp_path: Path, open_warehouse: Callable[..., Warehouse],
    monkeypatch: pytest.MonkeyPatch, capsys, fault: str,
) -> None:  # fmt: skip
    found, harm, says, ending = FAULTS[fault]
    for part in ("items", "sales"):
        shutil.copytree(whole / "stall" / part, tmp_path / "ware house" / "stall" / part)
    table = tmp_path / "ware house" / "stall" / "items"
    for file in found(table):
        harm(file)
    with pytest.raises(Exception) as raised:
        open_warehouse().days("stall.items", MONDAY, MONDAY).collect()
    told = outage.explained(raised.value)
    assert isinstance(told, WarehouseError)
    text = str(told)
    assert text.startswith(f"stall.items: {says}")
    assert ending in text
    assert "\n" not in text
    again = "nightmarket run stall.items --day 2026-03-02" if found is rows else f"move {table} away"
    assert again in text

    summaries = {one.table: one for one in open_warehouse().tables()}
    assert summaries["stall.sales"].newest_day == MONDAY
    monkeypatch.setattr(look, "opened", open_warehouse)
    status = cli.main(["tables"])
    out, err = capsys.readouterr()
    assert "stall.sales  2026-03-02" in " ".join(out.split()).replace("stall.sales ", "stall.sales  ")
    if found is rows:
        # Its metadata tell all that is listed.
        assert (status, summaries["stall.items"].rows) == (0, 1)
    else:
        assert (status, summaries["stall.items"].newest_day) == (1, None)
        assert "stall.items damaged" in " ".join(out.split())
        assert err == f"error: {summaries['stall.items'].damage}\n"
        assert says in err


@pytest.mark.parametrize("hint", [None, "x", "999"])
def test_a_lost_hint_costs_nothing(
    catalog: str, whole: Path, tmp_path: Path, open_warehouse: Callable[..., Warehouse], hint: str | None
) -> None:
    table = tmp_path / "ware house" / "stall" / "items"
    shutil.copytree(whole / "stall" / "items", table)
    (table / "metadata" / ".version-hint.text.crc").unlink(missing_ok=True)
    if hint is None:
        (table / "metadata" / "version-hint.text").unlink()
    else:
        (table / "metadata" / "version-hint.text").write_text(hint)
    assert open_warehouse().days("stall.items", MONDAY, MONDAY).count() == 1


def test_a_command_tells_damage_and_no_traceback(
    spark,
    catalog: str,
    whole: Path,
    tmp_path: Path,
    contracts: Contracts,
    monkeypatch: pytest.MonkeyPatch,
    capsys,
) -> None:
    table = tmp_path / "ware house" / "catalogue" / "items"
    shutil.copytree(whole / "stall" / "items", table)
    cut(newest(table)[0])
    monkeypatch.setattr("nightmarket.cli.show.opened", lambda: Warehouse(spark, contracts))
    assert cli.main(["show", "catalogue.items"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(
        f"error: catalogue.items: a file is damaged, {newest(table)[0]}; restore it from a backup"
    )
    assert err.count("\n") == 1
