"""Imports the shop's DAGs in this process and writes what one is as JSON; run by the tests, not by pytest.

python told_by_the_dag.py dags/shop.py nightly OUT.json
"""

import json
import sys
import time
from datetime import datetime
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import airflow
import airflow.providers.apache.spark.operators.spark_submit
import airflow.providers.standard.operators.bash
import airflow.sdk
import pendulum
import psutil

airflow.sdk.DAG  # noqa: B018  (airflow.sdk loads its parts when they are first named)

sys.path.append(str(Path(sys.argv[1]).parent))  # as Airflow does
before = set(sys.modules)
began = time.process_time()
spec = spec_from_file_location("shop", sys.argv[1])
module = module_from_spec(spec)
spec.loader.exec_module(module)
seconds = time.process_time() - began
loaded = sorted(set(sys.modules) - before)
children = [" ".join(child.cmdline()) for child in psutil.Process().children(recursive=True)]

import application  # noqa: E402
from airflow.providers.apache.spark.hooks.spark_submit import SparkSubmitHook  # noqa: E402
from airflow.sdk.exceptions import AirflowException, AirflowSkipException  # noqa: E402
from airflow.serialization.encoders import coerce_to_core_timetable  # noqa: E402
from airflow.serialization.serialized_objects import DagSerialization  # noqa: E402

import nightmarket  # noqa: E402
from nightmarket.errors import SourceError  # noqa: E402

dag = getattr(module, sys.argv[2])
package = str(Path(nightmarket.__file__).parent)


def context(run_type: str, day: str | None, end: datetime | None, cleared: int = 0) -> dict[str, Any]:
    return {
        "run_id": "RUN",
        "params": {"day": day, "only": None},
        "dag_run": SimpleNamespace(
            run_type=SimpleNamespace(value=run_type), data_interval_end=end, clear_number=cleared
        ),
    }


def arguments(table: str, **run: Any) -> list[str]:
    return dag.task_dict[table].render_template(
        dag.task_dict[table].application_args, context(**run), dag.get_template_env()
    )


def command(task: Any) -> list[str]:
    asked = context("manual", "2026-11-01", None)
    if task.task_type in {"Application", "Table"}:
        rendered = task.render_template(task.application_args, asked, dag.get_template_env())
        hook = SparkSubmitHook(application_args=rendered, name=task.name, conn_id=task._conn_id)
        words = hook._build_spark_submit_command(task.application)
        return [word.replace(package, "<nightmarket>") for word in words]
    if task.task_type in {"BashOperator", "Page"}:
        return task.render_template(task.bash_command, asked, dag.get_template_env()).split()
    return []


def follows(state: str, tried: int, *, cleared: int = 0, said: dict[str, Any] | None = None) -> str:
    """What a table's task does while the application is in a state and has said something of it: it ends,
    fails, comes back, or runs its table by itself."""
    run = context("manual", "2026-11-01", None, cleared)
    run["dag_run"].dag_id = dag.dag_id
    run["ti"] = SimpleNamespace(
        try_number=tried, max_tries=2 + cleared, xcom_pull=lambda task_ids, key: said and {**SAID, **said}
    )
    application.RuntimeTaskInstance = SimpleNamespace(
        get_task_states=lambda task_ids, dag_id, run_ids: {"RUN": {"application": state} if state else {}}
    )

    def waits(seconds: float) -> None:
        raise TimeoutError

    application.time = SimpleNamespace(sleep=waits)
    copy = tables[0].prepare_for_execution()
    copy.run_key = copy.render_template(copy.run_key, run, dag.get_template_env())
    try:
        published = application.published_by_the_application(copy, copy.table, copy.run_key, run)
    except TimeoutError:
        return "waits"
    except Exception as error:
        return f"{type(error).__name__}: {error}".removesuffix(": ")
    return "published" if published else "by itself"


SAID = {"subject": "", "run_key": "RUN", "words": "7 rows", "seconds": 1.0, "retryable": False}
published, broken = {"state": "published"}, {"state": "failed"}
passing, left = {"state": "failed", "retryable": True}, {"state": "left"}


