"""A table and its rejects are published together, and nothing is lost between them."""

from dataclasses import replace
from datetime import date

import pytest
from drawn import rows
from pyspark.sql import functions as F
from stall import MONDAY, REJECTS, SALES, TUESDAY, WEDNESDAY

from nightmarket.contracts import Reason, ddl
from nightmarket.contracts.rejects import contract_of
from nightmarket.errors import AuditError, ContractError, WarehouseError
from nightmarket.spark import counted, readings

MORE = ", reject_reason string, reject_detail string, raw string, source_file string"
REASONED = """
    | sale_id | pieces | weight | day        | reject_reason | reject_detail | raw | source_file |
    | s1      | 1      | 0.5    | 2026-03-02 |               |               | a   | f.csv       |
    | s2      | 2      | 0.5    | 2026-03-02 |               |               | b   | f.csv       |
    | s3      |        |        | 2026-03-02 | bad_value     | pieces: 'x'   | c   | f.csv       |
"""


@pytest.fixture
def reasoned(rows_of):
    return rows_of(SALES, REASONED, MORE)


def found(open_warehouse, table, *columns):
    return rows(open_warehouse().days(table, MONDAY, MONDAY), *columns)


def crashed_between_the_two(open_warehouse, reasoned, run):
    def crash(step):
        if step == "publish stall.rejects":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        open_warehouse(after_step=crash).publish(SALES, reasoned, run(), rejects=REJECTS)


def test_kept_rows_and_rejects_go_their_ways(open_warehouse, reasoned, run):
    done = open_warehouse().publish(SALES, reasoned, run(), rejects=REJECTS, readings=lambda: {"rows_in": 3})
    assert (done.table, done.rows_out, done.rows_rejected) == ("stall.sales", 2, 1)
    assert found(open_warehouse, "stall.sales", "sale_id") == [("s1",), ("s2",)]
    assert found(open_warehouse, "stall.rejects") == [
        ("bad_value", "pieces: 'x'", "c", "f.csv", "2026-03-02")
    ]
    commits = open_warehouse().commits(MONDAY)
    assert rows(commits, "table_name", "run_key", "rows_in", "rows_out", "rows_rejected") == [
        ("stall.rejects", "first", None, 1, None),
        ("stall.sales", "first", 3, 2, 1),
    ]


def test_a_day_that_rejects_nothing_any_more_clears_its_old_rejects(open_warehouse, reasoned, run):
    open_warehouse().publish(SALES, reasoned, run(), rejects=REJECTS)
    mended = reasoned.where(F.col("reject_reason").isNull())
    open_warehouse().publish(SALES, mended, run(key="second"), rejects=REJECTS)
    assert found(open_warehouse, "stall.rejects") == []
    assert len(found(open_warehouse, "stall.sales")) == 2


def test_rows_with_reasons_are_computed_once(spark, open_warehouse, reasoned, run):
    computed = spark.sparkContext.accumulator(0)

    def count(batches):
        for batch in batches:
            computed.add(len(batch))
            yield batch

    watched = reasoned.mapInPandas(count, reasoned.schema)
    open_warehouse().publish(SALES, watched, run(), rejects=REJECTS)
    assert computed.value == 3
    assert not watched.is_cached


@pytest.mark.parametrize(("rows_in", "words"), [(4, "1 lost"), (2, "1 too many")])
def test_rows_lost_between_source_and_tables_stop_both(open_warehouse, reasoned, run, rows_in, words):
    with pytest.raises(AuditError) as failure:
        open_warehouse().publish(
            SALES, reasoned, run(), rejects=REJECTS, readings=lambda: {"rows_in": rows_in}
        )
    assert (
        f"stall.sales, 2026-03-02: {rows_in} rows came in, 2 would be published, 1 rejected: {words}"
        in str(failure.value)
    )
    assert found(open_warehouse, "stall.sales") == []
    assert found(open_warehouse, "stall.rejects") == []


