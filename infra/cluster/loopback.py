"""A cluster on the loopback of one machine: PostgreSQL, Spark's master and workers, Airflow; in one folder.

Nothing listens anywhere but on 127.0.0.1.
"""

import json
import os
import secrets
import shlex
import socket
import sys
from collections.abc import Callable
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

import nights
import postgres
import standalone
from processes import LOOPBACK, Processes, Refused

from nightmarket.night import embedded_airflow
from nightmarket.spark import embedded

CORES = 4
"""Of each worker: two jobs side by side, each with up to two executors of one core."""
_PORTS = ("postgres", "master", "master_page", "api")
_SECRETS = ("password", "jwt")


def absent() -> list[str]:
    """What has to be installed first, with the command for it."""
    wanted = {
        "PostgreSQL: apt-get install postgresql": postgres.programs() is not None,
        "its Java driver: apt-get install libpostgresql-jdbc-java": postgres.JDBC.is_file(),
        "Airflow: ./infra/setup all": find_spec("airflow") is not None,
        "Airflow's drivers for it: ./infra/setup all,cluster": bool(
            find_spec("psycopg2") and find_spec("asyncpg")
        ),
    }
    return [name for name, there in wanted.items() if not there]


class Cluster:
    """One folder's cluster."""

    def __init__(self, folder: Path) -> None:
        self.processes = Processes(folder)
        self.folder = self.processes.folder
        self.home, self.conf, self.shell = (self.folder / name for name in ("home", "spark", "shell"))

    def start(self, say: Callable[[str], None]) -> None:
        """Start all of it.

        Raises:
            Refused: something has to be installed first, it runs already, or a step failed.
        """
        missing = absent()
        if missing:
            raise Refused("a cluster on this machine needs, and lacks, " + "; ".join(missing))
        self.processes.prepare()
        for folder in (self.home, self.conf):
            folder.mkdir(exist_ok=True)
        say("PostgreSQL")
        self._postgres().start()
        spark = self._spark()
        say("the workers' Python")
        self._configure(spark.install())
        say("Spark's master and workers")
        spark.start()
        say("Airflow")
        self._write_shell()
        self._nights().start(spark.master)

    def night(self, day: str, run_id: str, say: Callable[[str], None]) -> bool:
        """The demo's night of a day through Airflow; whether it went well."""
        return self._nights().night(day, run_id, say)

    def stop(self) -> int:
        """End every process of the cluster, in the order that lets each end well; how many there were."""
        return self.processes.end(nights.NAMES, [*standalone.NAMES, "postgres"])

    def facts(self) -> dict[str, str]:
        """Ports and secrets, decided once and the owner's alone to read."""
        path = self.folder / "facts.json"
        if not path.exists():
            with ExitStack() as taken:
                ports = [taken.enter_context(_free()).getsockname()[1] for _ in _PORTS]
            facts = {name: str(port) for name, port in zip(_PORTS, ports, strict=True)}
            facts |= {name: secrets.token_urlsafe(32) for name in _SECRETS}
            self.processes.private(path, json.dumps(facts))
        found: dict[str, str] = json.loads(path.read_text())
        return found

    def variables(self) -> dict[str, str]:
        """What makes a `nightmarket` from this checkout work on the cluster."""
        facts, database = self.facts(), f"{postgres.USER}@{self._postgres().address('airflow')}"
        return {
            "NIGHTMARKET_HOME": str(self.home),
            "NIGHTMARKET_MODELS": os.environ.get("NIGHTMARKET_MODELS", str(self.home / "models")),
            "NIGHTMARKET_PROJECT": str(standalone.ROOT),
            "NIGHTMARKET_SHOP": "demo",
            "SPARK_CONF_DIR": str(self.conf),
            "SPARK_HOME": str(embedded.spark_home()),
            "SPARK_LOCAL_IP": LOOPBACK,
            "JAVA_HOME": str(embedded.java_home()),
            "PGPASSFILE": str(self.processes.passwords),
            **nights.variables(database, facts["api"], facts["jwt"]),
        }

    def _postgres(self) -> postgres.Postgres:
        return postgres.Postgres(self.processes, self.facts()["postgres"], self.facts()["password"])

    def _spark(self) -> standalone.Standalone:
        facts = self.facts()
        return standalone.Standalone(self.processes, facts["master"], facts["master_page"], CORES)

    def _nights(self) -> nights.Nights:
        os.environ.pop("NIGHTMARKET_LANDING", None)
        os.environ.update(self.variables())
        environment = embedded_airflow.environment_by_hand(self.home)
        return nights.Nights(self.processes, self.facts()["api"], environment)

    def _configure(self, python: Path) -> None:
        (self.conf / "log4j2.properties").write_text(embedded.LOGGING)
        text = Path(__file__).with_name("spark-defaults.conf").read_text(encoding="utf-8")
        (self.conf / "spark-defaults.conf").write_text(
            text.format(
                master=self._spark().master,
                jars=f"{embedded.iceberg_jar().as_uri()},{postgres.JDBC.as_uri()}",
                catalog=f"jdbc:postgresql://{self._postgres().address('iceberg')}",
                warehouse=(self.folder / "warehouse").as_uri(),
                python=python,
                driver_python=sys.executable,
                driver_host=LOOPBACK,
                driver_bind=LOOPBACK,
                partitions=standalone.WORKERS * CORES // 2,
            )
        )

    def _write_shell(self) -> None:
        """What a shell has to read to work on the cluster by hand; the owner's alone."""
        lines = [f"export {name}={shlex.quote(value)}\n" for name, value in self.variables().items()]
        scripts = shlex.quote(str(Path(sys.executable).parent))
        text = "".join([*lines, f"export PATH={scripts}:$PATH\n", "unset NIGHTMARKET_LANDING\n"])
        self.processes.private(self.shell, text)


def _free() -> socket.socket:
    free = socket.socket()
    free.bind((LOOPBACK, 0))
    return free
