"""What the jobs said, found in Airflow's log as it grows."""

from pathlib import Path

import pytest

from nightmarket.night.job_log import JobLog
from nightmarket.night.progress import Step
from nightmarket.night.watched import _with_announced
from nightmarket.runner.announcement import Announcement

SPARK = "airflow.providers.apache.spark.hooks.spark_submit.SparkSubmitHook"
HOOK = f"[airflow.task.hooks.{SPARK}] loc=spark_submit.py:663"
BASH = "[airflow.task.hooks.airflow.providers.standard.hooks.subprocess.SubprocessHook] loc=subprocess.py:106"
DAG = "[airflow.sdk.definitions.dag] loc=dag.py:1501"


def starts(task: str) -> str:
    return f"2026-11-02T02:00:00.000000Z [info     ] [DAG TEST] starting task_id={task} map_index=-1 {DAG}\n"


def prints(text: str, hook: str = HOOK, level: str = "info     ") -> str:
    return f"2026-11-02T02:00:01.000000Z [{level}] {text:<30} {hook}\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "night.log").touch()
    return tmp_path / "night.log"


def read(path: Path, *lines: str) -> JobLog:
    log = JobLog(path)
    with path.open("a", encoding="utf-8") as written:
        for line in lines:
            written.write(line)
            written.flush()
            log.read()
    return log


def test_each_tasks_newest_line_is_its_own(path: Path) -> None:
    log = read(
        path,
        starts("behaviour.events"),
        prints("Spark-Submit cmd: spark-submit --master local[2]"),
        prints("reading"),
        prints("behaviour.events 2026-11-01: 12 rows"),
        starts("report"),
        prints("Running command: ['bash', '-c', 'nightmarket report']", BASH),
        prints("reports/2026-11-01.html", BASH),
        prints("Command exited with return code 0", BASH),
    )
    assert log.last == {
        "behaviour.events": "behaviour.events 2026-11-01: 12 rows",
        "report": "reports/2026-11-01.html",
    }
    assert log.errors == {}


def test_an_error_keeps_all_its_lines_and_nothing_of_airflow(path: Path) -> None:
    log = read(
        path,
        starts("catalogue.items"),
        prints("error: catalogue.items for 2026-11-01 broke 2 rules:"),
        prints("price: 3 rows below 0 [A1, A2, A3]"),
        prints("title: 1 row empty"),
        "2026-11-02T02:00:02.000000Z [error    ] Task failed with exception [task] loc=task_runner.py:1651\n",
        "Traceback (most recent call last):\n",
    )
    assert log.errors["catalogue.items"].splitlines() == [
        "catalogue.items for 2026-11-01 broke 2 rules:",
        "price: 3 rows below 0 [A1, A2, A3]",
        "title: 1 row empty",
    ]


def test_a_second_try_starts_with_a_clean_slate(path: Path) -> None:
    log = read(path, starts("a.b"), prints("error: no"), starts("a.b"), prints("a.b: 5 rows"))
    assert log.errors == {}
    assert log.last == {"a.b": "a.b: 5 rows"}


def test_a_line_counts_once_it_is_whole(path: Path) -> None:
    whole = prints("error: the file is broken")
    log = read(path, starts("a.b"), whole[:70])
    assert log.errors == {}
    with path.open("a") as written:
        written.write(whole[70:])
    log.read()
    assert log.errors == {"a.b": "the file is broken"}


def test_bytes_that_are_no_text_do_not_stop_it(path: Path) -> None:
    path.write_bytes(starts("a.b").encode() + b"\xff\xfe\x00\n" + prints("done 夜市").encode())
    log = JobLog(path)
    log.read()
    assert log.last == {"a.b": "done 夜市"}


def test_a_task_that_the_dag_refuses_says_why(path: Path) -> None:
    log = read(path, starts("a.b"), "airflow.sdk.exceptions.AirflowFailException: nobody says which Spark\n")
    assert log.errors == {"a.b": "nobody says which Spark"}


def announces(
    table: str, state: str, words: str = "", seconds: float = 0.0, *, retryable: bool = False
) -> str:
    said = Announcement(table, state, "RUN", words, seconds, retryable)  # type: ignore[arg-type]
    return prints(said.line())


def test_an_application_says_what_becomes_of_each_table(path: Path) -> None:
    log = read(
        path,
        starts("application"),
        prints("WARN something of Spark's"),
        announces("a.good", "started"),
        announces("a.bad", "started"),
        announces("a.good", "published", "a.good: 7 rows", 1.5),
        announces("a.bad", "failed", "two lines:\n  price", 2.5),
        announces("a.after", "left"),
        announces("a.long", "started"),
    )
    assert {name: said.state for name, (said, _) in log.announced.items()} == {
        "a.good": "published", "a.bad": "failed", "a.after": "left", "a.long": "started",
    }  # fmt: skip
    assert log.last == {"application": "WARN something of Spark's", "a.good": "a.good: 7 rows"}
    assert log.errors == {"a.bad": "two lines:\n  price"}


def test_the_task_that_follows_keeps_what_was_announced_and_a_try_by_itself_does_not(path: Path) -> None:
    log = read(
        path,
        starts("application"),
        announces("a.bad", "failed", "no"),
        announces("a.good", "published", "a.good: 7 rows"),
        starts("a.bad"),
        starts("a.good"),
    )
    assert log.errors == {"a.bad": "no"}
    assert log.last == {"a.good": "a.good: 7 rows"}
    with path.open("a") as written:
        written.write(starts("a.bad"))
    log.read()
    assert log.errors == {}


def test_a_second_application_begins_anew_with_what_was_not_published(path: Path) -> None:
    log = read(
        path,
        starts("application"),
        announces("a.good", "published"),
        announces("a.long", "started"),
        announces("a.after", "left"),
        starts("application"),
    )
    assert list(log.announced) == ["a.good"]


def test_steps_go_by_what_is_announced_until_airflow_knows_better(path: Path) -> None:
    log = read(
        path,
        announces("a.good", "published", "", 1.5),
        announces("a.bad", "failed", "no", 2.5),
        announces("a.passing", "failed", "no", 3.5, retryable=True),
        announces("a.after", "left"),
        announces("a.long", "started"),
    )
    waits = Step("up_for_reschedule", 0.1)
    steps = {
        "application": Step("running", 9.0),
        "a.good": Step("success", 0.1),
        "a.bad": waits,
        "z.z": waits,
    }
    found = _with_announced(steps, log)
    assert found["a.good"] == Step("success", 1.5), "the time it took, not that of the task that follows"
    assert found["a.bad"] == Step("failed", 2.5)
    assert found["a.passing"] == Step("up_for_retry", 3.5)
    assert "a.after" not in found
    assert found["z.z"] == waits
    assert found["a.long"].state == "running"
    assert found["a.long"].seconds is not None
    assert 0 <= found["a.long"].seconds < 60

    by_itself = _with_announced({"a.passing": Step("running", 4.0), "application": Step("failed", 9.0)}, log)
    assert by_itself["a.passing"] == Step("running", 4.0)
    assert "a.long" not in by_itself, "the application is gone, and with it what it was at"
