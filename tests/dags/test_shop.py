"""House law of the shop's DAGs: each is the plan, nothing else, and every task is looked after."""

import json
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from nightmarket import contracts, sources
from nightmarket.contracts import Contracts
from nightmarket.plan import Plan, discover

ROOT = Path(__file__).parents[2]
CRONS = {"nightly": ("0 2 * * *", timedelta(days=1), 2), "weekly": ("0 4 * * 1", timedelta(days=7), 4)}
"""When it runs, how long an interval is, and the hour it ends at."""
AROUND = {"day", "application", "report", "watch"}
"""Tasks that are no tables: what decides the day and builds the tables, the page, and what fails the run."""
UPKEEP = {
    "days": [],
    "branches": [],
    "files": ["days"],
    "manifests": ["days", "files"],
    "snapshots": ["branches", "days", "files", "manifests"],
    "orphans": ["snapshots"],
    "models": ["days"],
    "runs": [],
    "logs": [],
    "scratch": [],
}
"""Operations, and those they come after."""


@pytest.fixture(scope="module")
def promised() -> Contracts:
    return contracts.load(ROOT / "schemas")


@pytest.fixture(scope="module")
def shop(promised: Contracts) -> sources.Shop:
    return sources.load(ROOT / "infra" / "sources" / "demo.yaml", promised)


@pytest.fixture(scope="module")
def plan(shop: sources.Shop, dag_id: str) -> Plan:
    return Plan.of(discover(ROOT), set(shop.sources), every={"nightly": "day", "weekly": "week"}[dag_id])