def test_carried_rows_came_in_on_another_day(open_warehouse, reasoned, run):
    counts = {"rows_in": 2, "rows_carried": 1}
    done = open_warehouse().publish(SALES, reasoned, run(), rejects=REJECTS, readings=lambda: counts)
    assert (done.rows_out, done.rows_rejected) == (2, 1)


def test_too_many_rejects_stop_the_table(open_warehouse, reasoned, run):
    worse = reasoned.withColumn("reject_reason", F.expr("if(sale_id = 's1', null, 'bad_value')"))
    with pytest.raises(AuditError, match=r"2 of 3 rows rejected \(66\.7%\), and 50\.0% are allowed"):
        open_warehouse().publish(SALES, worse, run(), rejects=REJECTS)
    assert found(open_warehouse, "stall.rejects") == []


def test_too_many_rejects_are_told_by_reason_with_three_examples(spark, open_warehouse, run):
    """By hand: of nine rows two are kept, two repeat, and five are lost for two reasons."""
    reasons = [
        (None, None), (None, None), ("duplicate", "sale_id: a later row was kept"), ("duplicate", None),
        ("bad_value", "pieces: 'x' is not bigint"), ("bad_value", "pieces: 'a\nb' is not bigint"),
        ("bad_value", "pieces: 'a\nb' is not bigint"), ("bad_value", "z" * 500), ("odd", None),
    ]  # fmt: skip
    rows = [
        (f"s{n}", None, 1, "EUR", None, 0.5, MONDAY, reason, detail, "ann@x.org", f"f{n % 3}.csv")
        for n, (reason, detail) in enumerate(reasons)
    ]
    more = "reject_reason string, reject_detail string, raw string, source_file string"
    odd = Reason("odd", "nobody can say why", "原因不明")
    more_reasons = replace(SALES.rejects, reasons=(*SALES.rejects.reasons, odd))
    sales = replace(SALES, rejects=more_reasons)
    frame = spark.createDataFrame(rows, f"{ddl(SALES)}, {more}")
    with pytest.raises(AuditError) as failure:
        open_warehouse().publish(sales, frame, run(key="it's one"), rejects=contract_of(sales, more_reasons))
    assert (
        "5 of 9 rows rejected (55.6%), and 50.0% are allowed: 4 bad_value, 1 odd; e.g. "
        "'pieces: 'a b' is not bigint' in f0.csv | 'odd' in f2.csv | "
        "'pieces: 'a b' is not bigint' in f2.csv\n"
    ) in str(failure.value)
    assert "ann@x.org" not in str(failure.value)
    assert str(failure.value).endswith(
        "To see the rows as written:\n"
        "  nightmarket show stall.sales --day 2026-03-02 --run 'it'\"'\"'s one'\n"
        "  nightmarket show stall.sales --rejected --day 2026-03-02 --run 'it'\"'\"'s one'"
    )


def test_what_a_failed_run_wrote_can_be_looked_at(open_warehouse, reasoned, run):
    def rows(table: str, key: str, day=None):
        found = open_warehouse().of_run(table, key, day)
        return found and (found[0], sorted(row[0] for row in found[1].collect()))

    worse = reasoned.withColumn("reject_reason", F.expr("if(sale_id = 's1', null, 'bad_value')"))
    for of in (reasoned, worse):
        try:
            open_warehouse().publish(SALES, of, run(key=f"{of is worse}"), rejects=REJECTS)
        except AuditError:
            assert of is worse
    assert rows("stall.rejects", "True") == (MONDAY, ["bad_value", "bad_value"])
    assert rows("stall.sales", "True") == (MONDAY, ["s1"])
    assert rows("stall.sales", "False") == (MONDAY, ["s1", "s2"]), "published, so as published"
    assert rows("stall.sales", "True", TUESDAY) is None
    assert rows("stall.sales", "other") is None
    assert rows("stall.items", "True") is None
    assert found(open_warehouse, "stall.sales", "sale_id") == [("s1",), ("s2",)]


