"""``nightmarket show`` on a terminal too narrow for the table: one value a line instead of slivers."""

import sys
from datetime import date

import pytest
from rich.console import Console

from nightmarket.cli import show, terminal
from nightmarket.contracts import Contracts

DAY = date(2026, 11, 1)
COLUMNS = ["item_id", "title", "price"]
ROWS = [["i1", "Gooseneck kettle, matte black, 0.9 l", None], ["i2", "宜兴紫砂壶 250毫升 手工", None]]


@pytest.fixture
def width(monkeypatch):
    def narrow(columns: int) -> None:
        monkeypatch.setattr(
            terminal,
            "console",
            lambda: Console(file=sys.stdout, width=columns, highlight=False, markup=False),
        )

    return narrow


def test_rows_stand_side_by_side_where_they_fit(width, contracts: Contracts, capsys):
    width(80)
    show._print(contracts.tables["catalogue.items"], COLUMNS, ROWS, DAY, DAY)
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].split() == COLUMNS
    assert len(lines) == 6


def test_and_below_one_another_where_they_do_not(width, contracts: Contracts, capsys):
    width(50)
    show._print(contracts.tables["catalogue.items"], COLUMNS, ROWS, DAY, DAY)
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines[2:6] == [
        "── 1 ──",
        "item_id  i1",
        "  title  Gooseneck kettle, matte black, 0.9 l",
        "  price  –",
    ]
    assert lines[8] == "  title  宜兴紫砂壶 250毫升 手工"


def test_a_long_text_has_more_room_on_a_line_of_its_own(width, contracts: Contracts, capsys):
    width(50)
    show._print(contracts.tables["catalogue.items"], ["title", "text"], [["t", "word " * 30]], DAY, DAY)
    assert "…" not in capsys.readouterr().out
