"""Nights of a shop with next to nothing: no events, nobody who signs in, at last one customer of one item."""

from datetime import date
from pathlib import Path

import catalogs
import pytest

from nightmarket.plan import Plan, discover
from nightmarket.run import run_table

DAYS = [date(2026, 3, day) for day in (2, 3, 4)]
SHOP = """
shop: Corner
timezone: Europe/Berlin
currency: EUR
sources:
  items: {files: "items.csv", format: csv, columns: {item_id: id, title: title}}
  events:
    files: "events-{day}.csv"
    format: csv
    columns: {event_id: id, event_name: name, event_at: at, user_id: user, device_id: device, item_id: item}
parameters:
  embeddings.items: {model: stand-in}
"""
EVENTS = {
    DAYS[0]: "",
    DAYS[1]: "a1,view_item,2026-03-03 09:00:07,,phone,lamp\n",
    DAYS[2]: "b1,view_item,2026-03-04 09:00:07,ann,phone,lamp\n",
}


@pytest.fixture(scope="module")
def rows(spark, root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, date], int]:
    """How many rows each table of each night has; every table of the plan is built."""
    folder = tmp_path_factory.mktemp("next to nothing")
    landing = folder / "landing"
    landing.mkdir()
    (folder / "shop.yaml").write_text(SHOP)
    (landing / "items.csv").write_text("id,title\nlamp,A red lamp\n")
    plan = Plan.of(discover(root), {"items", "events"})
    catalog = catalogs.add(spark, "next_to_nothing", folder / "warehouse")
    found = {}
    with pytest.MonkeyPatch.context() as patch, catalogs.current(spark, catalog):
        for name, path in (("HOME", ""), ("SHOP", "shop.yaml"), ("LANDING", "landing")):
            patch.setenv(f"NIGHTMARKET_{name}", str(folder / path))
        for day in DAYS:
            (landing / f"events-{day}.csv").write_text(f"id,name,at,user,device,item\n{EVENTS[day]}")
            for table in plan.order:
                found[table, day] = run_table(table, day, f"night {day}").rows_out
    return found


OF_PEOPLE = ("behaviour.interactions", "recommendation.factors", "recommendation.ranked", "embeddings.users")


def test_a_night_without_events_has_no_rows_of_them(rows) -> None:
    of_events = (
        "behaviour.events",
        "behaviour.sessions",
        "behaviour.searches",
        "behaviour.funnel",
        *OF_PEOPLE,
    )
    assert {table: rows[table, DAYS[0]] for table in of_events} == dict.fromkeys(of_events, 0) | {
        "behaviour.funnel": rows["behaviour.funnel", DAYS[0]]
    }
    assert rows["catalogue.items", DAYS[0]] == rows["embeddings.items", DAYS[0]] == 1


def test_a_night_on_which_nobody_signs_in_has_events_and_no_people(rows) -> None:
    assert rows["behaviour.events", DAYS[1]] == rows["behaviour.sessions", DAYS[1]] == 1
    assert {table: rows[table, DAYS[1]] for table in OF_PEOPLE} == dict.fromkeys(OF_PEOPLE, 0)


def test_one_customer_of_one_item_is_enough(rows) -> None:
    """Who has seen the only item, and not bought it, may be shown it again."""
    assert {table: rows[table, DAYS[2]] for table in OF_PEOPLE} == {
        "behaviour.interactions": 1,
        "recommendation.factors": 2,
        "recommendation.ranked": 1,
        "embeddings.users": 1,
    }
