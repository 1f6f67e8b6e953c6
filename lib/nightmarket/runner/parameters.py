"""The tuning values a job is given: the shop's, or else the defaults of the job."""

from typing import Any

from nightmarket.errors import PlanError
from nightmarket.plan import Encoder, Job
from nightmarket.runner.specification import Specification


def parameters(job: Job, specification: Specification) -> dict[str, Any]:
    """Those that differ from the defaults of ``build``, by name.

    Raises:
        PlanError: the mapping sets one that the job does not have, or that is another job's to set.
    """
    of_encoders = {name for declared in job.encoders.values() for name in declared.values}
    return {name: value for name, value in _set(job, specification).items() if name not in of_encoders}


def encoder_values(job: Job, declared: Encoder, specification: Specification) -> dict[str, Any]:
    """All values of an encoder of the job, by name.

    Raises:
        PlanError: as :func:`parameters`.
    """
    named = _set(job, specification)
    return {name: named.get(name, default) for name, default in declared.values.items()}


def _set(job: Job, specification: Specification) -> dict[str, Any]:
    shop = specification.shop
    named = shop.parameters.get(job.writes, {})
    unknown = sorted(set(named) - set(job.parameters))
    moved = [name for name in unknown if name in job.borrowed]
    if moved:
        owner = job.borrowed[moved[0]].table
        raise PlanError(
            f"{shop.path}: {moved[0]} is set for {owner}, and {job.writes} goes by it; write it there."
        )
    if unknown:
        known = ", ".join(sorted(job.parameters)) or "none"
        raise PlanError(f"{shop.path}: {job.writes} has no parameter {', '.join(unknown)}; it has {known}.")
    values = dict(named)
    if "languages" in job.parameters:
        values.setdefault("languages", shop.languages)
    for name, borrowed in job.borrowed.items():
        # Where the shop names none, the other job's own default.
        theirs = {
            **specification.job(borrowed.table).parameters,
            **shop.parameters.get(borrowed.table, {}),
        }
        values[name] = theirs[name]
    return values
