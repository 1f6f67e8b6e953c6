"""The tasks of a night's one application: what starts it, and what follows it.

The application builds the tables in one warm Spark session and says of each what became of it
(:mod:`nightmarket.runner.announcement`). Its task keeps that as XComs, and the tasks of the tables wait for
them. They need nothing else of it, so any executor will do.
"""

import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.providers.apache.spark.hooks.spark_submit import SparkSubmitHook
from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import BaseOperator, Connection, TaskInstanceState
from airflow.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowNotFoundException,
    AirflowRescheduleException,
)
from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

from nightmarket.errors import NightMarketError
from nightmarket.runner.announcement import APPLICATION, PAGE, Announcement, announced
from nightmarket.visible import visible

SPARK = "spark_default"
PSEUDONYM_KEY = "NIGHTMARKET_PSEUDONYM_KEY"
ENDED = {
    TaskInstanceState.SUCCESS,
    TaskInstanceState.FAILED,
    TaskInstanceState.SKIPPED,
    TaskInstanceState.UPSTREAM_FAILED,
    TaskInstanceState.REMOVED,
}
LOOK_SECONDS = 2
COME_BACK = timedelta(seconds=10)
"""Sooner, a busy machine's scheduler takes the end of a task that comes back for that of its next turn."""


class Application(SparkSubmitOperator):
    """Builds the tables of a run in one application; what became of each is an XCom by the table's name."""

    def pre_execute(self, context: Any) -> None:
        super().pre_execute(context)
        name_the_master()
        lend_the_key()
        self._instance = context["ti"]

    def _get_hook(self) -> SparkSubmitHook:
        hook = super()._get_hook()
        log = hook._process_spark_submit_log
        hook._process_spark_submit_log = lambda itr: log(self._heard(itr))  # type: ignore[method-assign]
        return hook

    def _heard(self, lines: Iterator[str]) -> Iterator[str]:
        """The lines as they are; what they announce is kept."""
        for line in lines:
            said = announced(line)
            if said and said.state != "started":
                self._instance.xcom_push(key=said.subject, value=asdict(said))
            yield line


def outcome(subject: str, run_key: str, context: Any) -> Announcement | None:
    """What the run's application says became of a table or the page; None where it says nothing and has
    ended, so that somebody else has to see to it.

    Raises:
        AirflowRescheduleException: it has not begun, or is being started again.
    """
    run = {"dag_id": context["dag_run"].dag_id, "run_ids": [context["run_id"]]}
    while True:
        # Its state is asked first: what it says before its end is there once it has ended.
        states = RuntimeTaskInstance.get_task_states(task_ids=[APPLICATION], **run)
        state = states.get(context["run_id"], {}).get(APPLICATION)
        found = context["ti"].xcom_pull(task_ids=APPLICATION, key=subject)
        if found and found["run_key"] == run_key:
            return Announcement(**found)
        if state in ENDED:
            return None
        if state != TaskInstanceState.RUNNING:
            raise AirflowRescheduleException(datetime.now(UTC) + COME_BACK)
        time.sleep(LOOK_SECONDS)


def published_by_the_application(task: BaseOperator, subject: str, run_key: str, context: Any) -> bool:
    """Whether there is nothing left to do for a task that follows the application.

    There is when the task is tried again after the application failed at it, when it was cleared after the
    application had ended, and when the application ended without a word of it.

    Raises:
        AirflowException: the application failed at it just now.
    """
    said, instance = outcome(subject, run_key, context), context["ti"]
    if said is None or said.state == "left":
        return False
    words = "\n".join(visible(line) for line in said.words.split("\n"))
    if said.state == "published":
        task.log.info(words)
        return True
    if instance.try_number > instance.max_tries - task.retries + 1:
        return False
    task.log.error("error: %s", words)
    raise AirflowException(words) if said.retryable else NightMarketError(words)


class Table(SparkSubmitOperator):
    """A table of the run: as the application published it, or else in an application of its own."""

    template_fields = (*SparkSubmitOperator.template_fields, "run_key")

    def __init__(self, *, table: str, run_key: str, reads_exports: bool, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.table, self.run_key, self.reads_exports = table, run_key, reads_exports

    def execute(self, context: Any) -> None:
        if published_by_the_application(self, self.table, self.run_key, context):
            return
        name_the_master()
        if self.reads_exports:
            lend_the_key()
        super().execute(context)


class Page(BashOperator):
    """The page of the night: as the application wrote it, or else written now."""

    template_fields = (*BashOperator.template_fields, "run_key")

    def __init__(self, *, run_key: str, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.run_key = run_key

    def execute(self, context: Any) -> Any:
        if published_by_the_application(self, PAGE, self.run_key, context):
            return None
        return super().execute(context)


def name_the_master() -> None:
    """Without a connection `spark_default`, one that says what Spark's own configuration says: the operator
    passes a master in any case, and would pass `yarn`."""
    try:
        Connection.get(SPARK)
    except AirflowNotFoundException:
        from nightmarket.spark.embedded import master as configured

        master = configured()
        if master is None:
            raise AirflowFailException(
                f"Airflow has no connection {SPARK}, and the spark-defaults.conf of "
                f"{os.environ['SPARK_CONF_DIR']} names no spark.master; one of them has to say what runs this"
            ) from None
        # "host" in JSON, because the URI form spark://local[2] is read as the master yarn.
        os.environ[f"AIRFLOW_CONN_{SPARK.upper()}"] = json.dumps({"conn_type": "spark", "host": master})


def lend_the_key() -> None:
    """The key of the pseudonyms, when Airflow keeps it, into the environment that spark-submit inherits.

    Not among the task's ``env_vars``: those are rendered, kept in Airflow's database and, on YARN and
    Kubernetes, written on a command line.
    """
    if os.environ.get(PSEUDONYM_KEY):
        return
    try:
        password = Connection.get("nightmarket_pseudonyms").password
    except AirflowNotFoundException:
        return
    if not password:
        raise AirflowFailException(
            "the connection nightmarket_pseudonyms has no password; the key goes there"
        )
    os.environ[PSEUDONYM_KEY] = password
