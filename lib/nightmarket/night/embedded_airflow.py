"""Airflow on this machine, without a server: its environment, its metadata, and how it is stopped."""

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from nightmarket import contracts, project, sources
from nightmarket.errors import NightMarketError
from nightmarket.spark import embedded

_PATIENCE_SECONDS = 15
"""How long an interrupted night may take to end by itself: Spark's shutdown hooks need a moment."""
_METADATA = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"


def environment(home: Path) -> dict[str, str]:
    """The whole environment for any ``airflow`` command on this machine: Spark's, ours, and Airflow's own.

    The API server listens on loopback and nothing is reported anywhere. (``airflow standalone`` also opens
    log servers, whose address Airflow does not let one choose; they answer signed requests only.) It has no
    Spark connection: one in the environment would hide Airflow's own. The DAG sees to it that there is one.

    Raises:
        NightMarketError: no Java, or a shop's mapping that cannot be read.
    """
    root = project.root()
    shop = sources.load(project.shop(), contracts.load(root / "schemas"))
    airflow_home = home / "airflow"
    return {
        **os.environ,
        **embedded.environment(home),
        "NIGHTMARKET_PROJECT": str(root),
        "NIGHTMARKET_SHOP": str(shop.path),
        "NIGHTMARKET_LANDING": str(project.landing()),
        "AIRFLOW_HOME": str(airflow_home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(root / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        # So that the bare dates of `airflow backfill create` are the shop's days, not those of UTC.
        "AIRFLOW__CORE__DEFAULT_TIMEZONE": shop.timezone,
        _METADATA: f"sqlite:///{airflow_home / 'airflow.db'}",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        # Rich and Airflow would colour a log that nobody reads on a terminal.
        "NO_COLOR": "1",
    }


def named() -> bool:
    """Whether the environment names the metadata of an Airflow that is not this machine's own."""
    # A task of Airflow's is given a name of no database in place of it.
    return not os.environ.get(_METADATA, "sqlite:").startswith(("sqlite:", "airflow-db-not-allowed:"))


def environment_by_hand(home: Path) -> dict[str, str]:
    """As :func:`environment`, with the Airflow that the caller's environment names, where it names one."""
    theirs = {name: value for name, value in os.environ.items() if name.startswith("AIRFLOW")}
    return {**environment(home), **(theirs if named() else {})}


def prepare(home: Path, variables: Mapping[str, str], log: Path) -> None:
    """Create or migrate Airflow's metadata and its pools, only when Airflow or the pools changed since.

    Raises:
        NightMarketError: Airflow is not installed, or one of its commands failed.
    """
    pools = project.root() / "infra" / "airflow" / "pools.json"
    try:
        airflow = version("apache-airflow")
    except PackageNotFoundError:
        raise NightMarketError(
            "Airflow is not installed here; run `pip install 'nightmarket[airflow]'`, or build one table "
            "without it: nightmarket run TABLE --day DAY."
        ) from None
    wanted = f"{airflow} {hashlib.sha256(pools.read_bytes()).hexdigest()}\n"
    stamp = home / "airflow" / "prepared"
    if stamp.is_file() and stamp.read_text() == wanted and database(home).is_file():
        return
    stamp.parent.mkdir(parents=True, exist_ok=True)
    for arguments in (["db", "migrate"], ["pools", "import", str(pools)]):
        with log.open("ab") as written:
            done = subprocess.run(
                [*command(), *arguments], env=variables, stdout=written, stderr=written, check=False
            )
        if done.returncode:
            raise NightMarketError(
                f"airflow {' '.join(arguments[:2])} failed; its log is {log}. If {stamp.parent} is from an "
                "Airflow that is newer than this one, remove that folder: it holds run histories, no tables."
            )
    stamp.write_text(wanted)


def call(arguments: Sequence[str]) -> int:
    """Run any ``airflow`` command, such as ``standalone``, on this machine's nights or on the Airflow that
    the environment names; gives its exit status.

    Raises:
        NightMarketError: as :func:`prepare`.
    """
    home = project.home()
    variables = environment_by_hand(home)
    if not named():
        log = home / "logs" / "airflow-prepare.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        prepare(home, variables, log)
    # A script's background command ignores interrupts, and would hand that down.
    interrupted = signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen([*command(), *arguments], env=variables) as process:
        # ``airflow standalone`` ends its servers when it is interrupted, but leaves them behind when it is
        # terminated, which is what a supervisor does. A terminal interrupts Airflow itself.
        terminated = signal.signal(signal.SIGTERM, lambda *_: process.send_signal(signal.SIGINT))
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            return process.wait()
        finally:
            signal.signal(signal.SIGTERM, terminated)
            signal.signal(signal.SIGINT, interrupted)


def spark_master(home: Path, variables: Mapping[str, str] | None = None) -> str | None:
    """The master of Airflow's connection ``spark_default``; None when it has none, or no database yet.

    ``variables`` is Airflow's environment, by default that of commands by hand.

    Raises:
        NightMarketError: Airflow does not reach its database.
    """
    if variables is None:
        variables = environment_by_hand(home)
        if not named() and not database(home).is_file() and "AIRFLOW_CONN_SPARK_DEFAULT" not in variables:
            return None
    done = subprocess.run(
        [*command(), "connections", "get", "spark_default", "-o", "json"],
        env=variables, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        # It says of a database that it does not reach, too, that the connection is not found there.
        checked = subprocess.run(
            [*command(), "db", "check"], env=variables, capture_output=True, text=True, check=False
        )
        if checked.returncode:
            errors = re.findall(r"^(?:\w+\.)*\w+(?:Error|Exception): (.+)$", checked.stderr, re.M)
            why = errors[-1][:300] if errors else "it does not say why"
            raise NightMarketError(
                f"Airflow cannot reach its database ({why}); start it, or see to the variable {_METADATA}."
            )
        return None
    found = json.loads(done.stdout[done.stdout.index("[") :])[0]
    # As the operator puts it together.
    kind, host, port = found["conn_type"], found["host"] or "", found["port"]
    whole = host if kind == "spark" and host and ("://" in host or not port) else f"{kind}://{host}"
    return f"{whole}:{port}" if port else whole


def clean(home: Path, before: datetime) -> None:
    """Remove what this machine's Airflow remembers of runs before a moment.

    Raises:
        NightMarketError: Airflow is not installed, or could not do it.
    """
    variables, log = environment(home), home / "logs" / "airflow-clean.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    prepare(home, variables, log)
    moment = before.isoformat(timespec="seconds")
    # Without an archive: Airflow would keep what it removes in tables of its own, for somebody to look at.
    arguments = ["db", "clean", "--clean-before-timestamp", moment, "--skip-archive", "--yes"]
    with log.open("ab") as written:
        done = subprocess.run(
            [*command(), *arguments], env=variables, stdout=written, stderr=written, check=False
        )
    if done.returncode:
        raise NightMarketError(f"airflow db clean failed; its log is {log}. Run it again when no night runs.")


def stop(process: "subprocess.Popen[bytes]") -> None:
    """End a process and everything it started (it leads its own group), by force when it does not listen."""
    for end, patience in ((signal.SIGTERM, _PATIENCE_SECONDS), (signal.SIGKILL, _PATIENCE_SECONDS)):
        try:
            os.killpg(process.pid, end)
        except ProcessLookupError:
            break
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline and _group_lives(process):
            time.sleep(0.1)
    process.wait()


def _group_lives(process: "subprocess.Popen[bytes]") -> bool:
    process.poll()  # reaps the leader, which would else count as alive
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return False
    return True


def command() -> list[str]:
    """The ``airflow`` of our own environment, whatever the PATH says."""
    return [sys.executable, "-m", "airflow"]


def database(home: Path) -> Path:
    return home / "airflow" / "airflow.db"
