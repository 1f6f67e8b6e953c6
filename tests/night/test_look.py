"""Looking at a night that was published: the page's numbers, ``nightmarket show`` and ``tables``."""

import csv
import io
import json
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import catalogs
import pytest
from drawn import table
from markupsafe import Markup
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from nightmarket import cli
from nightmarket.contracts import Contracts, ddl
from nightmarket.domains.behaviour.sections.apart import Apart, Machines
from nightmarket.domains.behaviour.sections.day import ShopDay
from nightmarket.domains.embeddings.sections.tuning import Tuning
from nightmarket.domains.reviews.sections.sentiment import Sentiment
from nightmarket.errors import WarehouseError
from nightmarket.report.blocks import render
from nightmarket.report.gather import gather, write
from nightmarket.report.night import Night, RejectCount
from nightmarket.report.samples import Item
from nightmarket.report.section import Look, Section
from nightmarket.warehouse import Run, Warehouse

EVE, DAY = date(2026, 3, 1), date(2026, 3, 2)
HASH = "0" * 64
REASONED = ", raw string, source_file string, reject_reason string, reject_detail string"

# table: what its build takes, and the edges it declares
JOBS = {
    "behaviour.events": ("events", "events=source('events'), rejects='behaviour.rejects'"),
    "catalogue.items": ("items", "items=source('items')"),
    "behaviour.interactions": ("events", "events=days('behaviour.events', 30)"),
    "recommendation.ranked": ("tastes", "tastes=latest('behaviour.interactions', max_age=1)"),
    "content.descriptions": ("items", "items=latest('catalogue.items', max_age=1)"),
    "reviews.clean": ("reviews", "reviews=source('reviews')"),
    "reviews.sentiment": ("items", "items=latest('catalogue.items', max_age=1)"),
    "embeddings.items": ("texts", "texts=days('reviews.clean', 30)"),
}
SHOP = """
shop: Corner
timezone: Asia/Shanghai
currency: CNY
sources:
  events: {files: "e-{day}.csv", format: csv, columns: {event_id: a, event_name: b, event_at: c}}
  items: {files: "i-{day}.csv", format: csv, columns: {item_id: a, title: b}}
  reviews: {files: "r-{day}.csv", format: csv, columns: {review_id: a, item_id: b, text: c}}
"""

# 15:59 UTC is still the day in Shanghai, 16:00 is the next; the 28th is a late event.
EVENTS = """
|event_id|event_name|event_at|user_id|item_id|query|price|bot|reject_reason|raw|device_id|
| e1 | view_item | 2026-03-02 15:59:00 | u1 | i1 | | | | | | |
| e2 | view_item | 2026-03-02 01:30:00 | u1 | i2 | | | | | | |
| e3 | add_to_cart | 2026-03-02 01:00:00 | u1 | i2 | | | | | | |
| e4 | purchase | 2026-02-28 01:00:00 | u1 | i2 | | 19.9 | | | | |
| e5 | search | 2026-03-01 16:00:00 | u2 | | call 555010 | | | | | |
| e6 | view_item | 2026-03-02 16:00:00 | u2 | i1 | | | | | | |
| e7 | view_item | 2026-03-01 15:59:59 | u3 | i1 | | | rate | | | |
| e8 | view_item | 2026-02-19 10:00:00 | u3 | i1 | | | user_agent | | | |
| e9 | view_item | 2026-03-02 10:00:00 | u3 | i1 | | | rate | | | |
| f1 | search | 2026-03-02 10:00:00 | | | | | rate | | | d1 |
| e1 | view_item | 2026-03-02 15:59:00 | u1 | i1 | | | | duplicate | e1,secret | |
"""
ITEMS = f"""
| item_id | title | text | language | content_hash | first_seen_day | last_seen_day | active | attributes |
| i1 | Teapot | x | en | {HASH} | 2026-03-01 | 2026-03-02 | true | {{size: L, colour: red}} |
| i2 | 青瓷品茗杯 | x | zh | {HASH} | 2026-03-01 | 2026-03-02 | true | |
"""
ITEMS_BEFORE = f"""
| item_id | title  | text | language | content_hash | first_seen_day | last_seen_day | active |
| i1      | Teapot | x    | en       | {HASH}       | 2026-03-01     | 2026-03-01    | true   |
"""
CLEAN = f"""
| review_id | item_id | text | language | content_hash | redactions |
| r1        | i1      | x    | en       | {HASH}       | 0          |
| r2        | i1      | x    | en       | {HASH}       | 0          |
| r3        | i1      | x    | en       | {HASH}       | 0          |
| r4        | i1      | x    | zh       | {HASH}       | 0          |
"""
TASTES = """
| user_id | item_id | weight | views | carts | purchases | refunds | first_at | last_at |
| u1 | i1 | 1.0 | 1 | 0 | 0 | 0 | 2026-03-01 10:00:00 | 2026-03-02 10:00:00 |
| u1 | i2 | 8.0 | 1 | 1 | 1 | 0 | 2026-03-01 10:00:00 | 2026-03-02 10:00:00 |
"""
RANKED = """
| user_id | rank | item_id | score | source  |
| u1      | 2    | i2      | 0.5   | als     |
| u1      | 1    | i1      | 0.75  | als     |
| u9      | 1    | i2      | 0.1   | popular |
"""
DESCRIPTIONS = f"""
| item_id | language | description   | facts | content_hash |
| i1      | en       | A red teapot. | 1     | {HASH}       |
| i2      | zh       | 一款青瓷杯。  | 1     | {HASH}       |
"""
SENTIMENT = """
| review_id | item_id | language | positive | label    |
| r1        | i1      | en       | 0.05     | negative |
| r2        | i1      | en       | 1.0      | positive |
| r3        | i2      | en       | 0.95     | positive |
| r4        | i2      | zh       | 0.5      | positive |
"""
EMBEDDED = f"""
| review_id | content_hash | model | model_digest | vector                    |
| r1        | {HASH}       | m     | {HASH}       | [0.125, -0.5, 0, 0, 0, 1] |
"""