def test_a_day_without_rejects_is_a_published_day(open_warehouse, reasoned, run):
    kept = reasoned.where(F.col("reject_reason").isNull())
    open_warehouse().publish(SALES, reasoned, run(), rejects=REJECTS)
    tomorrow = kept.withColumn("day", F.lit(TUESDAY))
    open_warehouse().publish(SALES, tomorrow, run(day=TUESDAY, key="second"), rejects=REJECTS)
    assert open_warehouse().newest_publish("stall.rejects", WEDNESDAY) == TUESDAY
    assert open_warehouse().newest_day("stall.rejects", WEDNESDAY) == MONDAY
    assert open_warehouse().newest_publish("stall.rejects", MONDAY) == MONDAY
    assert open_warehouse().newest_publish("stall.rejects", date(2026, 3, 1)) is None
    assert open_warehouse().newest_publish("stall.items", WEDNESDAY) is None


def test_repeats_stop_no_table_however_many_they_are(open_warehouse, reasoned, run):
    repeats = reasoned.withColumn("reject_reason", F.expr("if(sale_id = 's1', null, 'duplicate')"))
    done = open_warehouse().publish(SALES, repeats, run(), rejects=REJECTS)
    assert (done.rows_out, done.rows_rejected) == (1, 2)


def test_rows_that_contradict_another_of_their_id_have_a_limit_of_their_own(open_warehouse, reasoned, run):
    conflicts = reasoned.withColumn("reject_reason", F.expr("if(sale_id = 's1', null, 'conflicting')"))
    strict = replace(SALES, maximum_reject_rate=0.0, maximum_conflict_rate=0.66)
    with pytest.raises(AuditError) as failure:
        open_warehouse().publish(strict, conflicts, run(), rejects=REJECTS)
    (said,) = [line for line in str(failure.value).splitlines() if "conflicting" in line]
    assert said.startswith(
        "  - stall.sales, 2026-03-02: 2 of 3 rows are conflicting (66.7%): another row has"
    )
    assert "66.0% are allowed" in said
    assert "let the mapping say `most_conflicting`; e.g. '" in said
    assert found(open_warehouse, "stall.sales") == []
    at_most = replace(strict, maximum_conflict_rate=2 / 3)
    done = open_warehouse().publish(at_most, conflicts, run(), rejects=REJECTS)
    assert (done.rows_out, done.rows_rejected) == (1, 2), "and they are not counted by the other limit"


def test_a_reason_that_is_not_on_the_list_names_the_rejects_table(open_warehouse, reasoned, run):
    odd = reasoned.withColumn("reject_reason", F.expr("if(sale_id = 's3', 'tired', null)"))
    with pytest.raises(AuditError) as failure:
        open_warehouse().publish(SALES, odd, run(), rejects=REJECTS)
    assert (
        "stall.rejects, 2026-03-02: reason is none of bad_value, duplicate, conflicting in 1 row; e.g. "
        "reason=tired; list the reason in schemas/stall/sales.yaml under customProperties, rejects, reasons, "
        "with what it means in English and Chinese\n"
    ) in str(failure.value)


def test_rows_of_a_table_go_to_the_rejects_that_its_contract_names(open_warehouse, reasoned, run):
    elsewhere = replace(REJECTS, table="stall.refunds")
    with pytest.raises(
        ContractError,
        match=r"stall\.sales: its job declares rejects=stall\.refunds and its contract stall\.rejects",
    ):
        open_warehouse().publish(SALES, reasoned, run(), rejects=elsewhere)


def test_a_retry_after_a_crash_between_the_two_publishes_only_the_second(open_warehouse, reasoned, run):
    crashed_between_the_two(open_warehouse, reasoned, run)
    assert len(found(open_warehouse, "stall.rejects")) == 1
    assert found(open_warehouse, "stall.sales") == []
    steps = []
    done = open_warehouse(after_step=steps.append).publish(
        SALES, reasoned, run(), rejects=REJECTS, readings=lambda: {"rows_in": 3}
    )
    assert (done.rows_out, done.rows_rejected, done.already) == (2, 1, False)
    # What the crash left of the rejects' branches is dropped, and nothing else is done to them.
    assert [step for step in steps if "rejects" in step] == ["clear stall.rejects"]
    assert open_warehouse().publish(SALES, reasoned, run(), rejects=REJECTS).already


