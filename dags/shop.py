"""nightly and weekly: one Spark application, and one task per table that follows it.

Everything here is derived: the tables and edges from the jobs, the words from the contracts, the time zone
from the shop's mapping, the upkeep from its operations. Adding one of them edits nothing in this file.

- The task `application` builds the tables in one warm Spark session, in the order of their edges. A table's
  task waits until its table is published there, and ends as it ended: it has its own state, log and outlets.
  When it is tried again or cleared later, it runs its table in an application of its own.
- When the application is lost (killed, out of memory, its machine gone), Airflow starts it again. What was
  published is not computed again, for a run publishes a table's day once.

- Every night at 02:00 in the shop's time zone nightly runs for the day that has just ended; on Mondays at
  04:00 weekly does, for the same day. It builds what takes long and changes slowly, and after that sees to
  the upkeep, one task per operation.
- By hand they run for the parameter `day`; with `only`, just that table and what follows from it.
- A range of days:
  `airflow backfill create --dag-id nightly --max-active-runs 1 --from-date DAY --to-date DAYT12:00`;
  a bare date is midnight, before that day's 02:00, so the last one needs an hour. Where Airflow's own time
  zone is not the shop's, both need the offset: `DAYT00:00+08:00`. A week goes by the Monday it begins on.
- Jobs go to the master of the connection `spark_default`; without one, to that of Spark's own configuration.
- The password of a connection `nightmarket_pseudonyms` is the key of the pseudonyms. A driver on the cluster
  itself (deploy mode `cluster`) does not inherit it: give it NIGHTMARKET_PSEUDONYM_KEY as its own secret.
"""

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import (
    DAG,
    Asset,
    CronDataIntervalTimetable,
    Param,
    RetryDecision,
    RetryPolicy,
    TaskGroup,
    TriggerRule,
    task,
)
from airflow.sdk.exceptions import (
    AirflowFailException,
    AirflowSkipException,
)
from application import SPARK, Application, Page, Table

import nightmarket
from nightmarket import contracts, project, sources
from nightmarket.contracts import Contract
from nightmarket.errors import EXIT_NON_RETRYABLE, NightMarketError
from nightmarket.plan import TIME_LIMITS, Cadence, Commits, Job, Plan, discover
from nightmarket.plan.day import day_of_run
from nightmarket.runner.announcement import APPLICATION, PAGE
from nightmarket.upkeep import discover as operations

PROGRAM = str(Path(nightmarket.__file__).with_name("run.py"))
WHOLE_NIGHT = timedelta(hours=18)
"""Longer than any night; each table in it has a limit of its own."""
DAY = "{{ night(dag_run, params.day) }}"
# A retry must find what its earlier try published, a person clearing a task wants it computed anew: so the
# key is the run's own name plus how often somebody has cleared it.
RUN_KEY = "{{ run_id }}{{ '.cleared' ~ dag_run.clear_number if dag_run.clear_number else '' }}"


class RetryWhatMayPass(RetryPolicy):
    """No second try for what stays wrong until a person mends it; the usual tries for everything else."""

    def evaluate(
        self, exception: BaseException, try_number: int, max_tries: int, context: Any = None
    ) -> RetryDecision:
        if isinstance(exception, NightMarketError) or str(exception).endswith(
            f"Error code is: {EXIT_NON_RETRYABLE}."
        ):
            return RetryDecision.fail(reason="trying again cannot mend this; see the error above")
        return RetryDecision.default()


def doc(job: Job, contract: Contract) -> str:
    reads = ", ".join([*(f"`{t}`" for t in job.upstream), *(f"earlier days of `{t}`" for t in job.earlier)])
    return "\n\n".join(
        part
        for part in (
            f"**{contract.title}** · {contract.table} {contract.version} · {contract.owner}",
            contract.purpose,
            job.doc,
            f"Reads {reads}." if reads else "",
        )
        if part
    )


def asset(table: str) -> Asset:
    contract = known.tables[table]
    return Asset(
        name=table,
        uri=f"nightmarket://{contract.domain}/{contract.name}",
        group="nightmarket",
        extra={"version": contract.version, "owner": contract.owner, "determinism": contract.determinism},
    )


def counts_the_night(job: Job) -> bool:
    return any(isinstance(read, Commits) for read in job.inputs.values())


def unless_it_follows(plan: Plan, table: str, context: Any) -> None:
    only = context["params"]["only"]
    if only and table not in plan.downstream(only):
        raise AirflowSkipException(f"{table} does not follow from {only}")


def unless_one_table(context: Any) -> None:
    only = context["params"]["only"]
    if only:
        raise AirflowSkipException(f"only {only} and what follows from it was asked for")


def upkeep() -> dict[str, BashOperator]:
    """One task per operation, in a group of their own. None waits for the success of another: what one leaves
    undone, the next week does."""
    with TaskGroup("upkeep"):
        tasks = {
            name: BashOperator(
                task_id=name,
                bash_command=f"nightmarket upkeep {name} --day {DAY}",
                pool="spark_small",
                trigger_rule=TriggerRule.ALL_DONE,
                pre_execute=unless_one_table,
                execution_timeout=TIME_LIMITS["medium"],
                doc_md=operation.doc,
            )
            for name, operation in operations().items()
        }
    for name, operation in operations().items():
        tasks[name] << [tasks[earlier] for earlier in operation.after]
    return tasks


