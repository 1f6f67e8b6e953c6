"""The audit: each rule finds what breaks it, and says so in the reader's words."""

from dataclasses import replace
from decimal import Decimal
from hashlib import sha256

import pytest
from pyspark.sql import functions as F
from stall import ITEMS, MONDAY, SALES, TUESDAY, contract

from nightmarket.contracts import Column
from nightmarket.contracts.rules import Form, Listed, Within
from nightmarket.errors import AuditError

NAN = float("nan")


@pytest.fixture
def refusal(open_warehouse, run):
    """The lines of the audit's refusal of rows, one per broken rule."""

    def refused(known, frame, day=MONDAY):
        with pytest.raises(AuditError) as failure:
            open_warehouse().publish(known, frame, run(day))
        return [line.strip() for line in str(failure.value).splitlines() if line.startswith("  - ")]

    return refused


@pytest.fixture
def sales(rows_of):
    """Sound sales, each cell of which a test may spoil."""

    def made(count=4, on=MONDAY, **spoiled):
        lines = "\n".join(f"| s{n} | {n} | EUR | a{n}@x | 0.5 | {on} |" for n in range(1, count + 1))
        frame = rows_of(SALES, f"| sale_id | pieces | currency | buyer | weight | day |\n{lines}")
        for column, sql in spoiled.items():
            frame = frame.withColumn(column, F.expr(sql).cast(frame.schema[column].dataType))
        return frame

    return made


BROKEN = {
    "a required value is missing": (
        "pieces",
        "if(sale_id = 's2', null, pieces)",
        "pieces is required, but missing in 1 row; e.g. sale_id=s2, pieces=null",
    ),
    "a required number is NaN": (
        "weight",
        "if(sale_id = 's2', double('NaN'), weight)",
        "weight is required, but missing or NaN in 1 row; e.g. sale_id=s2, weight=nan",
    ),
    "below its range": (
        "pieces",
        "pieces - 1",
        "pieces is outside 1..99 in 1 row; e.g. sale_id=s1, pieces=0",
    ),
    "above its range": (
        "pieces",
        "pieces + 96",
        "pieces is outside 1..99 in 1 row; e.g. sale_id=s4, pieces=100",
    ),
    "not on the list": (
        "currency",
        "if(sale_id < 's3', 'eur', 'EUR')",
        "currency is none of EUR, CNY in 2 rows; e.g. sale_id=s1, currency=eur | sale_id=s2, currency=eur",
    ),
    "not the only one of its key": (
        "sale_id",
        "'s1'",
        "sale_id, the key, is repeated: 1 value in 4 rows; e.g. sale_id=s1",
    ),
    "another day's": (
        "day",
        "if(sale_id = 's1', date'2026-03-03', day)",
        "1 row of another day than the run's",
    ),
}