def other_rows(reasoned):
    return reasoned.withColumns({"raw": F.lit("other"), "sale_id": F.concat("sale_id", F.lit("o"))})


def test_a_retry_brings_its_rejects_along_when_another_run_replaced_them(open_warehouse, reasoned, run):
    crashed_between_the_two(open_warehouse, reasoned, run)
    open_warehouse().publish(SALES, other_rows(reasoned), run(key="other"), rejects=REJECTS)
    done = open_warehouse().publish(SALES, reasoned, run(), rejects=REJECTS)
    assert not done.already
    assert found(open_warehouse, "stall.sales", "sale_id") == [("s1",), ("s2",)]
    assert found(open_warehouse, "stall.rejects", "raw") == [("c",)]


def test_a_retry_that_is_overtaken_does_not_put_its_rows_beside_others_rejects(open_warehouse, reasoned, run):
    crashed_between_the_two(open_warehouse, reasoned, run)

    def meanwhile(step):
        if step == "audit stall.sales":
            open_warehouse().publish(SALES, other_rows(reasoned), run(key="other"), rejects=REJECTS)

    with pytest.raises(WarehouseError, match="another run published this day"):
        open_warehouse(after_step=meanwhile).publish(SALES, reasoned, run(), rejects=REJECTS)
    assert found(open_warehouse, "stall.sales", "sale_id") == [("s1o",), ("s2o",)]
    assert found(open_warehouse, "stall.rejects", "raw") == [("other",)]


def test_two_runs_of_a_day_at_once_end_with_rows_and_rejects_of_one(open_warehouse, reasoned, run):
    def meanwhile(step):
        if step == "seal stall.sales":
            open_warehouse().publish(SALES, other_rows(reasoned), run(key="other"), rejects=REJECTS)

    open_warehouse(after_step=meanwhile).publish(SALES, reasoned, run(), rejects=REJECTS)
    assert found(open_warehouse, "stall.sales", "sale_id") == [("s1",), ("s2",)]
    assert found(open_warehouse, "stall.rejects", "raw") == [("c",)]


def test_rows_counted_where_they_flow_balance_with_what_is_published(open_warehouse, reasoned, run):
    readings()  # what other tests left
    done = open_warehouse().publish(
        SALES, counted(reasoned, "rows_in"), run(), rejects=REJECTS, readings=readings
    )
    commits = open_warehouse().commits(MONDAY)
    assert rows(commits.where("table_name = 'stall.sales'"), "rows_in", "rows_out") == [(3, done.rows_out)]


def test_rows_without_the_columns_of_reasons_are_refused(open_warehouse, reasoned, run):
    with pytest.raises(ContractError, match="missing: raw, source_file"):
        open_warehouse().publish(SALES, reasoned.drop("raw", "source_file"), run(), rejects=REJECTS)


def test_an_export_without_rejects_is_counted(open_warehouse, reasoned, run):
    flawless = counted(reasoned.where(F.col("reject_reason").isNull()), "rows_in")
    said = {}

    def told():
        said.update(readings())
        return said

    done = open_warehouse().publish(SALES, flawless, run(), rejects=REJECTS, readings=told)
    assert (done.rows_out, done.rows_rejected, said["rows_in"]) == (2, 0, 2)


def test_an_empty_export_counts_none(open_warehouse, reasoned, run):
    nothing = counted(reasoned.where("sale_id = 'nobody'"), "rows_in")
    done = open_warehouse().publish(SALES, nothing, run(), rejects=REJECTS, readings=readings)
    assert (done.rows_out, done.rows_rejected) == (0, 0)


def test_a_row_lost_between_the_export_and_the_tables_stops_both(open_warehouse, reasoned, run):
    lossy = counted(reasoned, "rows_in").where("sale_id <> 's1'")
    with pytest.raises(AuditError, match="3 rows came in, 1 would be published, 1 rejected: 1 lost"):
        open_warehouse().publish(SALES, lossy, run(), rejects=REJECTS, readings=readings)
