"""The plan: jobs, their edges by table name, and the order of a night."""

from nightmarket.plan.discover import discover, find
from nightmarket.plan.graph import Plan
from nightmarket.plan.job import (
    Commits,
    Computed,
    Days,
    Export,
    Input,
    Job,
    Latest,
    Previous,
    commits,
    computed,
    days,
    job,
    latest,
    previous,
    source,
)

__all__ = [
    "Commits",
    "Computed",
    "Days",
    "Export",
    "Input",
    "Job",
    "Latest",
    "Plan",
    "Previous",
    "commits",
    "computed",
    "days",
    "discover",
    "find",
    "job",
    "latest",
    "previous",
    "source",
]