@pytest.mark.parametrize(("column", "sql", "said"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_rule_is_named_with_count_and_keys(refusal, sales, column, sql, said):
    assert refusal(SALES, sales(**{column: sql})) == [f"- stall.sales, 2026-03-02: {said}"]


def test_a_pattern_must_match_the_whole_value_and_people_are_not_named(refusal, sales):
    (line,) = refusal(SALES, sales(buyer="if(sale_id = 's1', 'x, ann@shop@x', buyer)"))
    hashed = sha256(b"x, ann@shop@x").hexdigest()[:12]
    said = f"buyer is not of the form [^@]+@[^@]+ in 1 row; e.g. sale_id=s1, buyer=sha256:{hashed}"
    assert line == f"- stall.sales, 2026-03-02: {said}"


@pytest.mark.parametrize(
    ("classification", "shown"),
    [("personal", False), ("pseudonymous", False), ("internal", True), ("public", True)],
)
def test_no_value_that_leads_to_a_person_is_shown_as_key_or_as_value(refusal, spark, classification, shown):
    who = Column("who", "string", "Who.", required=True, key=True, classification=classification)
    known = contract("stall.people", who, Column("age", "int", "Age.", rules=(Within(0),)))
    frame = spark.createDataFrame(
        [("ann-7", -1, MONDAY), ("bob", 3, MONDAY)], "who string, age int, day date"
    )
    value = "ann-7" if shown else "sha256:" + sha256(b"ann-7").hexdigest()[:12]
    assert refusal(known, frame) == [
        f"- stall.people, 2026-03-02: age is below 0 in 1 row; e.g. who={value}, age=-1"
    ]
    twice = spark.createDataFrame([("ann-7", 1, MONDAY)] * 2, "who string, age int, day date")
    assert refusal(known, twice)[0].endswith(f"is repeated: 1 value in 2 rows; e.g. who={value}")


def test_nan_breaks_one_rule_only(refusal, spark):
    share = Column("share", "double", "Share.", required=True, rules=(Within(0, 1),))
    known = contract("stall.shares", Column("id", "string", "Id.", required=True, key=True), share)
    given = [("a", NAN, MONDAY), ("b", 0.0, MONDAY), ("c", 1.0, MONDAY)]
    assert refusal(known, spark.createDataFrame(given, "id string, share double, day date")) == [
        "- stall.shares, 2026-03-02: share is required, but missing or NaN in 1 row; e.g. id=a, share=nan"
    ]


def test_a_long_value_is_cut(refusal, spark):
    known = contract(
        "stall.codes", Column("code", "string", "Code.", required=True, key=True, rules=(Form("a*"),))
    )
    given = [("b" * 40, MONDAY), ("c" * 41, MONDAY)]
    (line,) = refusal(known, spark.createDataFrame(given, "code string, day date"))
    assert line.endswith(f"e.g. code={'b' * 40} | code={'c' * 37}...")


def test_a_trailing_line_break_does_not_slip_past_a_pattern(refusal, rows_of, spark):
    known = contract(
        "stall.codes", Column("code", "string", "Code.", required=True, key=True, rules=(Form("[a-z]+"),))
    )
    frame = spark.createDataFrame([("abc\n", MONDAY), ("abc", MONDAY)], "code string, day date")
    assert refusal(known, frame) == [
        "- stall.codes, 2026-03-02: code is not of the form [a-z]+ in 1 row; e.g. code=abc"
    ]


def test_signs_that_mean_something_in_sql_mean_themselves_in_a_rule(open_warehouse, refusal, spark, run):
    known = contract(
        "stall.odd",
        Column("id", "string", "Id.", required=True, key=True),
        Column("code", "string", "Code.", rules=(Form(r"it's|a\\b|\d\.|\$\{x\}|x{2}"),)),
        Column("word", "string", "Word.", rules=(Listed(("it's", "a\\b", "${x}", "100%_")),)),
        Column("share", "float", "Share.", rules=(Within(0.25, 1e-7 + 0.5),)),
        Column("cents", "decimal(18,4)", "Cents.", rules=(Within(-1, 1.5),)),
    )
    kind = "id string, code string, word string, share float, cents decimal(18,4), day date"
    right = [
        ("a", "it's", "it's", 0.25, Decimal("1.5000"), MONDAY),
        ("b", "a\\b", "a\\b", 0.5, Decimal("-1"), MONDAY),
        ("c", "7.", "${x}", None, None, MONDAY),
        ("d", "${x}", "100%_", 0.5, Decimal("0"), MONDAY),
        ("e", "xx", None, 0.5, Decimal("0"), MONDAY),
    ]
    assert open_warehouse().publish(known, spark.createDataFrame(right, kind), run()).rows_out == 5
    wrong = [
        ("f", "77", "its", 0.125, Decimal("1.5001"), TUESDAY),
        ("g", "x{2}", "ab", 0.75, Decimal("-1.0001"), TUESDAY),
        ("h", "it's\n", "100%x", float("inf"), Decimal("0"), TUESDAY),
    ]
    lines = refusal(known, spark.createDataFrame(wrong, kind), TUESDAY)
    found = [line.split(": ", 1)[1].split("; e.g.")[0] for line in lines]
    assert found == [
        r"code is not of the form it's|a\\b|\d\.|\$\{x\}|x{2} in 3 rows",
        r"word is none of it's, a\b, ${x}, 100%_ in 3 rows",
        "share is outside 0.25..0.5000001 in 3 rows",
        "cents is outside -1..1.5 in 2 rows",
    ]


def test_every_broken_rule_is_reported_at_once_with_three_keys_each(refusal, sales):
    lines = refusal(SALES, sales(9, pieces="0", currency="'x'", weight="double('NaN')"))
    assert [line.split(": ")[1].split(" is ")[0] for line in lines] == ["pieces", "currency", "weight"]
    assert all("in 9 rows; e.g. sale_id=s1" in line and line.count("sale_id=") == 3 for line in lines)


def test_what_may_be_missing_may_be_missing(open_warehouse, sales, run):
    spoiled = sales(currency="null", buyer="null", item_id="null")
    assert open_warehouse().publish(SALES, spoiled, run()).rows_out == 4


def test_nan_in_an_optional_number_is_published_as_null(open_warehouse, items, run):
    open_warehouse().publish(ITEMS, items("a", price=NAN), run())
    assert open_warehouse().days("stall.items", MONDAY, MONDAY).head().price is None


def test_a_vector_with_a_hole_is_no_vector(refusal, spark):
    known = contract(
        "stall.vectors",
        Column("id", "string", "Id.", required=True, key=True),
        Column("vector", "array<float>", "Vector.", required=True),
    )
    given = [("a", [1.0, NAN], MONDAY), ("b", [1.0, None], MONDAY), ("c", None, MONDAY), ("d", [0.0], MONDAY)]
    (line,) = refusal(known, spark.createDataFrame(given, "id string, vector array<float>, day date"))
    assert "vector is required, but missing or holding NaN in 3 rows" in line


def test_unique_columns_are_unique_beside_the_key(refusal, spark):
    known = contract(
        "stall.codes",
        Column("id", "string", "Id.", required=True, key=True),
        Column("code", "string", "Code.", unique=True),
    )
    given = [("a", "x", MONDAY), ("b", "x", MONDAY), ("c", None, MONDAY), ("d", None, MONDAY)]
    assert refusal(known, spark.createDataFrame(given, "id string, code string, day date")) == [
        "- stall.codes, 2026-03-02: code, which must be unique, is repeated: 1 value in 2 rows; e.g. code=x"
    ]


def test_references_are_looked_up_on_the_newest_day_up_to_the_runs(
    open_warehouse, refusal, sales, items, run
):
    spoiled = sales(item_id="if(sale_id = 's4', null, concat('i', pieces))")
    assert refusal(SALES, spoiled) == [
        "- stall.sales, 2026-03-02: item_id is not among stall.items.item_id, which has no day up to "
        "this one, in 3 rows; e.g. sale_id=s1, item_id=i1 | sale_id=s2, item_id=i2 | sale_id=s3, item_id=i3"
    ]
    open_warehouse().publish(ITEMS, items("i1", "i2"), run())
    # Tuesday knows i3, but Monday's sales must not look ahead.
    open_warehouse().publish(ITEMS, items("i3", day=TUESDAY), run(TUESDAY))
    assert refusal(SALES, spoiled) == [
        "- stall.sales, 2026-03-02: item_id is not among stall.items.item_id on 2026-03-02 "
        "in 1 row; e.g. sale_id=s3, item_id=i3"
    ]


def test_a_day_must_not_shrink_beyond_its_limit(open_warehouse, refusal, sales, run):
    open_warehouse().publish(SALES, sales(4), run())
    assert refusal(SALES, sales(1, on=TUESDAY), TUESDAY) == [
        "- stall.sales, 2026-03-03: 1 row, 75% fewer than the 4 of 2026-03-02; its contract allows a "
        "drop of 50%"
    ]
    assert open_warehouse().publish(SALES, sales(2, on=TUESDAY), run(TUESDAY)).rows_out == 2


def test_a_drop_may_be_of_what_a_flag_says_only(open_warehouse, refusal, items, run):
    sold = replace(ITEMS, columns=(*ITEMS.columns, Column("active", "boolean", "Still sold.")))
    shelf = replace(sold, maximum_drop=0.5, drop_counts="active")
    full = items("a", "b", "c", "d").withColumn("active", F.lit(True))
    half = items("a", "b", "c", "d", day=TUESDAY).withColumn("active", F.col("item_id") == "a")
    open_warehouse().publish(shelf, full, run())
    assert refusal(shelf, half, TUESDAY) == [
        "- stall.items, 2026-03-03: active 1 row, 75% fewer than the 4 of 2026-03-02; its contract allows a "
        "drop of 50%"
    ]


def test_a_closed_day_is_no_drop(open_warehouse, sales, run):
    open_warehouse().publish(SALES, sales(4), run())
    assert open_warehouse().publish(SALES, sales(0, on=TUESDAY), run(TUESDAY)).rows_out == 0


def test_a_day_must_have_the_fewest_rows_its_contract_asks_for(refusal, items):
    known = replace(ITEMS, minimum_rows=3)
    assert refusal(known, items("a", "b")) == [
        "- stall.items, 2026-03-02: 2 rows, fewer than the 3 its contract asks for"
    ]
