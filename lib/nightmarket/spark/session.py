"""The one way a Spark session is made.

Everything about *where* (master, memory, catalog, jars) comes from Spark's own configuration: the cluster's
``spark-defaults.conf``, or the embedded one of :mod:`nightmarket.spark.embedded`. Here stands only what the
meaning of our tables depends on, and what our plans would take too long with.
"""

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from pyspark import cloudpickle
from pyspark.sql import SparkSession

from nightmarket.spark import embedded

_MEANING = {
    # Timestamps are UTC from the first cast to the last; a session zone would shift every day boundary.
    "spark.sql.session.timeZone": "UTC",
    # Sources cast strings of any quality: a bad one is null and becomes a reject, never a crash.
    "spark.sql.ansi.enabled": "false",
    # With EXCEPTION a single odd date would stop the night, with LEGACY "2011-13-40" would become a date.
    "spark.sql.legacy.timeParserPolicy": "CORRECTED",
    # SQL is what stands in it: ${env:…} in a text would be replaced by a variable of this machine.
    "spark.sql.variable.substitute": "false",
    # A stack that a regular expression overflows on one text fails its task; Spark would end the process.
    "spark.executor.killOnFatalError.depth": "0",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.adaptive.enabled": "true",
}

_PLANS = {
    # Both look, for each join, for the table that its key comes from, and write the key as one expression of
    # that table's columns. A cleaned column says each column it is made of several times, over some twenty
    # steps: the expression outgrows a driver of 1 GB. The first has nothing to find, for days are named by
    # value; the second would thin out sides of more than 10 GB only.
    "spark.sql.optimizer.dynamicPartitionPruning.enabled": "false",
    "spark.sql.optimizer.runtime.bloomFilter.enabled": "false",
    # Tables that are built side by side share the cores; the first one would take them all.
    "spark.scheduler.mode": "FAIR",
    # What cleans a wide record is one method of tens of thousands of bytes, which Java compiles badly or not
    # at all: each record then costs a third more. Beyond this, HotSpot's own limit, Spark cuts it in pieces.
    "spark.sql.codegen.hugeMethodLimit": "8000",
}

_PARTITIONS = "spark.sql.shuffle.partitions"
"""Where nobody says how many, one for each core: Spark's 200 cost minutes on a few hundred rows. What is
large gets more where it is first shuffled, see :mod:`nightmarket.spark.checkpoint`."""


def session(app: str) -> SparkSession:
    """The running session, or a new one named ``app``."""
    silence_py4j()
    builder = SparkSession.builder.appName(app)
    folder = embedded.scratch()
    settings = {**_MEANING, **_PLANS, **({"spark.local.dir": str(folder)} if folder else {})}
    for key, value in settings.items():
        builder = builder.config(key, value)
    return _partitioned(builder.getOrCreate())


@contextmanager
def beside(spark: SparkSession, name: str) -> Iterator[SparkSession]:
    """Within, a session of the same application for the calling thread: with the settings of ``spark``, which
    it may change for itself, a share of the cores, and jobs that are cancelled by ``name``
    (``cancelJobGroup``)."""
    context, jvm = spark.sparkContext, cast(Any, spark._jvm)
    sessions = jvm.org.apache.spark.sql.SparkSession
    own = SparkSession(context, cast(Any, spark._jsparkSession).cloneSession())
    context.setJobGroup(name, name, interruptOnCancel=True)
    context.setLocalProperty("spark.scheduler.pool", name)
    # Much of Spark asks for the thread's session, and would take the defaults of a thread that has none.
    sessions.setActiveSession(own._jsparkSession)
    own.catalog.setCurrentCatalog(spark.catalog.currentCatalog())
    try:
        yield own
    finally:
        sessions.setActiveSession(spark._jsparkSession)
        for of_the_thread in ("spark.scheduler.pool", *_JOB_GROUP):
            context.setLocalProperty(of_the_thread, None)  # type: ignore[arg-type]


_JOB_GROUP = ("spark.jobGroup.id", "spark.job.description", "spark.job.interruptOnCancel")


def _partitioned(spark: SparkSession) -> SparkSession:
    if not spark.sparkContext.getConf().contains(_PARTITIONS):
        spark.conf.set(_PARTITIONS, cores(spark))
    return spark


def silence_py4j() -> None:
    """When Java ends, py4j logs a traceback before it raises: what it raises is enough.

    It does so to a logger of its own and, where Java resets the connection under an answer, to the root.
    """
    logging.getLogger("py4j").setLevel(logging.CRITICAL)
    logging.getLogger().addFilter(_not_from_py4j)


def _not_from_py4j(record: logging.LogRecord) -> bool:
    return Path(record.pathname).parent.name != "py4j"


def cores(spark: SparkSession) -> int:
    """Tasks that may run at a time: of executors that are there, or else that the configuration asks for."""
    conf = spark.sparkContext.getConf()
    asked = int(conf.get("spark.executor.instances", "0")) * int(conf.get("spark.executor.cores", "1"))
    return max(2, spark.sparkContext.defaultParallelism, asked, int(conf.get("spark.cores.max", "0")))


def ship(function: Callable[..., Any]) -> None:
    """Let Python workers run what a job's file defines without having the file.

    Everything in the module of ``function`` is pickled by value instead of by module name: a worker on
    another machine has our package, but not the shop's ``jobs/`` folder.
    """
    cloudpickle.register_pickle_by_value(sys.modules[function.__module__])
