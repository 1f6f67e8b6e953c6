"""The plan: jobs, their edges by table name, and the order of a night."""

from nightmarket.plan.discover import discover, find
from nightmarket.plan.graph import Plan
from nightmarket.plan.job import (
    Before,
    Commits,
    Computed,
    Days,
    Export,
    Input,
    Job,
    Latest,
    Previous,
    before,
    commits,
    computed,
    days,
    job,
    latest,
    previous,
    source,
)

__all__ = [
    "Before",
    "Commits",
    "Computed",
    "Days",
    "Export",
    "Input",
    "Job",
    "Latest",
    "Plan",
    "Previous",
    "before",
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
