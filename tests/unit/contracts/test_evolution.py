"""Which changes of a contract a table may follow by itself."""

from dataclasses import replace

import pytest
from stall import ITEMS

from nightmarket.contracts import Column
from nightmarket.contracts.evolution import changes
from nightmarket.contracts.types import spelled
from nightmarket.errors import ContractError

EXISTING = [("item_id", "string"), ("price", "double"), ("day", "date")]


def grown(*columns: Column):
    return replace(ITEMS, columns=(*ITEMS.columns, *columns))


def test_a_table_that_fits_needs_nothing_whatever_the_order():
    assert changes(ITEMS, EXISTING, ["day"]) == []
    assert changes(ITEMS, EXISTING[::-1]) == []


def test_new_optional_columns_are_added_in_the_contracts_order():
    colour, size = Column("colour", "string", "Colour."), Column("size", "array<int>", "Sizes.")
    assert changes(grown(colour, size), EXISTING, ["day"]) == [colour, size]


def test_every_refused_change_is_named_at_once():
    existing = [("item_id", "string"), ("price", "float"), ("weight", "double"), ("day", "date")]
    with pytest.raises(ContractError) as failure:
        changes(grown(Column("colour", "string", "Colour.", required=True)), existing, ["item_id"])
    assert str(failure.value).splitlines() == [
        "stall.items: the existing table cannot become what contract 1.0.0 says:",
        "  - column 'weight' (double) is gone from the contract; keep it there, or move to a new table",
        "  - column 'price' is float in the table and double in the contract; give the new type a column of "
        "a new name",
        "  - new column 'colour' is required, but the rows already published lack it; make it optional",
        "  - the table is partitioned by item_id and the contract says day; move to a new table",
    ]


def test_a_table_without_partitions_is_not_one_by_day():
    with pytest.raises(ContractError, match="partitioned by nothing and the contract says day"):
        changes(ITEMS, EXISTING, [])


@pytest.mark.parametrize(
    ("contract", "table"),
    [
        ("Decimal(18, 4)", "decimal(18,4)"),
        ("decimal", "decimal(10,0)"),
        ("array< integer >", "array<int>"),
        ("map<string, long>", "map<string,bigint>"),
        ("varchar(20)", "string"),
        ("smallint", "int"),
        ("struct<Long: long, at: TIMESTAMP>", "struct<Long:bigint,at:timestamp>"),
    ],
)
def test_two_spellings_of_one_type_are_the_same(contract, table):
    assert spelled(contract) == spelled(table)


@pytest.mark.parametrize(
    ("contract", "table"),
    [
        ("int", "bigint"),
        ("timestamp", "timestamp_ntz"),
        ("decimal(18,4)", "decimal(18,2)"),
        ("struct<a: int>", "struct<A:int>"),
    ],
)
def test_two_types_are_not_the_same(contract, table):
    assert spelled(contract) != spelled(table)
