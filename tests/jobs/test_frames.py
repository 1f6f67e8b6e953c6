"""Every job on a first night without a single row: it builds, and its frame is the one its contract names."""

from datetime import date
from pathlib import Path

import pytest
from pyspark.sql import functions as F

from nightmarket import models
from nightmarket.contracts import Contracts, ddl
from nightmarket.plan import Before, Commits, Computed, Days, Export, Input, Latest, Previous, discover
from nightmarket.spark.parts import Parts
from nightmarket.spark.rejects import Split
from nightmarket.warehouse.conform import REJECT_COLUMNS, conform

ROOT = Path(__file__).resolve().parents[2]
DAY = date(2026, 3, 10)
STAND_INS = {"encoder": "stand-in", "image-encoder": "stand-in-images"}


def columns(asked: Input, own: str, contracts: Contracts) -> str:
    match asked:
        case Export(name):
            return ddl(contracts.sources[name]) + "".join(f", {column} string" for column in REJECT_COLUMNS)
        case Days(name, _) | Before(name, _) | Latest(name, _):
            return ddl(contracts.tables[name])
        case Previous() | Computed() | Commits():
            return ddl(contracts.tables[own])
    raise AssertionError(asked)


@pytest.mark.parametrize("name", sorted(discover(ROOT)))
def test_without_rows_a_job_builds_the_columns_of_its_contract(job, spark, contracts, name: str) -> None:
    declared = job(name)
    frames = {
        parameter: spark.createDataFrame([], columns(asked, name, contracts))
        for parameter, asked in declared.inputs.items()
    }
    tuning = {
        parameter: job(asked.table).parameters[parameter]
        for parameter, asked in declared.borrowed.items()
        if not any(parameter in encoder.values for encoder in declared.encoders.values())
    }
    for parameter, encoder in declared.encoders.items():
        tuning[parameter] = models.routes(models.kind(encoder.kind), STAND_INS[encoder.kind])
    if declared.takes_day:
        tuning["day"] = DAY
    built = declared.build(**frames, **tuning)
    if isinstance(built, Split):
        assert built.rejected.columns == list(REJECT_COLUMNS)
        built = built.kept
    elif declared.rejects:
        assert set(REJECT_COLUMNS) <= set(built.columns)
        built = built.drop(*REJECT_COLUMNS)
    if isinstance(built, Parts):
        (built,) = built.frames
    if "day" not in built.columns:
        built = built.withColumn("day", F.lit(DAY))
    assert conform(built, contracts.tables[name]).collect() == []
