"""One table for one day: its inputs read, its job's ``build`` called, its rows handed to the warehouse."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from threading import Event, Timer

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from nightmarket import outage, sources
from nightmarket.errors import NightMarketError, OutageError
from nightmarket.plan import TIME_LIMITS, Job
from nightmarket.runner.encoders import routes
from nightmarket.runner.inputs import frames
from nightmarket.runner.ownership import confirm_key, confirm_shop
from nightmarket.runner.parameters import parameters
from nightmarket.runner.specification import Specification
from nightmarket.spark import forget, readings, ship
from nightmarket.spark.parts import Parts
from nightmarket.spark.rejects import Split
from nightmarket.spark.session import beside
from nightmarket.warehouse import Published, Run, Warehouse


def build_table(
    specification: Specification, application: SparkSession, table: str, day: date, run_key: str
) -> Published:
    """Build ``table`` for ``day`` and publish it under ``run_key``; nothing is done twice for one key.

    Args:
        application: any session of the application; the table gets one of its own, for the calling thread.

    Raises:
        NightMarketError: anything the reader can mend, from a missing export to a failed audit.
        OutageError: it took longer than its size may.
    """
    job = specification.job(table)
    with beside(application, table) as spark, _limited(job, spark):
        return _publish(specification, spark, job, day, run_key)


@contextmanager
def _limited(job: Job, spark: SparkSession) -> Iterator[None]:
    """Ends what the table runs in Spark once it has taken too long."""
    limit, too_long = TIME_LIMITS[job.size], Event()

    def end() -> None:
        too_long.set()
        spark.sparkContext.cancelJobGroup(job.writes)

    timer = Timer(limit.total_seconds(), end)
    timer.daemon = True
    timer.start()
    try:
        yield
    except Exception as error:
        if not too_long.is_set():
            raise
        raise OutageError(
            f"{job.writes} took longer than {limit}, which is the most for size {job.size}, and was ended; "
            "look at what held it up, give the machine less to do at a time, or declare another size."
        ) from error
    finally:
        timer.cancel()


def _publish(
    specification: Specification, spark: SparkSession, job: Job, day: date, run_key: str
) -> Published:
    started_at, contract = datetime.now(UTC), specification.contract(job.writes)
    forget()
    values = parameters(job, specification)
    ship(job.build)
    warehouse = Warehouse(spark, specification.contracts)
    confirm_shop(warehouse, specification.shop)
    if job.sources:
        confirm_key(warehouse, specification.pseudonym_key)
    run = Run(day=day, key=run_key, code_version=specification.code_version, started_at=started_at)
    already = warehouse.published(contract, run)
    if already:
        return already
    given = frames(job, day, specification, warehouse, spark)
    readers = routes(job, day, specification, warehouse)
    if job.takes_day:
        values["day"] = day
    # The day is stamped here: a job decides rows, never the day they are of.
    built = job.build(**given, **readers, **values)
    kept, rejected = built if isinstance(built, Split) else (built, None)
    parts = kept.frames if isinstance(kept, Parts) else (kept,)
    try:
        return warehouse.publish(
            contract,
            [part.withColumn("day", F.lit(day)) for part in parts],
            run,
            rejects=specification.contracts.tables[job.rejects] if job.rejects else None,
            rejected=rejected,
            readings=readings,
        )
    except NightMarketError:
        raise
    except Exception as error:
        # An export can turn out damaged only while Spark reads it, which is now.
        damaged = None if outage.explained(error) or not job.sources else sources.explained(error)
        if damaged is None:
            raise
        raise damaged from error