@pytest.fixture(scope="module")
def tables(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    tasks = told["tasks"].items()
    return {name: task for name, task in tasks if name not in AROUND and not name.startswith("upkeep.")}


def test_every_table_of_the_plan_has_exactly_one_task(tables: dict[str, Any], plan: Plan) -> None:
    assert sorted(tables) == sorted(plan.order)
    assert {task["type"] for task in tables.values()} == {"Table"}


def test_the_edges_are_the_plans(tables: dict[str, Any], plan: Plan) -> None:
    expected = {table: sorted(plan.upstream(table)) or ["day"] for table in plan.order}
    assert {name: task["upstream"] for name, task in tables.items()} == expected


def test_one_application_builds_the_tables_beside_which_their_tasks_wait(
    told: dict[str, Any], dag_id: str
) -> None:
    application = told["tasks"]["application"]
    assert application["type"] == "Application"
    assert application["upstream"] == ["day"]
    every = {"nightly": "day", "weekly": "week"}[dag_id]
    assert application["command"] == [
        "spark-submit", "--master", "local[2]", "--name", f"nightmarket {dag_id}", "<nightmarket>/run.py",
        "--every", every, "--day", "2026-11-01", "--run-key", "RUN", "--only", "",
    ]  # fmt: skip


def test_a_table_by_itself_is_an_application_of_its_own(tables: dict[str, Any]) -> None:
    for name, task in tables.items():
        assert task["command"] == [
            "spark-submit", "--master", "local[2]", "--name", f"nightmarket {name}", "<nightmarket>/run.py",
            name, "--day", "2026-11-01", "--run-key", "RUN",
        ]  # fmt: skip


def test_a_table_ends_as_the_application_says_or_sees_to_it_by_itself(told: dict[str, Any]) -> None:
    comes_back = "AirflowRescheduleException"
    assert told["follows"] == {
        "not begun": comes_back,
        "queued": comes_back,
        "being started again": comes_back,
        "running": "waits",
        "published": "published",
        "published before it was lost": "published",
        "failed": "NightMarketError: 7 rows",
        "failed, may pass": "AirflowException: 7 rows",
        "failed, tried again": "by itself",
        "left": "by itself",
        "lost": "by itself",
        "ended without a word": "by itself",
        "cleared": "by itself",
        "cleared with the application": comes_back,
        "both cleared, published": "published",
        "both cleared, failed": "NightMarketError: 7 rows",
    }


def test_the_page_and_the_watcher_come_after_everything(told: dict[str, Any], plan: Plan) -> None:
    assert told["tasks"]["report"]["upstream"] == sorted(["application", *plan.order])
    upkeep = [name for name in told["tasks"] if name.startswith("upkeep.")]
    assert told["tasks"]["watch"]["upstream"] == sorted([*plan.order, "day", "report", *upkeep])


def test_every_week_each_operation_of_upkeep_has_its_turn(told: dict[str, Any], dag_id: str) -> None:
    tasks = {
        name.removeprefix("upkeep."): task
        for name, task in told["tasks"].items()
        if name.startswith("upkeep.")
    }
    assert sorted(tasks) == (sorted(UPKEEP) if dag_id == "weekly" else [])
    for name, task in tasks.items():
        assert task["upstream"] == sorted(["report", *(f"upkeep.{before}" for before in UPKEEP[name])])
        assert task["command"] == ["nightmarket", "upkeep", name, "--day", "2026-11-01"]
        assert task["trigger_rule"] == "all_done"
        assert task["pool"] == "spark_small"
        assert 0 < task["timeout"] <= 2 * 3600
        assert task["doc"].startswith(f"{name}: ")
    assert set(told["not beside one table"]) == {f"upkeep.{name}" for name in tasks}


def test_a_failed_table_cannot_be_hidden(told: dict[str, Any], plan: Plan) -> None:
    rules = {name: task["trigger_rule"] for name, task in told["tasks"].items()}
    assert rules["watch"] == "one_failed"
    assert rules["report"] == "all_done"
    always = {table for table in plan.order if rules[table] == "all_done"}
    assert always == {"ops.metrics"} & set(plan.order)
    assert {rules[table] for table in plan.order if table not in always} == {"none_failed"}


def test_every_table_retries_soon_and_ends_in_time(tables: dict[str, Any]) -> None:
    for name, task in tables.items():
        assert task["retries"] == 2, name
        assert task["backs_off"], name
        assert 0 < task["retry_delay"] <= 60, name
        assert 6 * 3600 < task["timeout"] <= 24 * 3600, (
            "longer than the longest table, which has its own limit"
        )


def test_every_pool_is_one_that_is_imported_and_goes_by_size(tables: dict[str, Any], plan: Plan) -> None:
    pools = json.loads((ROOT / "infra" / "airflow" / "pools.json").read_text())
    for name, task in tables.items():
        assert task["pool"] == f"spark_{plan.jobs[name].size}"
        assert pools[task["pool"]]["slots"] >= 1


def test_every_task_says_what_it_is_for(told: dict[str, Any], promised: Contracts, plan: Plan) -> None:
    for name, task in told["tasks"].items():
        assert task["doc"], name
    for table in plan.order:
        assert promised.tables[table].purpose in told["tasks"][table]["doc"]
        assert plan.jobs[table].doc in told["tasks"][table]["doc"]
        assert told["tasks"][table]["owner"] == promised.tables[table].owner


def test_the_assets_are_what_the_night_publishes(tables: dict[str, Any], plan: Plan) -> None:
    for name, task in tables.items():
        assert task["outlets"] == sorted(filter(None, [name, plan.jobs[name].rejects]))
    assert sorted(name for task in tables.values() for name in task["outlets"]) == sorted(plan.tables)


def test_it_runs_by_the_shops_clock_for_the_day_just_ended(
    told: dict[str, Any], shop: sources.Shop, dag_id: str
) -> None:
    cron, long, hour = CRONS[dag_id]
    assert told["dag"]["timetable"] == "CronDataIntervalTimetable"
    assert told["dag"]["cron"] == cron
    assert told["dag"]["timezone"] == shop.timezone
    assert told["dag"]["catchup"] is False
    assert told["dag"]["max_active_runs"] == 1
    start, end = (datetime.fromisoformat(moment) for moment in told["dag"]["interval"])
    assert end - start == long
    assert end == datetime(2026, 11, 2, hour, tzinfo=ZoneInfo(shop.timezone))
    assert told["arguments"]["scheduled"][1:3] == ["--day", "2026-11-01"]


def test_its_parameters_are_a_day_and_a_table(told: dict[str, Any], plan: Plan) -> None:
    assert sorted(told["dag"]["params"]) == ["day", "only"]
    assert told["dag"]["params"]["day"]["format"] == "date"
    assert told["dag"]["params"]["only"]["enum"] == [None, *plan.order]


def test_only_a_table_leaves_it_and_what_follows(told: dict[str, Any], plan: Plan) -> None:
    assert told["skipped"]["null"] == []
    for table in plan.order:
        assert told["skipped"][table] == sorted(set(plan.order) - plan.downstream(table)), table


def test_a_retry_keeps_its_run_key_and_a_cleared_run_gets_another(told: dict[str, Any]) -> None:
    assert told["arguments"]["by hand"][-2:] == ["--run-key", "RUN"]
    assert told["arguments"]["cleared"][-2:] == ["--run-key", "RUN.cleared2"]


def test_the_key_of_the_pseudonyms_is_nowhere_in_the_dag(told: dict[str, Any]) -> None:
    assert "the key of the pseudonyms" not in json.dumps(told)


def test_only_what_may_pass_is_tried_again(told: dict[str, Any]) -> None:
    assert told["decisions"] == {
        "our error": "fail",
        "a job's error": "fail",
        "a defect": "default",
        "killed": "default",
        "status 12": "default",
    }


def test_the_golden_file_holds_the_edges(told: dict[str, Any], dag_id: str) -> None:
    """Rebuilt by NIGHTMARKET_GOLDEN=write pytest tests/dags; read the difference before you commit it."""
    now = {name: task["upstream"] for name, task in sorted(told["tasks"].items())}
    written = json.dumps(now, indent=2, ensure_ascii=False) + "\n"
    golden = Path(__file__).with_name(f"{dag_id}.golden.json")
    if os.environ.get("NIGHTMARKET_GOLDEN") == "write":
        golden.write_text(written, encoding="utf-8")
    assert golden.read_text(encoding="utf-8") == written