TRIALS = """
| base | current | pairs | held_out | ndcg_current | ndcg_tuned | accepted | steps | learnt | candidates |
| e5   | e5      | all   | 30       | 0.5          | 0.75       | true     | 300   | 900    | 200        |
| e5   | e5      | query_item | 30  | 0.5          | 0.75       | true     | 300   | 900    | 200        |
"""


@pytest.fixture(scope="module")
def shop(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project of its own: our contracts, and jobs that declare their edges and are never run."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(root / "schemas", folder / "schemas")
    for name, (inputs, edges) in JOBS.items():
        path = folder / "jobs" / f"{name.replace('.', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            "from nightmarket.plan import days, job, latest, source\n\n\n"
            f"@job(writes='{name}', {edges})\ndef build({inputs}):\n    raise AssertionError\n"
        )
    (folder / "shop.yaml").write_text(SHOP)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NIGHTMARKET_PROJECT", str(folder))
        patch.setenv("NIGHTMARKET_SHOP", str(folder / "shop.yaml"))
        yield folder


@pytest.fixture(scope="module")
def night(
    spark, contracts: Contracts, shop: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Warehouse]:
    """A warehouse after a night on which reviews.clean and embeddings.items published nothing."""
    catalogs.add(spark, "looked_at", tmp_path_factory.mktemp("warehouse"))
    before = spark.catalog.currentCatalog()
    spark.catalog.setCurrentCatalog("looked_at")

    def publish(name: str, drawing: str, day: date = DAY, rejects: str | None = None) -> None:
        # A new one each time: a warehouse goes on reading what it has read once.
        warehouse, contract = Warehouse(spark, contracts), contracts.tables[name]
        columns = ddl(contract) + (REASONED if rejects else "")
        frame = table(spark, columns, drawing).withColumn("day", F.lit(day))
        run = Run(day, "the run", "test", datetime(2026, 3, 3, 2, 0, tzinfo=UTC))
        warehouse.publish(contract, frame, run, rejects=contracts.tables[rejects] if rejects else None)

    publish("catalogue.items", ITEMS_BEFORE, EVE)
    publish("reviews.clean", CLEAN, EVE, rejects="reviews.rejects")
    publish("embeddings.reviews", EMBEDDED, EVE)
    publish("catalogue.items", ITEMS)
    publish("behaviour.events", EVENTS, rejects="behaviour.rejects")
    publish("behaviour.interactions", TASTES)
    publish("recommendation.ranked", RANKED)
    publish("content.descriptions", DESCRIPTIONS)
    publish("reviews.sentiment", SENTIMENT)
    publish("embeddings.encoders", TRIALS, EVE)
    yield Warehouse(spark, contracts)
    spark.catalog.setCurrentCatalog(before)


