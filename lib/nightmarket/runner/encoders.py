"""The models that a job reads with: what the shop says of them, and which tuned ones are in use."""

from datetime import date, timedelta
from typing import Any

from nightmarket import models
from nightmarket.plan import TUNED_DAYS, Encoder, Job
from nightmarket.runner.parameters import encoder_values
from nightmarket.runner.specification import Specification
from nightmarket.warehouse import Warehouse


def routes(
    job: Job, day: date, specification: Specification, warehouse: Warehouse
) -> dict[str, list[models.Route]]:
    """The models of each :class:`Encoder` that the job declares, by the input's name.

    Raises:
        ModelError: no such model or precision, a model is not prepared, or does not name its language.
    """
    return {
        name: _routes(declared, encoder_values(job, declared, specification), day, warehouse)
        for name, declared in job.encoders.items()
    }


def _routes(declared: Encoder, values: dict[str, Any], day: date, warehouse: Warehouse) -> list[models.Route]:
    accepted = []
    if declared.tuned_by:
        results = warehouse.days(declared.tuned_by, day - timedelta(days=TUNED_DAYS), day - timedelta(days=1))
        if values.pop("tuned"):
            accepted = results.where("accepted").select("day", "base", "tuned").collect()
    if declared.only_ready:
        accepted = [row for row in accepted if models.ready(row.tuned)]
    return models.routes(models.kind(declared.kind), tuned=accepted, **values)
