"""Airflow with its LocalExecutor on the cluster, and the demo's night by it."""

import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from processes import LOOPBACK, Processes, listens

from nightmarket import project
from nightmarket.night import embedded_airflow

_LONG_SECONDS = 180
"""For a server to come up and for the DAGs to be read, on a small machine."""
_LOOK_SECONDS = 15
"""Between two looks at a night: each starts an Airflow."""
_SERVERS = {
    "api-server": ["api-server", "--host", LOOPBACK, "--port", "{port}", "--workers", "1"],
    "dag-processor": ["dag-processor"],
    # Its log server would listen everywhere.
    "scheduler": ["scheduler", "--skip-serve-logs"],
}
NAMES = [*reversed(_SERVERS)]
"""Of its processes, in the order in which they are to end."""
_OVER = frozenset({"success", "failed", "upstream_failed", "skipped"})
_BAD = frozenset({"failed", "upstream_failed"})


def variables(database: str, port: str, secret: str) -> dict[str, str]:
    """What Airflow's servers and tasks are given beside the environment of every ``airflow`` here.

    Args:
        database: the one for its metadata, as ``user@host:port/name``.
    """
    api = f"http://{LOOPBACK}:{port}"
    return {
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"postgresql+psycopg2://{database}",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": f"postgresql+asyncpg://{database}",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "2",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{api}/execution/",
        "AIRFLOW__API__BASE_URL": api,
        "AIRFLOW__API__PORT": port,
        "AIRFLOW__API__SECRET_KEY": secret,
        "AIRFLOW__API_AUTH__JWT_SECRET": secret,
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "30",
        # The demo's nights are run by hand; the calendar's would look for exports that nobody wrote.
        "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": "False",
    }


class Nights:
    """The servers of one Airflow, and its runs."""

    def __init__(self, processes: Processes, port: str, environment: Mapping[str, str]) -> None:
        self._processes, self._port, self._environment = processes, port, environment

    def start(self, master: str) -> None:
        log = "airflow-prepare"
        pools = project.root() / "infra" / "airflow" / "pools.json"
        for arguments in (["db", "migrate"], ["pools", "import", str(pools)]):
            self._run(log, *arguments)
        if embedded_airflow.spark_master(project.home(), self._environment) is None:
            host, _, port = master.rpartition(":")
            given = ["--conn-type", "spark", "--conn-host", host, "--conn-port", port]
            self._run(log, "connections", "add", "spark_default", *given)
        for name, arguments in _SERVERS.items():
            command = [*embedded_airflow.command(), *(word.format(port=self._port) for word in arguments)]
            self._processes.start(name, command, self._environment)
        self._processes.until(lambda: listens(self._port), "api-server", _LONG_SECONDS)

    def night(self, day: str, run_id: str, say: Callable[[str], None]) -> bool:
        """The demo's night of a day; whether it went well."""
        for arguments in (["models", "prepare"], ["demo", "write", "--day", day]):
            nightmarket = str(Path(sys.executable).with_name("nightmarket"))
            self._processes.run([nightmarket, *arguments], "demo", self._environment)
        self._processes.until(
            lambda: "nightly" in self._output("dags", "list", "-o", "json"), "dag-processor", _LONG_SECONDS
        )
        conf = json.dumps({"day": day})
        self._run("night", "dags", "trigger", "nightly", "--run-id", run_id, "--conf", conf)
        self._run("night", "dags", "unpause", "nightly", "--yes")
        said: set[str] = set()
        while True:
            listed = self._output("tasks", "states-for-dag-run", "nightly", run_id, "-o", "json")
            states = {row["task_id"]: row["state"] for row in json.loads(listed[listed.index("[") :])}
            for task in (task for task, state in states.items() if state in _OVER and task not in said):
                said.add(task)
                say(f"  {task:40} {states[task]}")
            if states and all(state in _OVER for state in states.values()):
                return not any(state in _BAD for state in states.values())
            time.sleep(_LOOK_SECONDS)

    def _run(self, log: str, *arguments: str) -> None:
        self._processes.run([*embedded_airflow.command(), *arguments], log, self._environment)

    def _output(self, *arguments: str) -> str:
        return self._processes.output([*embedded_airflow.command(), *arguments], self._environment)