@pytest.fixture(autouse=True)
def opened(night: Warehouse, monkeypatch) -> None:
    for place in ("show", "look", "work"):
        monkeypatch.setattr(f"nightmarket.cli.{place}.opened", lambda: night)


@pytest.fixture(scope="module")
def gathered(night: Warehouse) -> tuple[Night, dict[str, Any]]:
    return gather(night, DAY)


@pytest.fixture(scope="module")
def found(gathered: tuple[Night, dict[str, Any]]) -> dict[str, Any]:
    """What the sections have read, by their names."""
    return gathered[1]


def test_the_night_is_gathered_as_it_was_published(gathered: tuple[Night, dict[str, Any]]):
    night, found = gathered
    assert (night.shop, night.timezone) == ("Corner", "Asia/Shanghai")
    by_name = {one.table: one for one in night.tables}
    assert sorted(by_name) == sorted(JOBS)
    assert by_name["behaviour.events"].rows_out == 10
    assert by_name["behaviour.events"].rows_rejected == 1
    assert by_name["catalogue.items"].rows_rejected is None, "a table that judges nothing rejects nothing"
    started = by_name["behaviour.events"].started_at
    assert started == datetime(2026, 3, 3, 2, 0, tzinfo=UTC), "in UTC, whatever the machine's zone"
    assert night.rejects == (RejectCount("behaviour", "duplicate", 1, "the same row came twice", "重复"),)
    assert by_name["reviews.clean"].state == "missing"
    assert by_name["reviews.clean"].newest_day == EVE
    assert by_name["embeddings.items"].state == "waiting"
    assert by_name["embeddings.items"].waits_for == ("reviews.clean",)
    assert by_name["embeddings.items"].newest_day is None
    assert found["reviews.sentiment"] == (
        Sentiment("en", (1, 0, 0, 0, 0, 0, 0, 0, 0, 2), 2),
        Sentiment("zh", (0, 0, 0, 0, 0, 1, 0, 0, 0, 0), 1),
    )
    tunings = found["embeddings.tuning"]
    assert [(one.pairs, one.day) for one in tunings] == [("query_item", EVE), ("all", EVE)]
    assert tunings[1] == Tuning(EVE, "e5", "all", 30, 0.5, 0.75, True)


def test_hours_are_the_shops_own_and_late_events_are_not_of_the_day(found: dict[str, Any]):
    expected = {0: 1, 9: 2, 23: 1}  # e5 at 00:00, e2 and e3 at 9, e1 at 23:59; e4 was late, e6 is of the 3rd
    assert found["behaviour.day"] == ShopDay(
        hours=tuple(expected.get(hour, 0) for hour in range(24)),
        events={"add_to_cart": 1, "purchase": 1, "search": 1, "view_item": 3},
    )


def test_late_rows_and_machines_are_counted(found: dict[str, Any]):
    """Late are e7, e4 and e8; e5 was at midnight in Shanghai."""
    machines = {"rate": Machines(3, 2, 1), "user_agent": Machines(1, 1, 1)}
    assert found["behaviour.apart"] == Apart(late={1: 1, 2: 1, 4: 1}, machines=machines)


def test_recommendations_come_with_what_the_customer_did_and_without_the_customers_name(found: dict):
    teapot, cup = Item("i1", "Teapot", "en"), Item("i2", "青瓷品茗杯", "zh")
    learnt, new = found["recommendation.shoppers"]
    assert (learnt.name, new.name) == ("Shopper A", "Shopper B")
    assert learnt.did == (cup, teapot), "strongest first"
    assert [(p.rank, p.item, p.source) for p in learnt.picks] == [(1, teapot, "als"), (2, cup, "als")]
    assert (new.did, [p.source for p in new.picks]) == ((), ["popular"])


def test_a_night_is_compared_with_the_one_before(gathered: tuple[Night, dict[str, Any]]):
    before = {one.table: one.rows_before for one in gathered[0].published}
    assert before.pop("catalogue.items") == 1
    assert set(before.values()) == {None}


def test_the_page_is_written_whole_and_shows_nobody(night: Warehouse, tmp_path: Path, monkeypatch, capsys):
    monkeypatch.setenv("NIGHTMARKET_HOME", str(tmp_path / "home"))
    assert cli.main(["report", "--day", "2026-03-02"]) == 0
    path = Path(capsys.readouterr().out.strip())
    assert path == tmp_path / "home" / "reports" / "2026-03-02.html"
    assert list(path.parent.iterdir()) == [path]
    html = path.read_text(encoding="utf-8")
    for name in JOBS:
        assert name in html
    assert "青瓷品茗杯" in html
    for private in ("secret", "555010", ">u1<", "u1 ", "u9"):
        assert private not in html