def skips(table: str, only: str | None) -> bool:
    try:
        dag.task_dict[table]._pre_execute_hook({"params": {"only": only}})
    except AirflowSkipException:
        return True
    return False


def decision(error: Exception) -> str:
    return module.RetryWhatMayPass().evaluate(error, 1, 2).action.value


# The run that Airflow's own scheduler starts on the morning of Monday the 2nd, where the shop is.
morning = pendulum.datetime(2026, 11, 2, 4, tz=str(dag.timetable.timezone))
night = coerce_to_core_timetable(dag.timetable).infer_manual_data_interval(run_after=morning)

tables = [task for task in dag.tasks if task.task_type == "Table"]
some = tables[0].task_id
told = {
    "import": {"seconds": seconds, "loaded": loaded, "children": children},
    "dag": {
        "id": dag.dag_id,
        "tags": sorted(dag.tags),
        "catchup": dag.catchup,
        "max_active_runs": dag.max_active_runs,
        "start": dag.start_date.isoformat(),
        "cron": dag.timetable.expression,
        "timezone": str(dag.timetable.timezone),
        "timetable": type(dag.timetable).__name__,
        "interval": [night.start.isoformat(), night.end.isoformat()],
        "params": {name: dag.params.get_param(name).schema for name in dag.params},
        "serialised": len(json.dumps(DagSerialization.to_dict(dag))),
    },
    "tasks": {
        task.task_id: {
            "type": task.task_type,
            "upstream": sorted(task.upstream_task_ids),
            "command": command(task),
            "retries": task.retries,
            "retry_delay": task.retry_delay.total_seconds(),
            "backs_off": bool(task.retry_exponential_backoff),
            "timeout": task.execution_timeout.total_seconds() if task.execution_timeout else None,
            "pool": task.pool,
            "trigger_rule": str(getattr(task.trigger_rule, "value", task.trigger_rule)),
            "outlets": sorted(asset.name for asset in task.outlets),
            "owner": task.owner,
            "doc": task.doc_md or "",
        }
        for task in dag.tasks
    },
    "skipped": {
        only: sorted(task.task_id for task in tables if skips(task.task_id, only))
        for only in [None, *(task.task_id for task in tables)]
    },
    "not beside one table": [
        task.task_id
        for task in dag.tasks
        if task.task_type == "BashOperator" and task._pre_execute_hook and skips(task.task_id, some)
        and not skips(task.task_id, None)
    ],
    "arguments": {
        "scheduled": arguments(some, run_type="scheduled", day=None, end=night.end),
        "by hand": arguments(some, run_type="manual", day="2026-11-01", end=None),
        "cleared": arguments(some, run_type="manual", day="2026-11-01", end=None, cleared=2),
    },
    "follows": {
        "not begun": follows("", 1),
        "queued": follows("queued", 1),
        "being started again": follows("up_for_retry", 1),
        "running": follows("running", 1),
        "published": follows("running", 1, said=published),
        "published before it was lost": follows("failed", 1, said=published),
        "failed": follows("running", 1, said=broken),
        "failed, may pass": follows("running", 1, said=passing),
        "failed, tried again": follows("running", 2, said=passing),
        "left": follows("running", 1, said=left),
        "lost": follows("failed", 1),
        "ended without a word": follows("success", 1),
        "cleared": follows("success", 2, cleared=1, said=published),
        "cleared with the application": follows("queued", 2, cleared=1, said=published),
        "both cleared, published": follows(
            "running", 2, cleared=1, said={**published, "run_key": "RUN.cleared1"}
        ),
        "both cleared, failed": follows(
            "running", 2, cleared=1, said={**broken, "run_key": "RUN.cleared1"}
        ),
    },
    "decisions": {
        "our error": decision(SourceError("the export is missing")),
        "a job's error": decision(AirflowException("Cannot execute: spark-submit x. Error code is: 2.")),
        "a defect": decision(AirflowException("Cannot execute: spark-submit x. Error code is: 1.")),
        "killed": decision(AirflowException("Cannot execute: spark-submit x. Error code is: 137.")),
        "status 12": decision(AirflowException("Cannot execute: spark-submit x. Error code is: 12.")),
    },
}  # fmt: skip
Path(sys.argv[3]).write_text(json.dumps(told, indent=1))
