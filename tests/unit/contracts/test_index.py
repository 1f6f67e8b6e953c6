"""The index says of each contract what it says, in its order."""

from dataclasses import replace

import pytest
from stall import ITEMS, REJECTS, SALES, contract

from nightmarket.contracts import Column, Contracts, Reference
from nightmarket.contracts.index import markdown
from nightmarket.contracts.rules import Form, Listed, Within

EXPORT = replace(ITEMS, table="source.items", title="Items export", purpose="What a shop sells.")
ORDERS = contract(
    "stall.orders",
    Column("code", "string", "A code.", rules=(Form("a|b"),), unique=True),
    title="Orders",
    determinism="tolerance",
    retention_days=30,
    minimum_rows=2,
    maximum_conflict_rate=0.125,
)


def test_a_small_index_line_by_line() -> None:
    contracts = Contracts(tables={"stall.sales": SALES, "stall.orders": ORDERS}, sources={"items": EXPORT})
    assert markdown(contracts) == (
        """\
# Tables and exports

Generated from the contracts in this folder; rebuild it with
`NIGHTMARKET_GOLDEN=write ./infra/test tests/contracts`.

| table | what it is for | key | rerun gives | kept |
|---|---|---|---|---|
| [stall.sales](#stallsales) | It's for tests. | sale_id, day | the same bits | for ever |
| [stall.orders](#stallorders) | It's for tests. | day | the same within rounding | 30 days |

`nightmarket upkeep` deletes what is older; the weekly DAG runs it.

What a shop hands over:

| export | what it is |
|---|---|
| [source.items](#sourceitems) | What a shop sells. |

## Why a row is rejected

Reasons that a row of any export can have, the first of those that hold; a table may give others.

| reason | what it says | 原因 |
|---|---|---|
| unparseable | the line could not be read | 无法解析 |
| bad_value | a value of the wrong kind | 格式错误 |
| missing_required | something required was empty | 缺少必填项 |
| not_listed | a value that is on no list | 不在允许列表 |
| out_of_range | a number that cannot be, as a negative price | 数值超出范围 |
| wrong_form | a text of the wrong form | 格式不符 |

## stall.sales

**stall.sales.** It's for tests.
Version 1.0.0, owned by the tests.

A day is published only with at most 50% fewer rows than the day before; at most 50% of the rows rejected.

Rows it cannot use are kept for 30 days in [stall.rejects](#stallrejects), each
with a reason: one of [those of every export](#why-a-row-is-rejected), or

| reason | what it says | 原因 |
|---|---|---|
| duplicate | the same row came twice | 重复 |
| conflicting | another row has the same id and says otherwise | 同号不同内容 |

| column | type | what it says | rules |
|---|---|---|---|
| sale_id | string | The sale. | key; required |
| item_id | string | What was sold. | found in stall.items |
| pieces | bigint | How many. | required; 1 to 99 |
| currency | string | ISO 4217. | one of `EUR`, `CNY` |
| buyer | string | Their mail address. | matches `[^@]+@[^@]+`; personal |
| weight | double | Share of the day. | required |
| day | date | Day of the export. | key; required |

## stall.orders

**Orders.** It's for tests.
Version 1.0.0, owned by the tests.

A day is published only with at least 2 rows; at most 12% of the rows conflicting with another of their id.

| column | type | what it says | rules |
|---|---|---|---|
| code | string | A code. | unique; matches `a\\|b` |
| day | date | Day of the export. | key; required |

## source.items

**Items export.** What a shop sells.
Version 1.0.0, owned by the tests.

| column | type | what it says | rules |
|---|---|---|---|
| item_id | string | The item's own name. | key; required |
| price | double | What it costs. | at least 0 |
| day | date | Day of the export. | key; required |
"""
    )


def section(**changes: object) -> str:
    changed = replace(REJECTS, **changes)  # type: ignore[arg-type]
    return markdown(Contracts(tables={changed.table: changed}, sources={})).partition("## stall.rejects\n")[2]


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        ({"minimum_rows": 1}, "A day is published only with at least 1 row."),
        ({"minimum_rows": 3}, "A day is published only with at least 3 rows."),
        ({"maximum_drop": 0.0}, "A day is published only with at most 0% fewer rows than the day before."),
        (
            {"maximum_drop": 0.25, "drop_counts": "is_active"},
            "A day is published only with at most 25% fewer is_active rows than the day before.",
        ),
        ({"maximum_reject_rate": 0.0}, "A day is published only with at most 0% of the rows rejected."),
        (
            {"maximum_conflict_rate": 0.0},
            "A day is published only with at most 0% of the rows conflicting with another of their id.",
        ),
    ],
)
def test_a_limit_of_its_own(limits: dict[str, object], says: str) -> None:
    assert section(**limits).splitlines()[4] == says


def test_a_table_without_limits_asks_for_no_row() -> None:
    assert "A day is published" not in section()


@pytest.mark.parametrize(
    ("column", "rules"),
    [
        (Column("c", "int", "C."), ""),
        (Column("c", "int", "C.", rules=(Within(0, 0),)), "0 to 0"),
        (Column("c", "int", "C.", rules=(Within(maximum=0),)), "at most 0"),
        (Column("c", "int", "C.", classification="public"), "public"),
        (
            Column("c", "int", "C.", rules=(Listed(("1",)),), reference=Reference("a.b", "x")),
            "one of `1`; found in a.b",
        ),
    ],
)
def test_a_rule_of_its_own(column: Column, rules: str) -> None:
    assert section(columns=(column,)).splitlines()[-1] == f"| c | int | C. | {rules} |"


def test_a_table_without_a_key_says_none_and_fresh_measurements_say_so() -> None:
    bare = replace(REJECTS, columns=REJECTS.columns[:-1], determinism="sampled")
    index = markdown(Contracts(tables={bare.table: bare}, sources={}))
    assert (
        "| [stall.rejects](#stallrejects) | Every row that stall.sales could not use, with the reason and "
        "the row as it came. | none | fresh measurements | 30 days |" in index
    )
