"""Running a night and watching it, task by task."""

import json
import signal
import sqlite3
import subprocess
import time
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from rich.console import Console

from nightmarket import contracts, project, sources
from nightmarket.night import embedded_airflow
from nightmarket.night.job_log import JobLog
from nightmarket.night.progress import Progress, Step
from nightmarket.plan import Plan, discover
from nightmarket.runner.announcement import APPLICATION
from nightmarket.visible import visible

INTERRUPTED = 130
_POLL_SECONDS = 0.5
_WAITING = Step("waiting", None)
_BY_ITSELF = {"running", "success", "failed", "up_for_retry"}


def run(day: date, only: str | None = None, console: Console | None = None) -> int:
    """Run the night of ``day`` and show it; 0 when everything asked for was published, else 1 (130: stopped).

    Args:
        day: the day of the exports.
        only: a table; it and everything that follows from it run, the rest keeps what it has.

    Raises:
        NightMarketError: the night cannot begin: no Airflow, no Java, a broken plan, an unknown table.
    """
    console = console or Console(highlight=False)
    root, home = project.root(), project.home()
    shop = sources.load(project.shop(), contracts.load(root / "schemas"))
    plan = Plan.of(discover(root), set(shop.sources), every="day")
    asked = plan.downstream(only) if only else frozenset(plan.order)
    variables = embedded_airflow.environment(home)
    began = datetime.now(UTC)
    log = home / "logs" / "nightly" / f"{day}_{began:%Y%m%dT%H%M%S%f}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    embedded_airflow.prepare(home, variables, log)
    conf = json.dumps({"day": day.isoformat(), "only": only})
    command = [*embedded_airflow.command(), "dags", "test", "nightly", began.isoformat(), "--conf", conf]
    progress = Progress(console, [table for table in plan.order if table in asked])
    with log.open("ab") as written:
        night = subprocess.Popen(
            command,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=written,
            start_new_session=True,
        )
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        said, steps = _watch(night, home, began, log, progress)
    except KeyboardInterrupt:
        embedded_airflow.stop(night)
        console.print(f"stopped; what was published stays. The full log is {log}", soft_wrap=True)
        return INTERRUPTED
    finally:
        signal.signal(signal.SIGTERM, before)
        if night.poll() is None:
            embedded_airflow.stop(night)
    if night.returncode == 0:
        return 0
    _explain(console, steps, said, log)
    return 1


def run_range(first: date, last: date, only: str | None = None, console: Console | None = None) -> int:
    """Run the nights from ``first`` to ``last`` in their order; the first that fails is the last that runs.

    Each is a night as :func:`run` runs it, under a run key of its own: a day that is published is computed
    again, from its export and the days before it as they are now.
    """
    console = console or Console(highlight=False)
    for day in (first + timedelta(days=past) for past in range((last - first).days + 1)):
        console.print(f"{day}", style="bold")
        status = run(day, only, console)
        if status:
            again = f"nightmarket night --from {day} --to {last}{f' --only {only}' if only else ''}"
            console.print(
                f"The night of {day} is not done and none after it was begun; to go on: {again}",
                soft_wrap=True,
                markup=False,
            )
            return status
    return 0


def _watch(
    night: "subprocess.Popen[bytes]", home: Path, began: datetime, log: Path, progress: Progress
) -> tuple[JobLog, dict[str, Step]]:
    steps: dict[str, Step] = {}
    with closing(JobLog(log)) as said, progress:
        while True:
            over = night.poll() is not None
            said.read()
            steps = _steps(home, began) or steps
            progress.show(_with_announced(steps, said), said.last)
            if over:
                return said, steps
            time.sleep(_POLL_SECONDS)


def _steps(home: Path, began: datetime) -> dict[str, Step]:
    """Every task of the run, by its id; empty while Airflow has not made the run or is writing just now."""
    ours = began.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    try:
        with closing(
            sqlite3.connect(
                f"file:{quote(str(embedded_airflow.database(home)))}?mode=ro", uri=True, timeout=1
            )
        ) as db:
            rows = db.execute(
                "select task_id, t.state, t.start_date, t.end_date from task_instance t "
                "join dag_run r on r.dag_id = t.dag_id and r.run_id = t.run_id "
                "where r.dag_id = 'nightly' and r.logical_date = ?",
                (ours,),
            ).fetchall()
    except sqlite3.OperationalError:
        return {}
    now = datetime.now(UTC)
    return {name: Step(state or "waiting", _seconds(start, end, now)) for name, state, start, end in rows}


def _with_announced(steps: Mapping[str, Step], log: JobLog) -> dict[str, Step]:
    """The steps as the application announces them: Airflow's tasks of the tables only follow it.

    What is tried again by itself after that is Airflow's to say.
    """
    found = dict(steps)
    ended = APPLICATION in steps and steps[APPLICATION].state == "failed"
    for table, (said, heard) in log.announced.items():
        now = steps.get(table, _WAITING)
        if said.state == "published":
            found[table] = Step("success", said.seconds)
        elif said.state == "started" and not ended:
            found[table] = Step("running", time.monotonic() - heard)
        elif said.state == "failed" and now.state not in _BY_ITSELF:
            found[table] = Step("up_for_retry" if said.retryable else "failed", said.seconds)
    return found


def _seconds(start: str | None, end: str | None, now: datetime) -> float | None:
    if start is None:
        return None
    last = datetime.fromisoformat(end).replace(tzinfo=UTC) if end else now
    return (last - datetime.fromisoformat(start).replace(tzinfo=UTC)).total_seconds()


def _explain(console: Console, steps: Mapping[str, Step], said: JobLog, log: Path) -> None:
    failed = [name for name, step in steps.items() if step.state == "failed" and name != "watch"]
    if len(failed) > 1 and APPLICATION in failed and APPLICATION not in said.errors:
        failed.remove(APPLICATION)  # what the tables say of it says more
    for name in failed:
        # A defect has no error line of ours; the last line of its traceback says most.
        why = said.errors.get(name) or said.last.get(name) or "it stopped without a word"
        said_by_job = "\n".join(visible(line) for line in why.removeprefix(f"{name}: ").split("\n"))
        console.print(f"error: {name}: {said_by_job}", style="red", markup=False, soft_wrap=True)
    if not failed:
        console.print("error: Airflow could not run the night", style="red", soft_wrap=True)
    console.print(f"The full log is {log}", soft_wrap=True, markup=False)
