"""models: tuned models that another replaced so long ago that no night can ask for them.

- Each night reads with the newest model accepted before its day, so a model is needed as long as a day can be
  run again on which it was that: as long as the tables that are read with tuned models, or anything they are
  made from, keep that day. The newest of each base is always needed.
- A model that a row within retention names, or the shop's mapping, or ``$NIGHTMARKET_ENCODER``, stays too.
- Only models that this warehouse has accepted are looked at: a folder of models may serve several shops.
"""

import os
from collections.abc import Iterator
from datetime import timedelta

from nightmarket.plan import Before, Days, Latest
from nightmarket.upkeep.operation import Due, Site

AFTER = ("days",)
TRIALS = "embeddings.encoders"
_FOR_EVER = 100 * 366


def plan(site: Site) -> list[Due]:
    names = superseded(site)
    if not names:
        return []
    size = sum(path.stat().st_size for name in names for path in (site.models / name).iterdir())
    return [Due(str(site.models), "tuned models no night can ask for", len(names), size, tuple(names))]


def apply(site: Site, due: Due) -> None:
    from nightmarket import models

    for name in superseded(site):
        models.forget(name, site.models)


def superseded(site: Site) -> list[str]:
    """The names of those that are there and no longer needed, sorted."""
    from nightmarket import models
    from nightmarket.warehouse import Warehouse

    if TRIALS not in site.tables:
        return []
    trials = Warehouse(site.catalog.spark, site.contracts).days(
        TRIALS, site.day - timedelta(days=_FOR_EVER), site.day
    )
    accepted = trials.where("accepted").select("day", "base", "tuned").distinct().collect()
    there = {row.tuned for row in accepted if (site.models / row.tuned).is_dir()}
    gone = there - models.needed(accepted, site.day - timedelta(days=_reach(site)))
    return sorted(gone - set(_named(site))) if gone else []


def _reach(site: Site) -> int:
    """For how many days a night that reads with a tuned model can be run again."""
    days = [0]
    for table, job in site.jobs.items():
        reads = [read for read in job.reads if isinstance(read, Before | Days | Latest)]
        if table != TRIALS and any(read.table == TRIALS for read in reads):
            tables = {table} | {read.table for read in reads} - {TRIALS}
            days += [site.contracts.tables[name].retention_days or _FOR_EVER for name in tables]
    return max(days)


def _named(site: Site) -> Iterator[str]:
    """Models named by rows of any table, by the shop's mapping and by the environment."""
    yield os.environ.get("NIGHTMARKET_ENCODER", "")
    for values in site.shop.parameters.values():
        yield str(values.get("model"))
        yield from map(str, (values.get("by_language") or {}).values())
    for table in site.tables:
        if {"model", "model_digest"} <= {column.name for column in site.contracts.tables[table].columns}:
            rows = site.catalog.spark.table(site.catalog.sql_name(table))
            yield from (row.model for row in rows.select("model").distinct().collect())
