"""Upkeep of tables: what goes, what stays, and that nobody notices."""

import os
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from drawn import rows
from stall import ITEMS, MONDAY, TUESDAY, WEDNESDAY

from nightmarket.contracts import Contracts
from nightmarket.plan import job, previous
from nightmarket.sources.mapping import Ages
from nightmarket.upkeep import discover
from nightmarket.warehouse import Run, Warehouse

from .conftest import KNOWN, items


class Killed(Exception):
    pass


def killed_at(step):
    def after(taken):
        if taken == step:
            raise Killed

    return after


def snapshots(spark):
    return {row.snapshot_id for row in spark.table("stall.items.snapshots").collect()}


def branches(spark):
    return {row.name for row in spark.table("stall.items.refs").collect()}


def files(folder):
    """All but checksums."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".crc")


def test_a_dry_run_says_the_same_and_changes_nothing(spark, publish, site, folder):
    publish("a")
    publish("b", key="again")
    publish("c", day=MONDAY - timedelta(days=31))
    before = files(folder)
    due = {name: [(d.where, d.count) for d in known.plan(site(4))] for name, known in discover().items()}
    assert files(folder) == before
    assert due["days"] == [("stall.items", 1)]
    assert due["snapshots"][0][0] == "stall.items"
    assert {name for name, found in due.items() if found} == {"days", "snapshots"}


@pytest.mark.parametrize(("age", "stays"), [(29, True), (30, True), (31, False), (400, False)])
def test_a_day_stays_as_long_as_its_contract_says(publish, read, site, upkeep, age, stays):
    publish("a", day=MONDAY)
    day = MONDAY + timedelta(days=age)
    publish("new", day=day)
    due = upkeep(site(day=day), "days")
    assert [(name, found.where, found.count) for name, found in due] == (
        [] if stays else [("days", "stall.items", 1)]
    )
    assert all(found.bytes > 400 for _, found in due)
    assert read(MONDAY) == (["a"] if stays else [])
    assert read(day) == ["new"]
    assert upkeep(site(day=day), "days") == []


def test_a_pause_of_the_nights_takes_nothing(publish, read, site, upkeep):
    publish("a")
    assert upkeep(site(4000, day=TUESDAY), "days") == []
    assert read() == ["a"]


def test_without_a_retention_days_stay(publish, read, site, upkeep):
    publish("a")
    endless = Contracts({"stall.items": replace(ITEMS, retention_days=None)}, {})
    assert upkeep(site(day=date(2999, 1, 1), contracts=endless), "days") == []
    assert read() == ["a"]


def test_what_goes_on_from_its_own_newest_day_keeps_that(publish, read, site, upkeep):
    @job(writes="stall.items", known=previous())
    def build(known):
        return known

    publish("a", day=MONDAY)
    publish("b", day=TUESDAY)
    far = TUESDAY + timedelta(days=100)
    upkeep(site(day=far, jobs={"stall.items": build}), "days")
    assert (read(MONDAY), read(TUESDAY)) == ([], ["b"])
    upkeep(site(day=far), "days")
    assert read(TUESDAY) == []


def test_a_day_past_its_retention_comes_back_with_no_run_under_way(spark, publish, read, site, upkeep):
    """A run that began before the days went puts its day on top of what is left."""
    publish("old", day=MONDAY - timedelta(days=31))

    def meanwhile(step):
        if step == "seal stall.items":
            assert len(upkeep(site(), "days")) == 1

    done = publish("a", after_step=meanwhile)
    assert not done.already
    assert (read(MONDAY - timedelta(days=31)), read()) == ([], ["a"])


def test_snapshots_go_when_nobody_can_be_reading_them(spark, publish, read, site, upkeep):
    publish("a")
    reader = Warehouse(spark, KNOWN)
    began = reader.days("stall.items", MONDAY, MONDAY)
    publish("b", key="again")
    before = snapshots(spark)
    assert upkeep(site(2.9), "snapshots") == []
    assert upkeep(site(0.9, ages=Ages(snapshots=1)), "snapshots") == []
    assert snapshots(spark) == before
    assert rows(began, "item_id") == [("a",)]
    ((_, due),) = upkeep(site(3.1), "snapshots")
    assert due.count == len(before) - 1
    assert len(snapshots(spark)) == 1
    assert read() == ["b"]
    assert upkeep(site(3.1), "snapshots") == []


def test_a_snapshot_that_was_long_the_newest_stays_for_who_has_just_begun(spark, publish, site, upkeep):
    publish("a")
    publish("b", day=TUESDAY)
    times = spark.sql("SELECT unix_millis(made_current_at) AS at, snapshot_id FROM stall.items.history")
    (began, first), (ended, _) = times.orderBy("at").collect()
    assert began < ended
    # A day later than the first began, and not yet one after the second took its place.
    almost, over = (datetime.fromtimestamp(ended / 1000 + 24 * 3600 + s, UTC) for s in (-0.001, 0))
    upkeep(site(now=almost, ages=Ages(snapshots=1)), "snapshots")
    assert first in snapshots(spark)
    upkeep(site(now=over, ages=Ages(snapshots=1)), "snapshots")
    assert first not in snapshots(spark)


def test_what_a_publish_said_outlives_its_snapshot(spark, publish, read, site, upkeep):
    published = publish("a", "b", key="monday")
    publish("c", day=TUESDAY, key="tuesday")
    publish("d", day=WEDNESDAY, key="wednesday")
    said = [Warehouse(spark, KNOWN).commits(day).collect() for day in (MONDAY, TUESDAY, WEDNESDAY)]
    assert [len(found) for found in said] == [1, 1, 1]
    compared = Warehouse(spark, KNOWN).published_and_before(TUESDAY)
    upkeep(site(4), "snapshots")
    assert len(snapshots(spark)) == 1
    assert Warehouse(spark, KNOWN).published_and_before(TUESDAY) == compared
    assert [commit.run_key for commit in compared["stall.items"]] == ["tuesday", "monday"]
    assert [Warehouse(spark, KNOWN).commits(day).collect() for day in (MONDAY, TUESDAY, WEDNESDAY)] == said
    again = publish("never evaluated", key="monday")
    assert again.already
    assert (again.rows_out, again.snapshot_id) == (2, published.snapshot_id)
    assert read() == ["a", "b"]


def test_a_run_another_replaced_and_whose_snapshot_is_gone_publishes_again(
    spark, publish, read, site, upkeep
):
    publish("a", key="first")
    publish("b", key="second")
    publish("c", key="third")
    upkeep(site(4), "snapshots")
    assert publish("x", key="third").already
    assert publish("x", key="second").already
    assert read() == ["c"]
    assert not publish("a", key="first").already
    assert read() == ["a"]


def test_what_was_said_goes_with_its_day(spark, publish, site, upkeep):
    publish("a", key="monday")
    publish("b", day=TUESDAY)
    upkeep(site(4), "snapshots")
    later = MONDAY + timedelta(days=31)
    ((_, due),) = upkeep(site(4, day=later), "days")
    assert due.count == 1
    properties = {row.key for row in spark.sql("SHOW TBLPROPERTIES stall.items").collect()}
    assert {name for name in properties if name.startswith("nightmarket.sealed.")} == set()
    assert not publish("a", key="monday").already
    assert upkeep(site(4, day=later), "days")


def test_a_table_never_stops_where_it_was_published_to_last(spark, publish, read, site, upkeep):
    publish("a")
    upkeep(site(4000), "snapshots", "branches")
    assert read() == ["a"]
    assert publish("b").already
    assert not publish("b", day=TUESDAY).already
    assert (read(), read(TUESDAY)) == (["a"], ["b"])


def test_a_branch_stays_for_a_week_and_its_rows_with_it(spark, publish, read, site, upkeep):
    publish("eve", day=MONDAY)
    with pytest.raises(Killed):
        publish("half", day=TUESDAY, key="killed", after_step=killed_at("stage stall.items"))
    assert len(branches(spark)) == 2
    upkeep(site(6.9))
    assert rows(Warehouse(spark, KNOWN).unpublished("stall.items", TUESDAY), "item_id") == [("half",)]
    ((_, due),) = upkeep(site(7.1), "branches")
    assert (due.where, due.count) == ("stall.items", 1)
    assert branches(spark) == {"main"}
    assert read(MONDAY) == ["eve"]
    # A rerun may have begun to read those rows before their branch went.
    assert upkeep(site(2.9), "snapshots") == []
    upkeep(site(7.1), "snapshots")
    assert len(snapshots(spark)) == 1
    assert not publish("whole", day=TUESDAY, key="killed").already
    assert read(TUESDAY) == ["whole"]


def test_somebodys_own_branches_and_tags_stay(spark, publish, site, upkeep):
    publish("a")
    spark.sql("ALTER TABLE stall.items CREATE BRANCH mine")
    spark.sql("ALTER TABLE stall.items CREATE TAG before_the_sale")
    publish("b", key="again")
    upkeep(site(1000))
    assert branches(spark) == {"main", "mine", "before_the_sale"}
    for version in ("mine", "before_the_sale"):
        old = spark.sql(f"SELECT item_id FROM stall.items VERSION AS OF '{version}'")
        assert rows(old) == [("a",)]


def test_small_files_become_one_and_the_rows_stay(spark, publish, read, site, upkeep):
    parts = [items(spark, f"i{n}", f"j{n}", day=MONDAY) for n in range(6)]
    run = Run(MONDAY, "night", "1", datetime(2026, 3, 5, 2, tzinfo=UTC))
    Warehouse(spark, KNOWN).publish(ITEMS, parts, run)
    publish("few", day=TUESDAY)
    before = rows(spark.table("stall.items"))
    assert upkeep(site(day=MONDAY), "files") == []
    ((_, due),) = upkeep(site(day=WEDNESDAY), "files")
    assert (due.where, due.count, due.names) == ("stall.items", 6, ("2026-03-02",))
    assert rows(spark.table("stall.items")) == before
    assert spark.table("stall.items.files").count() == 2
    again = Warehouse(spark, KNOWN).publish(ITEMS, parts, run)
    assert again.already
    assert again.rows_out == 12
    (said,) = Warehouse(spark, KNOWN).commits(MONDAY).collect()
    assert (said.run_key, said.rows_out) == ("night", 12)
    assert upkeep(site(day=WEDNESDAY), "files") == []


def test_a_table_with_a_run_under_way_is_not_put_together(spark, publish, site):
    files_, manifests = discover()["files"], discover()["manifests"]
    for n in range(7):
        publish(f"i{n}", day=MONDAY + timedelta(days=n))
    with pytest.raises(Killed):
        publish("half", day=MONDAY, key="killed", after_step=killed_at("branch stall.items"))
    assert manifests.plan(site(0.5)) == files_.plan(site(0.5)) == []
    assert [due.where for due in manifests.plan(site(2))] == []


def test_manifests_become_few_and_the_rows_stay(spark, publish, read, site, upkeep):
    days = [MONDAY + timedelta(days=n) for n in range(11)]
    for day in days:
        publish(f"i{day.day}", day=day)
    ((_, due),) = upkeep(site(), "manifests")
    assert due.count == 11
    assert spark.table("stall.items.manifests").count() == 1
    assert [read(day) for day in days] == [[f"i{day.day}"] for day in days]
    assert publish("x", day=days[0]).already
    assert upkeep(site(), "manifests") == []


def test_files_no_version_knows_go_when_they_are_old(publish, read, site, upkeep, folder: Path):
    publish("a")
    known = files(folder)
    strays = [folder / "data" / "day=2026-03-02" / "stray.parquet", folder / "metadata" / "stray.avro"]
    young = folder / "data" / "young.parquet"
    for path in (*strays, young):
        path.write_bytes(b"x" * 100)
    old = time.time() - 3.1 * 24 * 3600
    for path in (*strays, *known):
        os.utime(path, (old, old))
    found = discover()["orphans"].plan(site())
    assert [(due.where, due.count, due.bytes) for due in found] == [("stall.items", 2, 200)]
    assert all(path.is_file() for path in strays)
    upkeep(site(), "orphans")
    assert files(folder) == sorted([*known, young])
    assert read() == ["a"]


def test_everything_together_leaves_few_files_and_all_rows(spark, publish, read, site, upkeep, folder):
    days = [MONDAY + timedelta(days=n) for n in range(8)]
    for day in days:
        publish(f"i{day.day}", day=day)
        publish(f"i{day.day}", f"again{day.day}", day=day, key="again")
    upkeep(site(4, day=days[-1]))
    upkeep(site(8, day=days[-1]))
    assert [read(day) for day in days] == [[f"again{day.day}", f"i{day.day}"] for day in days]
    metadata = [path for path in files(folder) if path.parent.name == "metadata"]
    lists = [path for path in metadata if path.name.startswith("snap-")]
    assert len(lists) == 1
    assert len([path for path in metadata if path.name.endswith(".metadata.json")]) <= 41
    assert len([path for path in files(folder) if path.suffix == ".parquet"]) == len(days)
