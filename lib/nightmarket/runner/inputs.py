"""What a job reads: the shop's exports through the mapping, and tables, each pinned to one snapshot."""

from datetime import date, timedelta

from pyspark.sql import DataFrame, SparkSession

from nightmarket import plan, sources
from nightmarket.errors import WarehouseError
from nightmarket.plan import Input, Job
from nightmarket.runner.specification import Specification
from nightmarket.sources import pseudonyms
from nightmarket.spark import counted
from nightmarket.warehouse import Warehouse


def frames(
    job: Job, day: date, specification: Specification, warehouse: Warehouse, spark: SparkSession
) -> dict[str, DataFrame]:
    """The frames of ``build``, by name.

    Raises:
        SourceError: an export is missing, or cannot be read through the mapping.
        WarehouseError: a table has no day that is new enough.
    """
    found = {}
    for name, declared in job.inputs.items():
        if isinstance(declared, plan.Export):
            found[name] = _export(declared.source, day, specification, spark)
        else:
            found[name] = _table(declared, job, day, warehouse)
    return found


def _export(name: str, day: date, specification: Specification, spark: SparkSession) -> DataFrame:
    shop, key = specification.shop, specification.pseudonym_key
    rows = sources.read(spark, shop, specification.contracts, name, day, specification.landing)
    if key is not None:
        mapped, contract = shop.sources[name].columns, specification.contracts.sources[name]
        rows = pseudonyms.pseudonymised(spark, rows, contract, mapped, key)
    return counted(rows, "rows_in")


def _table(declared: Input, job: Job, day: date, warehouse: Warehouse) -> DataFrame:
    match declared:
        case plan.Days(table, count):
            return warehouse.days(table, day - timedelta(days=count - 1), day)
        case plan.Before(table, count):
            return warehouse.days(table, day - timedelta(days=count), day - timedelta(days=1))
        case plan.Latest(table, max_age, optional):
            return _latest(table, max_age, optional, job, day, warehouse)
        case plan.Previous():
            before = warehouse.newest_day(job.writes, day - timedelta(days=1)) or day - timedelta(days=1)
            return warehouse.days(job.writes, before, before)
        case plan.Computed(count):
            published = warehouse.days(job.writes, day - timedelta(days=count - 1), day)
            return published.unionByName(warehouse.unpublished(job.writes, day))
        case plan.Commits():
            return warehouse.commits(day)
    raise TypeError(f"{job.writes}: {declared} is no input of a table")


def _latest(table: str, max_age: int, optional: bool, job: Job, day: date, warehouse: Warehouse) -> DataFrame:
    newest = warehouse.newest_day(table, day)
    if newest is not None and (day - newest).days <= max_age:
        return warehouse.days(table, newest, newest)
    empty = warehouse.newest_published(table, day)
    if optional or (empty is not None and (day - empty).days <= max_age):
        # There is nothing of this day, so what comes back are the columns without rows.
        return warehouse.days(table, day, day)
    found = f"the newest is of {newest}" if newest else "there is none"
    raise WarehouseError(
        f"{job.writes} for {day} needs {table} of that day or at most {max_age} days before, but "
        f"{found}; run `nightmarket run {table} --day {day}` first."
    )
