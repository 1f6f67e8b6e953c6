"""Finding the jobs of a project: every module under ``jobs/`` that declares one."""

import importlib.util
import sys
from pathlib import Path

from nightmarket.errors import PlanError
from nightmarket.plan.job import Job


def discover(root: Path) -> dict[str, Job]:
    """All jobs of the project at ``root``, by the table they write, in order of name.

    A job's file is where its table's name says: ``jobs/<domain>/<table>.py``. Importing the modules starts
    nothing; they must not import torch or start Spark at their top level.

    Raises:
        PlanError: a file without a job, or a job whose table is not the one its place says.
    """
    jobs: dict[str, Job] = {}
    for path in sorted((root / "jobs").glob("*/*.py")):
        table = f"{path.parent.name}.{path.stem}"
        jobs[table] = _load(path, table)
    return jobs


def _load(path: Path, table: str) -> Job:
    module_name = f"jobs.{table}"
    spec = importlib.util.spec_from_file_location(module_name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Spark pickles a job's functions by reference to their module; without this entry it cannot find them.
    sys.modules[module_name] = module
    spec.loader.exec_module(module)
    jobs = [value for value in vars(module).values() if isinstance(value, Job)]
    if len(jobs) != 1:
        raise PlanError(
            f"jobs/{table.replace('.', '/')}.py declares {len(jobs)} jobs; a job file declares one."
        )
    (declared,) = jobs
    if declared.writes != table:
        raise PlanError(
            f"jobs/{table.replace('.', '/')}.py writes {declared.writes}; its place says {table}."
        )
    return declared
