"""A small shop for tests of the warehouse: three contracts, one of them with every kind of rule."""

from dataclasses import replace
from datetime import date
from pathlib import Path

from nightmarket.contracts import Column, Contract, Contracts, Reference, Rejects
from nightmarket.contracts.reasons import GENERAL
from nightmarket.contracts.rejects import contract_of
from nightmarket.contracts.rules import Form, Listed, Within

MONDAY, TUESDAY, WEDNESDAY = date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 4)


def contract(name: str, *columns: Column, **limits: object) -> Contract:
    day = Column("day", "date", "Day of the export.", required=True, key=True, partition=True)
    known = Contract(
        table=name,
        title=name,
        purpose="It's for tests.",
        version="1.0.0",
        owner="tests",
        columns=(*columns, day),
        determinism="exact",
        distribution="hash",
        retention_days=None,
        minimum_rows=0,
        path=Path(f"{name}.yaml"),
    )
    return replace(known, **limits)  # type: ignore[arg-type]


MAIL = Form("[^@]+@[^@]+")
ITEMS = contract(
    "stall.items",
    Column("item_id", "string", "The item's own name.", required=True, key=True),
    Column("price", "double", "What it costs.", rules=(Within(0),)),
)
SALES = contract(
    "stall.sales",
    Column("sale_id", "string", "The sale.", required=True, key=True),
    Column("item_id", "string", "What was sold.", reference=Reference("stall.items", "item_id")),
    Column("pieces", "bigint", "How many.", required=True, rules=(Within(1, 99),)),
    Column("currency", "string", "ISO 4217.", rules=(Listed(("EUR", "CNY")),)),
    Column("buyer", "string", "Their mail address.", classification="personal", rules=(MAIL,)),
    Column("weight", "double", "Share of the day.", required=True),
    maximum_drop=0.5,
    maximum_reject_rate=0.5,
    rejects=Rejects(
        "stall.rejects", 30, tuple(GENERAL[n] for n in ("bad_value", "duplicate", "conflicting"))
    ),
)
assert SALES.rejects
REJECTS = contract_of(SALES, SALES.rejects)

STALL = Contracts(tables={c.table: c for c in (ITEMS, SALES, REJECTS)}, sources={})
