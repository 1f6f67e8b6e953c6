"""What a contract asks of the number of a day's rows, by hand; the audit only counts."""

from dataclasses import replace
from datetime import date

import pytest
from stall import ITEMS, SALES, contract

from nightmarket.contracts import Column, Reason, Rejects
from nightmarket.contracts.checks import Counts, Drop, of_day, unique

EVE = date(2026, 3, 1)
REASONS = (
    Reason("torn", "t", "t"),
    Reason("again", "a", "a", "repeated"),
    Reason("other", "o", "o", "conflicting"),
)
STRICT = replace(
    SALES,
    minimum_rows=2,
    maximum_drop=0.5,
    maximum_reject_rate=0.25,
    maximum_conflict_rate=0.1,
    rejects=Rejects("stall.rejects", 30, REASONS),
)


def said(counts: Counts, of=STRICT) -> list[str]:
    return [text for check in of_day(of) if (text := check.broken(counts))]


@pytest.mark.parametrize(
    ("counts", "texts"),
    [
        (Counts(2, 2), []),
        (Counts(2, 3), ["1 row of another day than the run's"]),
        (Counts(1, 1), ["1 row, fewer than the 2 its contract asks for"]),
        (Counts(4, 4, Drop(4, EVE, 8)), []),
        (
            Counts(4, 4, Drop(4, EVE, 9)),
            ["4 rows, 56% fewer than the 9 of 2026-03-01; its contract allows a drop of 50%"],
        ),
        # Repeats and what nobody listed: only the second is lost.
        (Counts(4, 4, rejected=6, reasons={"again": 6}), []),
        (Counts(6, 6, rejected=2, reasons={"torn": 2}), []),
        (
            Counts(5, 5, rejected=3, reasons={"torn": 1, "odd": 2}),
            ["3 of 8 rows rejected (37.5%), and 25.0% are allowed: 2 odd, 1 torn"],
        ),
        (Counts(9, 9, rejected=1, reasons={"other": 1}), []),
        # Carried rows are in neither number.
        (Counts(5, 5, rows_in=4, carried=2, rejected=1, reasons={"again": 1}), []),
        (
            Counts(5, 5, rows_in=5, carried=2, rejected=1, reasons={"again": 1}),
            ["5 rows came in, 3 would be published, 1 rejected: 1 lost"],
        ),
        (
            Counts(5, 5, rows_in=3, carried=2, rejected=1, reasons={"again": 1}),
            ["3 rows came in, 3 would be published, 1 rejected: 1 too many"],
        ),
    ],
)
def test_what_is_said_of_a_day(counts: Counts, texts: list[str]) -> None:
    assert said(counts) == texts


def test_conflicts_have_a_limit_of_their_own() -> None:
    (text,) = said(Counts(8, 8, rejected=1, reasons={"other": 1}))
    assert text.startswith("1 of 9 rows are conflicting (11.1%): another row has the same id")
    assert text.endswith("10.0% are allowed; look at the ids, and where they are right let the mapping say "
                         "`most_conflicting`")  # fmt: skip


def test_a_contract_without_limits_asks_for_the_runs_day_and_for_every_row() -> None:
    assert [check.explained() for check in of_day(ITEMS)] == ["", ""]
    assert said(Counts(0, 0, rejected=9, reasons={"torn": 9}), ITEMS) == []


def test_rows_are_told_apart_by_the_key_and_by_unique_columns() -> None:
    coded = contract(
        "stall.coded",
        Column("id", "string", "Id.", key=True, unique=True),
        Column("code", "string", "Code.", unique=True),
    )
    key, code = unique(coded)
    assert (key.columns, key.within_day, key.explained()) == (("id", "day"), ("id",), "key")
    assert (code.columns, code.explained()) == (("code",), "unique")
    assert key.broken(1) == "id, the key, is repeated: 1 value"
    assert code.broken(2) == "code, which must be unique, is repeated: 2 values"