def dag_of(dag_id: str, every: Cadence, cron: str, description: str) -> DAG | None:
    """The DAG of one cadence; no nightly one for a shop whose exports make no table."""
    plan = Plan.of(jobs, set(shop.sources), every=every)
    if not plan.order and every == "day":
        return None
    with DAG(
        dag_id=dag_id,
        description=description,
        doc_md=__doc__,
        # An interval timetable, because a bare cron DAG's date in Airflow 3 is the morning the run starts on.
        schedule=CronDataIntervalTimetable(cron, timezone=shop.timezone),
        # Long ago, so that a backfill reaches the oldest export there is; without catchup it starts nothing.
        start_date=datetime(2000, 1, 1, tzinfo=UTC),
        catchup=False,
        # Nights read the nights before them, so they run one after the other. A backfill has a limit of its
        # own: it needs --max-active-runs 1.
        max_active_runs=1,
        params={
            "day": Param(
                None,
                type=["null", "string"],
                format="date",
                title="Day",
                description="The exports' day, as 2026-11-01. Scheduled runs and backfills leave it out.",
            ),
            "only": Param(
                None,
                type=["null", "string"],
                enum=[None, *plan.order],
                title="Only",
                description="One table: it and everything that follows from it run, the rest is skipped.",
            ),
        },
        user_defined_macros={
            "night": lambda dag_run, asked: day_of_run(
                str(dag_run.run_type.value), asked, dag_run.data_interval_end, shop.timezone
            )
        },
        default_args={
            "retries": 2,
            "retry_delay": timedelta(seconds=20),
            "retry_exponential_backoff": True,
            "max_retry_delay": timedelta(minutes=5),
            "retry_policy": RetryWhatMayPass(),
        },
        tags=["nightmarket", *sorted({table.split(".")[0] for table in plan.order})],
        render_template_as_native_obj=False,
    ) as dag:

        @task(
            task_id="day",
            doc_md="Decides the day of this run, and fails first and alone when nothing says it.",
        )
        def decide_day(**context: Any) -> str:
            run = context["dag_run"]
            return day_of_run(
                run.run_type.value, context["params"]["day"], run.data_interval_end, shop.timezone
            ).isoformat()

        day = decide_day()
        application = Application(
            task_id=APPLICATION,
            application=PROGRAM,
            application_args=[
                "--every", every, "--day", DAY, "--run-key", RUN_KEY, "--only", "{{ params.only or '' }}",
            ],
            name=f"nightmarket {dag_id}",
            conn_id=SPARK,
            execution_timeout=WHOLE_NIGHT,
            doc_md="Builds the tables in one warm Spark session, as far as they can be built.",
        )  # fmt: skip
        day >> application
        groups: dict[str, TaskGroup] = {}
        tasks: dict[str, Table] = {}
        for table in plan.order:
            job, contract = plan.jobs[table], known.tables[table]
            if contract.domain not in groups:
                groups[contract.domain] = TaskGroup(contract.domain)
            reads = plan.upstream(table)
            tasks[table] = Table(
                task_id=contract.name,
                task_group=groups[contract.domain],
                table=table,
                run_key=RUN_KEY,
                reads_exports=bool(job.sources),
                application=PROGRAM,
                application_args=[table, "--day", DAY, "--run-key", RUN_KEY],
                name=f"nightmarket {table}",
                conn_id=SPARK,
                pool=f"spark_{job.size}",
                # A skipped input was not asked for and its last published day serves; a failed one stops us,
                # except the job that counts what was published, which has most to say about a bad night.
                trigger_rule=TriggerRule.ALL_DONE if counts_the_night(job) else TriggerRule.NONE_FAILED,
                pre_execute=partial(unless_it_follows, plan, table),
                execution_timeout=WHOLE_NIGHT,
                outlets=[asset(name) for name in (table, job.rejects) if name],
                owner=contract.owner,
                doc_md=doc(job, contract),
            )
            if reads:
                tasks[table] << [tasks[name] for name in reads]
            else:
                tasks[table] << day

        report = Page(
            task_id=PAGE,
            run_key=RUN_KEY,
            bash_command=f"nightmarket report --day {DAY}",
            trigger_rule=TriggerRule.ALL_DONE,
            execution_timeout=TIME_LIMITS["small"],
            doc_md="Writes the night's page, after a bad night too.",
        )
        report << [application, *tasks.values()]
        seen_to = upkeep() if every == "week" else {}
        for operation in seen_to.values():
            operation << report

        @task(
            task_id="watch",
            trigger_rule=TriggerRule.ONE_FAILED,
            retries=0,
            doc_md="Fails the run when any task failed; what runs whatever happens would hide that. A lost "
            "application is none: each table that it left has been built by itself, or failed.",
        )
        def fail_the_run() -> None:
            raise AirflowFailException("a task of this night failed; see the failed tasks of this run")

        fail_the_run() << [day, *tasks.values(), report, *seen_to.values()]
    return dag


root = project.root()
known = contracts.load(root / "schemas")
shop = sources.load(project.shop(), known)
jobs = discover(root)
nightly = dag_of(
    "nightly", "day", "0 2 * * *", "The shop's exports of one day become the published tables of that day."
)
weekly = dag_of(
    "weekly",
    "week",
    "0 4 * * 1",
    "What takes long and changes slowly, from the tables the nights have published; then the upkeep.",
)
