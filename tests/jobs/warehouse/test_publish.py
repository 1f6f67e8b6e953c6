"""Publishing a day: what readers find, before, between and after."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from drawn import rows
from pyspark.sql import functions as F
from stall import ITEMS, MONDAY, STALL, TUESDAY, WEDNESDAY

from nightmarket.contracts import Column, Contracts
from nightmarket.errors import AuditError, ContendedError, WarehouseError
from nightmarket.warehouse import publish as protocol
from nightmarket.warehouse.draft import Drafts


def branches(spark, table="stall.items"):
    return {row.name for row in spark.table(f"{table}.refs").collect()}


def names(warehouse, day=MONDAY):
    return [item for (item,) in rows(warehouse.days("stall.items", day, day), "item_id")]


def test_a_published_day_is_read_back(spark, open_warehouse, items, run):
    done = open_warehouse().publish(ITEMS, items("a", "b"), run())
    assert (done.table, done.day, done.rows_out, done.rows_rejected) == ("stall.items", MONDAY, 2, 0)
    assert not done.already
    reader = open_warehouse()
    assert rows(reader.days("stall.items", MONDAY, TUESDAY)) == [
        ("a", 1.0, "2026-03-02"),
        ("b", 1.0, "2026-03-02"),
    ]
    assert reader.pins == {"stall.items": done.snapshot_id}
    assert branches(spark) == {"main"}


def test_a_day_again_replaces_it_and_leaves_the_others(open_warehouse, items, run):
    open_warehouse().publish(ITEMS, items("a", "b"), run())
    open_warehouse().publish(ITEMS, items("a", day=TUESDAY), run(TUESDAY))
    open_warehouse().publish(ITEMS, items("c"), run(key="second"))
    assert names(open_warehouse()) == ["c"]
    assert names(open_warehouse(), TUESDAY) == ["a"]


def test_a_day_that_has_no_rows_any_more_is_emptied(open_warehouse, items, run):
    open_warehouse().publish(ITEMS, items("a"), run())
    open_warehouse().publish(ITEMS, items(), run(key="second"))
    reader = open_warehouse()
    assert names(reader) == []
    assert reader.newest_day("stall.items", MONDAY) is None


def test_parts_are_published_together_and_a_killed_run_leaves_those_it_wrote(open_warehouse, items, run):
    class Killed(Exception):
        pass

    def after(step):
        if step == "part stall.items":
            raise Killed

    parts = [items("a", "b"), items("c")]
    with pytest.raises(Killed):
        open_warehouse(after_step=after).publish(ITEMS, parts, run())
    left = open_warehouse()
    assert names(left) == []
    assert sorted(rows(left.unpublished("stall.items", MONDAY), "item_id")) == [("a",), ("b",)]
    assert rows(left.unpublished("stall.items", TUESDAY)) == []
    done = open_warehouse().publish(ITEMS, parts, run())
    assert done.rows_out == 3
    reader = open_warehouse()
    assert names(reader) == ["a", "b", "c"]
    assert rows(reader.unpublished("stall.items", MONDAY)) == []


def test_parts_whose_branch_another_try_dropped_are_not_published(spark, open_warehouse, items, run):
    def after(step):
        if step == "part stall.items" and len(dropped) == 0:
            (branch,) = branches(spark) - {"main"}
            spark.sql(f"ALTER TABLE stall.items DROP BRANCH `{branch}`")
            dropped.append(branch)

    dropped: list[str] = []
    with pytest.raises(ContendedError):
        open_warehouse(after_step=after).publish(ITEMS, [items("a"), items("b")], run())
    assert dropped
    assert names(open_warehouse()) == []


@pytest.mark.parametrize("distribution", ["hash", "none"])
def test_a_small_day_is_one_file_unless_the_job_lays_out_its_rows(
    spark, open_warehouse, items, run, distribution
):
    contract = replace(ITEMS, distribution=distribution)
    contracts = Contracts(tables={contract.table: contract}, sources={})
    open_warehouse(contracts).publish(contract, items("a", "b").union(items("c", "d")), run())
    assert spark.table("stall.items.files").count() == (1 if distribution == "hash" else 4)
    assert names(open_warehouse(contracts)) == ["a", "b", "c", "d"]


def test_newest_day_looks_back_and_never_ahead(open_warehouse, items, run):
    for day in (MONDAY, WEDNESDAY):
        open_warehouse().publish(ITEMS, items("a", day=day), run(day))
    reader = open_warehouse()
    assert reader.newest_day("stall.items", TUESDAY) == MONDAY
    assert reader.newest_day("stall.items", WEDNESDAY) == WEDNESDAY
    assert reader.newest_day("stall.sales", WEDNESDAY) is None


def test_newest_days_of_many_tables_are_those_of_each(open_warehouse, items, run):
    open_warehouse().publish(ITEMS, items("a"), run())
    open_warehouse().publish(ITEMS, items("a", day=WEDNESDAY), run(WEDNESDAY))
    tables = ["stall.items", "stall.sales", "stall.rejects"]
    assert open_warehouse().newest_days(tables, WEDNESDAY) == {"stall.items": WEDNESDAY}
    assert open_warehouse().newest_days(tables, TUESDAY) == {"stall.items": MONDAY}
    assert open_warehouse().newest_days(tables, date(2026, 3, 1)) == {}, "before the first"
    assert open_warehouse().newest_days([], TUESDAY) == {}
    with pytest.raises(WarehouseError, match=r"no table stall\.item; did you mean stall\.items\?"):
        open_warehouse().newest_days(["stall.item"], TUESDAY)


def test_a_table_that_does_not_exist_reads_as_empty_with_its_columns(open_warehouse):
    reader = open_warehouse()
    frame = reader.days("stall.items", MONDAY, TUESDAY)
    assert frame.dtypes == [("item_id", "string"), ("price", "double"), ("day", "date")]
    assert frame.count() == 0
    assert reader.pins == {}


def test_a_table_without_contract_is_named_with_its_nearest(open_warehouse):
    with pytest.raises(WarehouseError, match=r"no table stall\.item; did you mean stall\.items\?"):
        open_warehouse().days("stall.item", MONDAY, MONDAY)


def test_a_reader_keeps_its_snapshot_to_the_end(open_warehouse, items, run):
    open_warehouse().publish(ITEMS, items("a"), run())
    reader = open_warehouse()
    frame = reader.days("stall.items", MONDAY, TUESDAY)
    open_warehouse().publish(ITEMS, items("b"), run(key="second"))
    open_warehouse().publish(ITEMS, items("c", day=TUESDAY), run(TUESDAY))
    assert rows(frame, "item_id") == [("a",)]
    assert names(reader) == ["a"]
    assert reader.newest_day("stall.items", WEDNESDAY) == MONDAY
    assert reader.commits(TUESDAY).count() == 0


def test_a_reader_that_found_no_table_keeps_finding_none(open_warehouse, items, run):
    reader = open_warehouse()
    assert reader.newest_day("stall.items", MONDAY) is None
    open_warehouse().publish(ITEMS, items("a"), run())
    assert names(reader) == []


def test_a_failed_audit_leaves_readers_on_what_they_had(spark, open_warehouse, items, run):
    open_warehouse().publish(ITEMS, items("a"), run())
    before = open_warehouse()
    names(before)
    with pytest.raises(AuditError) as failure:
        open_warehouse().publish(ITEMS, items("b", price=-1.0), run(key="second"))
    after = open_warehouse()
    assert names(after) == ["a"]
    assert after.pins == before.pins
    # The rows stay to be looked at, by the command the error gives.
    look = str(failure.value).splitlines()[-1].strip()
    assert look == "nightmarket show stall.items --day 2026-03-02 --run second"
    found = open_warehouse().of_run("stall.items", "second", MONDAY)
    assert found is not None
    assert rows(found[1], "item_id") == [("b",)]
    # The next try of the run clears them away.
    open_warehouse().publish(ITEMS, items("b"), run(key="second"))
    assert branches(spark) == {"main"}


def test_a_retry_after_a_lost_answer_does_nothing(open_warehouse, items, run):
    def lose(step):
        if step == "publish stall.items":
            raise ConnectionError("the answer never came")

    with pytest.raises(ConnectionError):
        open_warehouse(after_step=lose).publish(ITEMS, items("a"), run())
    published = open_warehouse()
    names(published)
    # A frame that cannot be evaluated shows that nobody tries to.
    poison = items("a").withColumn("price", F.raise_error(F.lit("evaluated")).cast("double"))
    again = open_warehouse().publish(ITEMS, poison, run())
    assert again.already
    assert (again.snapshot_id, again.rows_out) == (published.pins["stall.items"], 1)
    assert open_warehouse().published(ITEMS, run()) == again
    assert open_warehouse().published(ITEMS, run(TUESDAY)) is None
    assert open_warehouse().published(ITEMS, run(key="second")) is None


def test_a_run_stays_published_when_another_replaced_its_rows(open_warehouse, items, run):
    open_warehouse().publish(ITEMS, items("a"), run())
    open_warehouse().publish(ITEMS, items("b"), run(key="second"))
    assert open_warehouse().publish(ITEMS, items("a"), run()).already
    assert names(open_warehouse()) == ["b"]


@pytest.mark.parametrize("pause", ["start", "branch", "seal"])
def test_two_days_at_once_both_land(open_warehouse, items, run, pause):
    """Tuesday is published whole while Monday stands after each of its steps."""
    steps = []

    def meanwhile(step):
        steps.append(step)
        if step == f"{pause} stall.items":
            open_warehouse().publish(ITEMS, items("t", day=TUESDAY), run(TUESDAY))

    open_warehouse(after_step=meanwhile).publish(ITEMS, items("m"), run())
    assert names(open_warehouse()) == ["m"]
    assert names(open_warehouse(), TUESDAY) == ["t"]
    assert ("restage stall.items" in steps) == (pause != "start")


@pytest.mark.parametrize("pause", ["branch", "seal"])
def test_the_same_day_at_once_ends_as_one_of_them_whole(spark, open_warehouse, items, run, pause):
    def meanwhile(step):
        if step == f"{pause} stall.items":
            open_warehouse().publish(ITEMS, items("x", "y", "z"), run(key="second"))

    done = open_warehouse(after_step=meanwhile).publish(ITEMS, items("a", "b"), run())
    assert names(open_warehouse()) == ["a", "b"]
    assert (done.rows_out, done.already) == (2, False)
    # Both count as published: neither retry would do anything.
    assert open_warehouse().published(ITEMS, run(key="second")) is not None
    assert branches(spark) == {"main"}


@pytest.mark.parametrize("pause", ["branch", "stage", "seal"])
def test_two_tries_of_one_run_publish_once(spark, open_warehouse, items, run, pause):
    """A try that was believed dead wakes up after its retry is done: it finds the day published."""
    retries = []

    def meanwhile(step):
        if step == f"{pause} stall.items":
            retries.append(open_warehouse().publish(ITEMS, items("a"), run()))

    woken = open_warehouse(after_step=meanwhile).publish(ITEMS, items("a"), run())
    assert woken == replace(retries[0], already=True)
    assert open_warehouse().commits(MONDAY).count() == 1
    assert branches(spark) == {"main"}


def test_a_try_that_lost_its_branch_to_a_living_retry_says_so(open_warehouse, items, run):
    def die(step):
        if step == "stage stall.items":
            raise KeyboardInterrupt

    def meanwhile(step):
        if step == "stage stall.items":
            with pytest.raises(KeyboardInterrupt):
                open_warehouse(after_step=die).publish(ITEMS, items("a"), run())

    with pytest.raises(WarehouseError, match="another try of the same run"):
        open_warehouse(after_step=meanwhile).publish(ITEMS, items("a"), run())
    assert names(open_warehouse()) == []


def test_a_main_that_never_stands_still_ends_in_a_clear_error(monkeypatch, open_warehouse, items, run):
    open_warehouse().publish(ITEMS, items("old"), run())
    monkeypatch.setattr(Drafts, "_fast_forward", lambda *_: None)
    with pytest.raises(WarehouseError, match="8 times in a row") as failure:
        open_warehouse().publish(ITEMS, items("new"), run(key="second"))
    assert names(open_warehouse()) == ["old"]
    look = str(failure.value).split("Its rows are kept: ")[1]
    assert look == "nightmarket show stall.items --day 2026-03-02 --run second"
    found = open_warehouse().of_run("stall.items", "second", MONDAY)
    assert found is not None
    assert rows(found[1], "item_id") == [("new",)]


def test_without_a_lock_main_may_move_even_while_the_rows_are_put_on_top(
    monkeypatch, open_warehouse, items, run
):
    """Catalogs that swap on a server take no lock; the first restage loses here, the second lands."""
    monkeypatch.setattr("nightmarket.warehouse.catalog.lock_folder", lambda *_: None)
    seal, calls = Drafts._seal, []

    def seal_and_be_overtaken(self, draft, properties):
        sealed = seal(self, draft, properties)
        if draft.run.key == "first":
            calls.append(sealed)
            if len(calls) < 3:
                other = run(TUESDAY, key=f"other {len(calls)}")
                open_warehouse().publish(ITEMS, items("t", day=TUESDAY), other)
        return sealed

    monkeypatch.setattr(Drafts, "_seal", seal_and_be_overtaken)
    done = open_warehouse().publish(ITEMS, items("m"), run())
    assert len(calls) == 3
    reader = open_warehouse()
    assert (names(reader), names(reader, TUESDAY)) == (["m"], ["t"])
    assert reader.pins == {"stall.items": done.snapshot_id}


def test_a_session_without_an_iceberg_catalog_is_told_so(spark, open_warehouse):
    current = spark.catalog.currentCatalog()
    spark.catalog.setCurrentCatalog("spark_catalog")
    try:
        with pytest.raises(WarehouseError, match="'spark_catalog' is no Iceberg catalog"):
            open_warehouse()
    finally:
        spark.catalog.setCurrentCatalog(current)


def test_the_lock_of_a_local_hadoop_catalog_is_beside_its_table(open_warehouse, items, run, tmp_path):
    open_warehouse().publish(ITEMS, items("a"), run())
    assert (tmp_path / "ware house" / "stall" / ".items.lock").is_file()


def test_the_commit_says_who_made_the_rows_from_what(spark, open_warehouse, items, run):
    open_warehouse().publish(ITEMS, items("a"), run())
    warehouse = open_warehouse()
    read = warehouse.days("stall.items", MONDAY, MONDAY)
    done = warehouse.publish(
        ITEMS,
        read.withColumn("day", F.lit(TUESDAY)),
        run(TUESDAY),
        readings=lambda: {"rows_in": 7, "model_rows_computed": 3, "model_rows_reused": 4},
    )
    summaries = spark.table("stall.items.snapshots")
    summary = summaries.where(F.col("snapshot_id") == done.snapshot_id).head().summary
    said = {
        key.removeprefix("nightmarket."): v for key, v in summary.items() if key.startswith("nightmarket.")
    }
    size = int(said.pop("bytes"))
    assert size > 0
    assert said == {
        "run_key": "first",
        "day": "2026-03-03",
        "table": "stall.items",
        "code_version": "abc123",
        "inputs": f'{{"stall.items": {warehouse.pins["stall.items"]}}}',
        "started_at": "2026-03-05T02:00:00+00:00",
        "rows_in": "7",
        "rows_out": "1",
        "model_rows_computed": "3",
        "model_rows_reused": "4",
    }


def test_readings_are_asked_once_and_after_the_write(open_warehouse, items, run):
    order = []
    open_warehouse(after_step=order.append).publish(
        ITEMS, items("a"), run(), readings=lambda: order.append("readings") or {}
    )
    assert order == [
        *(f"{step} stall.items" for step in ("start", "table", "branch", "part", "stage")),
        "readings",
        *(f"{step} stall.items" for step in ("audit", "seal", "publish", "clear")),
    ]
    assert set(protocol.STEPS) == {step.split()[0] for step in order} - {"readings"} | {"restage"}


def test_a_new_optional_column_migrates_and_old_days_read_as_null(open_warehouse, items, run):
    open_warehouse().publish(ITEMS, items("a"), run())
    grown = replace(
        ITEMS, version="1.1.0", columns=(*ITEMS.columns, Column("colour", "string", "Of what colour."))
    )
    known = Contracts(tables={**STALL.tables, "stall.items": grown}, sources={})
    # A reader with the new contract, before anything of it is published.
    early = open_warehouse(known)
    assert rows(early.days("stall.items", MONDAY, MONDAY), "item_id", "colour") == [("a", None)]
    red = items("b", day=TUESDAY).withColumn("colour", F.lit("red"))
    open_warehouse(known).publish(grown, red, run(TUESDAY))
    found = open_warehouse(known).days("stall.items", MONDAY, TUESDAY)
    assert rows(found, "item_id", "colour") == [("a", None), ("b", "red")]


def test_a_publish_overtaken_by_a_migration_lands_all_the_same(open_warehouse, items, run):
    grown = replace(ITEMS, columns=(*ITEMS.columns, Column("colour", "string", "Of what colour.")))
    known = Contracts(tables={**STALL.tables, "stall.items": grown}, sources={})

    def meanwhile(step):
        if step == "stage stall.items":
            red = items("b", day=TUESDAY).withColumn("colour", F.lit("red"))
            open_warehouse(known).publish(grown, red, run(TUESDAY))

    open_warehouse(after_step=meanwhile).publish(ITEMS, items("a"), run())
    found = open_warehouse(known).days("stall.items", MONDAY, TUESDAY)
    assert rows(found, "item_id", "colour") == [("a", None), ("b", "red")]


def table_comment(spark):
    described = spark.sql("DESCRIBE TABLE EXTENDED stall.items").collect()
    return next(row.data_type for row in described if row.col_name == "Comment")


def test_the_tables_own_words_are_its_contracts(spark, open_warehouse, items, run):
    open_warehouse().publish(ITEMS, items("a"), run())
    described = {row.col_name: row.comment for row in spark.sql("DESCRIBE TABLE stall.items").collect()}
    assert described["item_id"] == "The item's own name."
    assert table_comment(spark) == "stall.items: It's for tests."
    properties = {row.key: row.value for row in spark.sql("SHOW TBLPROPERTIES stall.items").collect()}
    assert properties["nightmarket.contract_version"] == "1.0.0"
    assert properties["write.parquet.compression-codec"] == "zstd"


def test_tables_and_commits_at_a_glance(open_warehouse, items, run):
    open_warehouse().publish(ITEMS, items("a", "b"), run())
    open_warehouse().publish(ITEMS, items("a", day=TUESDAY), run(TUESDAY))
    open_warehouse().publish(ITEMS, items("a", "b", "c", day=TUESDAY), run(TUESDAY, key="second"))
    warehouse = open_warehouse()
    summaries = {summary.table: summary for summary in warehouse.tables()}
    assert list(summaries) == ["stall.items", "stall.rejects", "stall.sales"]
    assert summaries["stall.sales"].newest_day is None
    found = summaries["stall.items"]
    assert (found.newest_day, found.rows, found.days) == (TUESDAY, 3, 2)
    assert found.bytes > 0
    commits = warehouse.commits(TUESDAY)
    assert rows(commits, "table_name", "run_key", "rows_out", "rows_in", "started_at", "day") == [
        ("stall.items", "second", 3, None, "2026-03-05 02:00:00", "2026-03-03")
    ]
    (row,) = commits.collect()
    assert row.bytes > 0
    assert row.seconds == pytest.approx((row.published_at - row.started_at).total_seconds())
    ((table, (now, before)),) = warehouse.published_and_before(TUESDAY).items()
    assert (table, now.run_key, now.rows_out, now.seconds) == ("stall.items", "second", 3, row.seconds)
    assert now.started_at == datetime(2026, 3, 5, 2, tzinfo=UTC), "in UTC, whatever the machine's zone"
    assert (before.run_key, before.rows_out, before.day) == ("first", 2, MONDAY)
    assert warehouse.published_and_before(MONDAY)["stall.items"][0] == before
    assert warehouse.published_and_before(MONDAY)["stall.items"][1] is None
    # Of a day that was not published there is what was before it all the same.
    assert warehouse.published_and_before(WEDNESDAY)["stall.items"] == (None, now)
