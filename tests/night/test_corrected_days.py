"""Late and corrected exports, and a rule changed over a range: the same nights again end as if undisturbed.

``nightmarket night --from DAY`` runs the nights from a day on, each under a key of its own; here its tables
are run one by one, on the few rows that show whether a night reads what it should of the nights before it.
"""

from collections.abc import Sequence
from datetime import date
from itertools import count
from pathlib import Path

import catalogs
import pytest
from pyspark.sql import functions as F

from nightmarket.errors import PlanError
from nightmarket.run import run_table

FIRST, SECOND, THIRD = DAYS = [date(2026, 3, day) for day in (2, 3, 4)]
TABLES = ("behaviour.events", "behaviour.sessions", "behaviour.interactions")
READ = ("behaviour.rejects", *TABLES)

SHOP = """
shop: Corner
timezone: UTC
currency: EUR
sources:
  events:
    files: "events-{{day}}.csv"
    format: csv
    columns: {{event_id: id, event_name: name, event_at: at, user_id: user, device_id: device, item_id: item}}
  items: {{files: "items-{{day}}.csv", format: csv, columns: {{item_id: id, title: title}}}}
parameters: {parameters}
"""
ITEMS = "id,title\nlamp,Lamp\nrug,Rug\n"
EVENTS = {
    # The last one goes on over midnight, and the next day tells who it was.
    FIRST: """
        a1,view_item,2026-03-02 09:00:00,ann,dev1,lamp
        a2,add_to_cart,2026-03-02 09:06:00,ann,dev1,lamp
        a3,view_item,2026-03-02 23:50:00,,dev1,rug
    """,
    # A late look of the day before, and one that came with the day before already.
    SECOND: """
        a4,view_item,2026-03-03 00:05:00,ann,dev1,rug
        a5,purchase,2026-03-03 00:10:00,ann,dev1,rug
        b1,view_item,2026-03-02 10:00:00,bob,dev2,lamp
        a1,view_item,2026-03-02 09:00:00,ann,dev1,lamp
    """,
    # A refund, a late cart in the visit that a late look began, and what is new only without the day before.
    THIRD: """
        a6,refund,2026-03-04 12:00:00,ann,dev1,rug
        b2,add_to_cart,2026-03-02 10:20:00,bob,dev2,lamp
        a5,purchase,2026-03-03 00:10:00,ann,dev1,rug
    """,
}
WRONG = """
    a4,view_item,2026-03-03 00:05:00,zoe,dev1,lamp
    c1,purchase,2026-03-03 00:10:00,zoe,dev1,lamp
"""
STRICTER = """
  behaviour.events: {session_gap_minutes: 5}
  behaviour.interactions: {cart_weight: 7.0}
"""


class Shop:
    """A shop with a warehouse of its own in the one Spark session."""

    def __init__(self, spark, folder: Path) -> None:
        self.spark, self.folder, self._keys = spark, folder, count()
        self.catalog = catalogs.add(spark, folder.name.replace("-", "_"), folder / "warehouse")
        (folder / "landing").mkdir(parents=True)
        self.rules("{}")
        self.export("items", FIRST, ITEMS)
        for day, rows in EVENTS.items():
            self.events(day, rows)
        self._run("catalogue.items", FIRST)

    def rules(self, parameters: str) -> None:
        (self.folder / "shop.yaml").write_text(SHOP.format(parameters=parameters))

    def export(self, name: str, day: date, text: str) -> None:
        (self.folder / "landing" / f"{name}-{day}.csv").write_text(text)

    def events(self, day: date, rows: str) -> None:
        lines = [line.strip() for line in rows.strip().splitlines()]
        self.export("events", day, "\n".join(["id,name,at,user,device,item", *lines, ""]))

    def nights(self, days: Sequence[date]) -> None:
        for day in days:
            for table in TABLES:
                self._run(table, day)

    def rows(self, days: Sequence[date] = DAYS) -> dict[str, list[str]]:
        """The rows that readers see, as text, the order of a frame's rows being no promise."""
        found = {}
        for table in READ:
            frame = self.spark.table(f"{self.catalog}.{table}").where(F.col("day").isin(*days))
            found[table] = sorted(repr(row.asDict(recursive=True)) for row in frame.collect())
        return found

    def _run(self, table: str, day: date) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("NIGHTMARKET_HOME", str(self.folder))
            patch.setenv("NIGHTMARKET_SHOP", str(self.folder / "shop.yaml"))
            patch.setenv("NIGHTMARKET_LANDING", str(self.folder / "landing"))
            with catalogs.current(self.spark, self.catalog):
                run_table(table, day, f"run-{next(self._keys)}")


@pytest.fixture(scope="module")
def opened(spark, tmp_path_factory: pytest.TempPathFactory):
    """``opened()``: another shop with the same exports."""
    return lambda: Shop(spark, tmp_path_factory.mktemp("corner"))


@pytest.fixture(scope="module")
def undisturbed(opened) -> Shop:
    """Three nights, each with its export in time and right; the last test changes its rules."""
    shop = opened()
    shop.nights(DAYS)
    return shop


def test_a_late_export_of_a_missed_day(opened, undisturbed: Shop) -> None:
    shop = opened()
    shop.nights([FIRST, THIRD])
    assert shop.rows()["behaviour.events"] != undisturbed.rows()["behaviour.events"]
    shop.nights([SECOND, THIRD])
    assert shop.rows() == undisturbed.rows()


def test_a_corrected_day_sent_again(opened, undisturbed: Shop) -> None:
    shop = opened()
    shop.events(SECOND, WRONG)
    shop.nights(DAYS)
    wrong, right = shop.rows(), undisturbed.rows()
    assert [table for table in READ if wrong[table] == right[table]] == []
    shop.events(SECOND, EVENTS[SECOND])
    shop.nights([SECOND, THIRD])
    assert shop.rows() == right


def test_a_rule_set_where_it_is_only_borrowed_is_told_its_place(opened) -> None:
    shop = opened()
    shop.rules("{behaviour.sessions: {session_gap_minutes: 5}}")
    with pytest.raises(PlanError, match=r"session_gap_minutes is set for behaviour\.events"):
        shop.nights([FIRST])


def test_a_rule_changed_over_a_range(opened, undisturbed: Shop) -> None:
    days = [FIRST, SECOND]
    shop, before = opened(), undisturbed.rows(days)
    for each in (shop, undisturbed):
        each.rules(STRICTER)
        each.nights(days)
    after = undisturbed.rows(days)
    assert after == shop.rows(days)
    assert [table for table in TABLES if after[table] == before[table]] == []
    # The gap is set for events alone, and sessions tell apart the very visits that events do.
    told = shop.spark.table(f"{shop.catalog}.behaviour.sessions").where("merged_into is null")
    visits = shop.spark.table(f"{shop.catalog}.behaviour.events").select("session_id").distinct()
    assert told.join(visits, "session_id", "full_outer").where("day is null or started_at is null").isEmpty()
    assert told.select("session_id").distinct().count() == visits.count() == 5
