"""A cluster on the loopback of one machine: PostgreSQL, Spark's master and workers, Airflow; in one folder.

Every process has a pid file and carries the folder in its environment, by which it is found again when it is
to end. Nothing listens anywhere but on 127.0.0.1.
"""

import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

from nightmarket.night import embedded_airflow
from nightmarket.spark import embedded

ROOT = Path(__file__).resolve().parents[2]
LOOPBACK = "127.0.0.1"
MARK = "NIGHTMARKET_CLUSTER"
WORKERS, CORES = 2, 2
PATIENCE = 30
JDBC = Path("/usr/share/java/postgresql.jar")
AIRFLOWS = {
    "api-server": ["api-server", "--host", LOOPBACK, "--port", "{api}", "--workers", "1"],
    "dag-processor": ["dag-processor"],
    # Its log server would listen everywhere.
    "scheduler": ["scheduler", "--skip-serve-logs"],
}


class Refused(Exception):
    """The cluster cannot be started or a step of it failed, in one sentence."""


def postgres() -> Path | None:
    """The programs of the newest PostgreSQL of this machine."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


def absent() -> list[str]:
    """What has to be installed first, with the command for it."""
    wanted = {
        "PostgreSQL: apt-get install postgresql": postgres() is not None,
        "its Java driver: apt-get install libpostgresql-jdbc-java": JDBC.is_file(),
        "Airflow: ./infra/setup all": find_spec("airflow") is not None,
        "Airflow's drivers for it: ./infra/setup all,cluster": bool(
            find_spec("psycopg2") and find_spec("asyncpg")
        ),
    }
    return [name for name, there in wanted.items() if not there]


class Cluster:
    """One folder's cluster."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.pids, self.logs, self.spark = (self.folder / name for name in ("pids", "logs", "spark"))
        self.home = self.folder / "home"
        self._facts = self.folder / "facts.json"

    # What is decided once, when the folder is made.

    def facts(self) -> dict[str, str]:
        """Ports and secrets, the owner's alone to read."""
        if not self._facts.exists():
            with ExitStack() as taken:
                ports = [taken.enter_context(_free()).getsockname()[1] for _ in range(6)]
            names = ("postgres", "master", "master_ui", "worker_ui_1", "worker_ui_2", "api")
            facts = {name: str(port) for name, port in zip(names, ports, strict=True)}
            facts |= {name: secrets.token_urlsafe(32) for name in ("password", "jwt")}
            self._private(self._facts, json.dumps(facts))
        found: dict[str, str] = json.loads(self._facts.read_text())
        return found

    def _private(self, path: Path, text: str) -> None:
        path.touch(mode=0o600)
        path.write_text(text)

    def environment(self) -> dict[str, str]:
        """Of whoever works on the cluster from this checkout: Airflow, its tasks, `nightmarket` by hand."""
        facts = self.facts()
        url = f"postgresql+psycopg2://nightmarket@{LOOPBACK}:{facts['postgres']}/airflow"
        api = f"http://{LOOPBACK}:{facts['api']}"
        os.environ.update(
            {
                MARK: str(self.folder),
                "NIGHTMARKET_HOME": str(self.home),
                "NIGHTMARKET_PROJECT": str(ROOT),
                "NIGHTMARKET_SHOP": "demo",
                "SPARK_CONF_DIR": str(self.spark),
                "SPARK_HOME": str(embedded.spark_home()),
                "SPARK_LOCAL_IP": LOOPBACK,
                "JAVA_HOME": str(embedded.java_home()),
                "PGPASSFILE": str(self.folder / "pgpass"),
            }
        )
        os.environ.pop("NIGHTMARKET_LANDING", None)
        return {
            **embedded_airflow.environment(self.home),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": url,
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": url.replace("psycopg2", "asyncpg"),
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__PARALLELISM": "2",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{api}/execution/",
            "AIRFLOW__API__BASE_URL": api,
            "AIRFLOW__API__PORT": facts["api"],
            "AIRFLOW__API__SECRET_KEY": facts["jwt"],
            "AIRFLOW__API_AUTH__JWT_SECRET": facts["jwt"],
            "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "30",
            # The demo's nights are run by hand; the calendar's would look for exports that nobody wrote.
            "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": "False",
        }

    # Starting.

    def start(self, say: Callable[[str], None]) -> None:
        missing = absent()
        if missing:
            raise Refused("a cluster on this machine needs, and lacks, " + "; ".join(missing))
        if any(self.pids.glob("*")):
            raise Refused(f"{self.folder} has pid files: it runs, or was killed; infra/cluster/stop first.")
        for folder in (self.pids, self.logs, self.spark, self.home):
            folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o711)  # the database's user passes through
        say("PostgreSQL")
        self._start_postgres()
        say("the workers' Python")
        python = self._install()
        self._configure(python)
        say("Spark's master and workers")
        self._start_spark()
        say("Airflow")
        self._start_airflow()

    def _start_postgres(self) -> None:
        facts, data, programs = self.facts(), self.folder / "postgres", postgres()
        assert programs is not None
        as_owner: list[str] = []
        if os.geteuid() == 0:  # PostgreSQL refuses to be root's
            owner = pwd.getpwnam("postgres")
            as_owner = ["setpriv", f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups"]
        if not (data / "PG_VERSION").exists():
            data.mkdir(mode=0o700, exist_ok=True)
            given = self.folder / "postgres-password"
            self._private(given, facts["password"])
            if as_owner:
                shutil.chown(data, "postgres", "postgres")
                shutil.chown(given, "postgres")
            self._run(
                [*as_owner, programs / "initdb", "-D", data, "-U", "nightmarket", "--auth=scram-sha-256",
                 f"--pwfile={given}", "--encoding=UTF8", "--locale=C"],
                "initdb",
            )  # fmt: skip
            given.unlink()
        self._private(self.folder / "pgpass", f"{LOOPBACK}:*:*:nightmarket:{facts['password']}\n")
        options = f"-c listen_addresses={LOOPBACK} -c port={facts['postgres']} -c unix_socket_directories="
        # No checkpoint has to survive a power cut here.
        self._daemon(
            "postgres", [*as_owner, programs / "postgres", "-D", data, *options.split(), "-c", "fsync=off"]
        )
        ready = [programs / "pg_isready", "-h", LOOPBACK, "-p", facts["postgres"]]
        self._until(
            lambda: subprocess.run(ready, capture_output=True, check=False).returncode == 0, "postgres"
        )
        access = ["-h", LOOPBACK, "-p", facts["postgres"], "-U", "nightmarket"]
        listed = self._output(
            [programs / "psql", *access, "-d", "postgres", "-Atc", "select datname from pg_database"]
        )
        for name in {"airflow", "iceberg"} - set(listed.split()):
            self._run([programs / "createdb", *access, name], "createdb")

    def _install(self) -> Path:
        """A Python for the workers: the package as built, and beside it what the checkout's has installed."""
        venv, built = self.folder / "python", self.folder / "built"
        shutil.rmtree(built, ignore_errors=True)
        (built / "source").mkdir(parents=True)
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, built / "source")
        shutil.copytree(
            ROOT / "lib", built / "source" / "lib", ignore=shutil.ignore_patterns("*.egg-info", "__pycache__")
        )
        wheel = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
        self._run([*wheel, "--wheel-dir", built, built / "source"], "wheel")
        (package,) = built.glob("*.whl")
        shutil.rmtree(venv, ignore_errors=True)
        self._run([sys.executable, "-m", "venv", "--without-pip", venv], "wheel")
        (packages,) = (venv / "lib").glob("python*/site-packages")
        shutil.unpack_archive(package, packages, "zip")
        # As a plain line: the other folder's own .pth files, and with them its checkout, stay unread.
        theirs = next(Path(p) for p in sys.path if p.endswith("site-packages") and p.startswith(sys.prefix))
        (packages / "others.pth").write_text(f"{theirs}\n")
        shutil.rmtree(built)
        return venv / "bin" / "python"

    def _configure(self, python: Path) -> None:
        facts = self.facts()
        (self.spark / "log4j2.properties").write_text(embedded.LOGGING)
        text = (Path(__file__).with_name("spark-defaults.conf")).read_text(encoding="utf-8")
        (self.spark / "spark-defaults.conf").write_text(
            text.format(
                master=f"spark://{LOOPBACK}:{facts['master']}",
                jars=f"{embedded.iceberg_jar().as_uri()},{JDBC.as_uri()}",
                catalog=f"jdbc:postgresql://{LOOPBACK}:{facts['postgres']}/iceberg",
                warehouse=(self.folder / "warehouse").as_uri(),
                python=python,
                driver_python=sys.executable,
                driver_host=LOOPBACK,
                driver_bind=LOOPBACK,
                partitions=WORKERS * CORES,
            )
        )

    def _start_spark(self) -> None:
        facts = self.facts()
        bare = {
            "PATH": os.defpath,
            "JAVA_HOME": str(embedded.java_home()),
            "SPARK_HOME": str(embedded.spark_home()),
            "SPARK_LOCAL_IP": LOOPBACK,
            "SPARK_DAEMON_MEMORY": "256m",
            "SPARK_CONF_DIR": str(self.folder / "no-configuration"),
            MARK: str(self.folder),
        }
        run = embedded.spark_home() / "bin" / "spark-class"
        deploy = "org.apache.spark.deploy"
        host = ["--host", LOOPBACK]
        self._daemon(
            "master",
            [
                run,
                f"{deploy}.master.Master",
                *host,
                "--port",
                facts["master"],
                "--webui-port",
                facts["master_ui"],
            ],
            bare,
        )
        self._until(lambda: _listens(facts["master"]), "master")
        for n in range(1, WORKERS + 1):
            place = self.folder / f"worker-{n}"
            place.mkdir(exist_ok=True)
            self._daemon(
                f"worker-{n}",
                [run, f"{deploy}.worker.Worker", *host, "--webui-port", facts[f"worker_ui_{n}"],
                 "--cores", str(2 * CORES), "--memory", f"{2 * CORES}g", "--work-dir", place / "work",
                 f"spark://{LOOPBACK}:{facts['master']}"],
                {**bare, "SPARK_LOCAL_DIRS": str(place / "scratch"), "HOME": str(place)},
                place,
            )  # fmt: skip
        for n in range(1, WORKERS + 1):
            log = self.logs / f"worker-{n}.log"
            self._until(lambda log=log: "registered with master" in log.read_text(), f"worker-{n}")  # type: ignore[misc]

    def _start_airflow(self) -> None:
        variables = self.environment()
        log = self.logs / "airflow-prepare.log"
        for arguments in (
            ["db", "migrate"],
            ["pools", "import", str(ROOT / "infra" / "airflow" / "pools.json")],
        ):
            self._run([*embedded_airflow.command(), *arguments], log.stem, variables)
        if embedded_airflow.spark_master(self.home, variables) is None:
            master = [
                "--conn-type",
                "spark",
                "--conn-host",
                f"spark://{LOOPBACK}",
                "--conn-port",
                self.facts()["master"],
            ]
            self._run(
                [*embedded_airflow.command(), "connections", "add", "spark_default", *master],
                log.stem,
                variables,
            )
        for name, arguments in AIRFLOWS.items():
            command = [*embedded_airflow.command(), *(a.format(**self.facts()) for a in arguments)]
            self._daemon(name, command, variables)
        self._until(lambda: _listens(self.facts()["api"]), "api-server", 180)

    # A night.

    def night(self, day: str, run_id: str, say: Callable[[str], None]) -> bool:
        """The demo's night of a day through Airflow; whether it went well."""
        variables = self.environment()
        for arguments in (["models", "prepare"], ["demo", "write", "--day", day]):
            self._run([Path(sys.executable).with_name("nightmarket"), *arguments], "demo", variables)
        airflow = embedded_airflow.command()
        self._until(
            lambda: "nightly" in self._output([*airflow, "dags", "list", "-o", "json"], variables),
            "dag-processor",
            180,
        )
        conf = json.dumps({"day": day})
        self._run(
            [*airflow, "dags", "trigger", "nightly", "--run-id", run_id, "--conf", conf], "night", variables
        )
        self._run([*airflow, "dags", "unpause", "nightly", "--yes"], "night", variables)
        said: set[str] = set()
        while True:
            listed = self._output(
                [*airflow, "tasks", "states-for-dag-run", "nightly", run_id, "-o", "json"], variables
            )
            states = {row["task_id"]: row["state"] for row in json.loads(listed[listed.index("[") :])}
            for task in (task for task, state in states.items() if state in OVER and task not in said):
                said.add(task)
                say(f"  {task:40} {states[task]}")
            if states and all(state in OVER for state in states.values()):
                return not any(state in BAD for state in states.values())
            time.sleep(5)

    # Ending.

    def stop(self) -> int:
        """End every process of the cluster, in the order that lets each end well; how many there were."""
        order = [*reversed(AIRFLOWS), *(f"worker-{n}" for n in range(1, WORKERS + 1)), "master", "postgres"]
        ended = 0
        for name in order:
            path = self.pids / name
            if path.exists():
                ended += _end(_group(int(path.read_text()), self.folder))
                path.unlink()
        # What had left its group: tasks of Airflow, drivers, executors.
        return ended + _end(marked(self.folder))

    # Means.

    def _daemon(
        self,
        name: str,
        command: Sequence[str | Path],
        variables: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        with (self.logs / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [str(word) for word in command],
                env={**(variables or os.environ), MARK: str(self.folder)},
                cwd=cwd or self.folder,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        (self.pids / name).write_text(str(process.pid))

    def _run(
        self, command: Sequence[str | Path], log: str, variables: Mapping[str, str] | None = None
    ) -> None:
        with (self.logs / f"{log}.log").open("ab") as written:
            done = subprocess.run(
                [str(word) for word in command], env={**(variables or os.environ), **self._passes()},
                cwd=self.folder, stdin=subprocess.DEVNULL, stdout=written, stderr=written, check=False,
            )  # fmt: skip
        if done.returncode:
            raise Refused(
                f"{' '.join(str(word) for word in command[:4])} … failed; see {self.logs / f'{log}.log'}"
            )

    def _output(self, command: Sequence[str | Path], variables: Mapping[str, str] | None = None) -> str:
        done = subprocess.run(
            [str(word) for word in command], env={**(variables or os.environ), **self._passes()},
            cwd=self.folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise Refused(f"{' '.join(str(word) for word in command[:4])} … failed: {done.stderr[-500:]}")
        return done.stdout

    def _passes(self) -> dict[str, str]:
        return {"PGPASSFILE": str(self.folder / "pgpass"), MARK: str(self.folder)}

    def _until(self, true: Callable[[], bool], name: str, seconds: float = 90) -> None:
        deadline = time.monotonic() + seconds
        while not true():
            if time.monotonic() > deadline:
                raise Refused(f"{name} did not start in {seconds:.0f} s; see {self.logs / f'{name}.log'}")
            time.sleep(0.5)


OVER = frozenset({"success", "failed", "upstream_failed", "skipped"})
BAD = frozenset({"failed", "upstream_failed"})


def marked(folder: Path) -> list[int]:
    """The processes that carry a cluster's folder in their environment, this one left out."""
    sign = f"{MARK}={folder}".encode()
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if sign in (place / "environ").read_bytes().split(b"\0") and int(place.name) != os.getpid():
                found.append(int(place.name))
        except OSError:
            continue
    return found


def _group(leader: int, folder: Path) -> list[int]:
    """The processes of a leader's group that are the cluster's: a pid is given again to others."""
    found = []
    for process in marked(folder):
        try:
            if os.getpgid(process) == leader:
                found.append(process)
        except ProcessLookupError:
            continue
    return found


def _end(processes: list[int]) -> int:
    for sign in (signal.SIGTERM, signal.SIGKILL):
        for process in filter(_lives, processes):
            os.kill(process, sign)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and any(map(_lives, processes)):
            time.sleep(0.1)
    return len(processes)


def _lives(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _free() -> socket.socket:
    free = socket.socket()
    free.bind((LOOPBACK, 0))
    return free


def _listens(port: str) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex((LOOPBACK, int(port))) == 0