def test_a_section_reads_what_it_declares_and_fails_by_itself(
    night: Warehouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    def section(name: str, table: str, *, needs: str = "catalogue.items", column: str = "*") -> Section:
        def read(look: Look) -> list:
            return look.rows(table).select(column).collect()

        def show(found: list) -> Markup:
            return render("<p>{{ found|length }} rows</p>", found=found)

        return Section(name, "", "merchant", 1, show, read, needs=(needs,), name=f"probe.{name}")

    sections = (
        section("good", "catalogue.items"),
        section("more", "reviews.sentiment"),
        section("typo", "catalogue.item", needs="catalogue.item"),
        section("broken", "catalogue.items", column="a_column_of_ann@example.com"),
        section("early", "embeddings.items", needs="embeddings.items"),
    )
    monkeypatch.setattr("nightmarket.report.section.discover", lambda: sections)
    monkeypatch.setattr("nightmarket.report.page.discover", lambda: sections)
    html = write(night, DAY, tmp_path).read_text(encoding="utf-8")
    assert "<p>2 rows</p>" in html
    for why in (
        "probe.more reads reviews.sentiment and does not declare it; add it to its uses.",
        "there is no table catalogue.item; did you mean catalogue.items?",
        "AnalysisException; the log of the report has the rest.",
    ):
        assert f"This section could not be made: {why}" in html
    assert html.count("could not be made") == 3
    assert "early" not in html, "its table was not published"
    assert "ann@example.com" not in html


def test_rejected_rows_that_cannot_be_counted_cost_no_more_than_their_section(
    night: Warehouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    days = night.days

    def damaged(table: str, first: date, last: date) -> DataFrame:
        if table == "behaviour.rejects":
            raise WarehouseError("behaviour.rejects: a file is missing; restore it from a backup.")
        return days(table, first, last)

    monkeypatch.setattr(night, "days", damaged)
    html = write(night, DAY, tmp_path).read_text(encoding="utf-8")
    why = "behaviour.rejects: a file is missing; restore it from a backup."
    assert f"This section could not be made: {why}" in html
    assert html.count("could not be made") == 1
    assert "Nothing was rejected" not in html
    assert "The day in the shop" in html


def test_a_day_nobody_ran_has_a_page_too(night: Warehouse, tmp_path: Path):
    path = write(night, date(2026, 2, 1), tmp_path / "reports")
    assert "None of the 8 tables was published" in path.read_text(encoding="utf-8")


def test_show_prints_rows_by_key(night: Warehouse, capsys):
    assert (
        cli.main(["show", "behaviour.events", "--columns", "event_id,event_at,query,price", "--limit", "5"])
        == 0
    )
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "behaviour.events of 2026-03-02"
    cells = [line.split() for line in lines if line.startswith("e")]
    assert [c[0] for c in cells] == ["event_id", "e1", "e2", "e3", "e4", "e5"]
    assert cells[1] == ["e1", "2026-03-02", "15:59:00", "–", "–"]
    assert cells[4][-1] == "19.90"
    assert lines[-1].startswith("For other engines: ")
    assert lines[-1].endswith(".metadata.json")


def test_show_hides_personal_data_until_it_is_asked_for(night: Warehouse, capsys):
    assert cli.main(["show", "behaviour.rejects", "--columns", "reason,raw"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert ["duplicate", "•••"] in [line.split() for line in lines]
    assert "--personal" in lines[-3]
    assert cli.main(["show", "behaviour.rejects", "--columns", "raw", "--personal"]) == 0
    assert "e1,secret" in capsys.readouterr().out
    assert cli.main(["show", "behaviour.rejects", "--columns", "raw", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"raw": "•••"}


def test_show_shortens_vectors_and_maps_for_people_only(night: Warehouse, capsys):
    assert cli.main(["show", "embeddings.reviews"]) == 0
    assert "[0.12, -0.50, … ×6]" in capsys.readouterr().out
    assert cli.main(["show", "embeddings.reviews", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["vector"] == [0.125, -0.5, 0, 0, 0, 1]
    assert cli.main(["show", "catalogue.items", "--columns", "attributes"]) == 0
    assert "{colour: red, size: L}" in capsys.readouterr().out


def test_show_writes_json_lines_and_csv_for_programs(night: Warehouse, capsys):
    assert (
        cli.main(["show", "behaviour.events", "--json", "--columns", "event_id,event_at,price,order_id"]) == 0
    )
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert rows[3] == {
        "event_id": "e4",
        "event_at": "2026-02-28T01:00:00Z",
        "price": "19.9000",
        "order_id": None,
    }
    assert cli.main(["show", "catalogue.items", "--csv", "--columns", "item_id,title,attributes"]) == 0
    read = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert read == [
        ["item_id", "title", "attributes"],
        ["i1", "Teapot", '{"colour": "red", "size": "L"}'],
        ["i2", "青瓷品茗杯", ""],
    ]


def test_show_rejected_rows_of_the_table_they_were_rejected_from(night: Warehouse, capsys):
    for name in ("behaviour.events", "behaviour.rejects"):
        assert cli.main(["show", name, "--rejected", "--columns", "reason,raw"]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert lines[0] == "behaviour.rejects of 2026-03-02"
        assert ["duplicate", "•••"] in [line.split() for line in lines]
    assert cli.main(["show", "behaviour.events", "--run", "the run", "--columns", "event_id", "--csv"]) == 0
    assert capsys.readouterr().out.split() == ["event_id", *(f"e{n}" for n in range(1, 10)), "f1"]
    assert cli.main(["show", "behaviour.events", "--run", "no run"]) == 1
    assert "no run 'no run' has written rows to behaviour.events" in capsys.readouterr().err
    assert cli.main(["show", "catalogue.items", "--rejected"]) == 1
    assert (
        "catalogue.items rejects no rows; the tables that do are behaviour.events" in capsys.readouterr().err
    )


def test_show_of_a_day_without_rows_and_of_a_table_without_days(night: Warehouse, capsys):
    assert cli.main(["show", "catalogue.items", "--day", "2026-03-05"]) == 0
    assert "no rows of 2026-03-05; its newest day up to then is 2026-03-02" in capsys.readouterr().out
    assert cli.main(["show", "catalogue.items", "--day", "2026-02-01"]) == 1
    assert "no rows on or before 2026-02-01" in capsys.readouterr().err
    assert cli.main(["show", "embeddings.items"]) == 1
    assert "embeddings.items has never been published" in capsys.readouterr().err


def test_tables_lists_what_is_published(night: Warehouse, capsys):
    assert cli.main(["tables"]) == 0
    lines = {
        line.split()[0]: line.split()[1:4] for line in capsys.readouterr().out.splitlines() if "." in line
    }
    assert lines["behaviour.events"] == ["2026-03-02", "10", "1"]
    assert lines["behaviour.rejects"] == ["2026-03-02", "1", "1"]
    assert lines["reviews.clean"][0] == "2026-03-01"
    assert "embeddings.items" not in lines


def test_show_says_that_nothing_was_rejected(
    night: Warehouse, spark, contracts: Contracts, monkeypatch, capsys
):
    """On a day that had no rejects, on one before the first, and where the table was never run."""
    assert cli.main(["show", "behaviour.rejects", "--day", "2026-03-01"]) == 1
    assert "run `nightmarket run behaviour.events --day DAY`" in capsys.readouterr().err
    frame = table(
        spark,
        ddl(contracts.tables["behaviour.events"]) + REASONED,
        "\n".join(EVENTS.rstrip().splitlines()[:-1]),
    )
    run = Run(date(2026, 3, 1), "a good run", "test", datetime(2026, 3, 3, 2, 0, tzinfo=UTC))
    events, rejects = contracts.tables["behaviour.events"], contracts.tables["behaviour.rejects"]
    Warehouse(spark, contracts).publish(events, frame.withColumn("day", F.lit(run.day)), run, rejects=rejects)
    assert cli.main(["show", "behaviour.events", "--rejected", "--run", "a good run"]) == 0
    assert "behaviour.rejects has no rows of 2026-03-01." in capsys.readouterr().out
    monkeypatch.setattr("nightmarket.cli.show.opened", lambda: Warehouse(spark, contracts))
    assert cli.main(["show", "behaviour.rejects", "--day", "2026-03-01"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[:2] == ["behaviour.rejects has no rows of 2026-03-01.", "None was rejected on that day."]
