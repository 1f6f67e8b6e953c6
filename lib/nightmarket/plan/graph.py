"""The plan: which tables a shop's night writes, in which order, from which others."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from nightmarket.errors import PlanError
from nightmarket.plan.job import Cadence, Commits, Job


@dataclass(frozen=True)
class Plan:
    """Jobs in an order in which each comes after all it reads."""

    jobs: Mapping[str, Job]
    order: tuple[str, ...]
    """Tables, earliest first; ties by name, so that the order is the same everywhere."""
    left_out: Mapping[str, str]
    """Tables this shop's night does not write, and why."""

    @classmethod
    def of(
        cls, jobs: Mapping[str, Job], sources: Collection[str] | None = None, *, every: Cadence | None = None
    ) -> "Plan":
        """The plan of a shop that has the exports ``sources`` (None: all), of one cadence or of all.

        A table is left out when the shop lacks an export it reads, or a table it needs is left out.

        Raises:
            PlanError: a job reads a table nobody writes or borrows a value nobody has, two jobs write one
                table, or jobs read in a circle.
        """
        _writers(jobs)
        for table, job in jobs.items():
            for read in (*job.upstream, *job.earlier):
                if read not in jobs:
                    raise PlanError(
                        f"{table} reads {read}, which no job writes; correct the name or add its job."
                    )
            for name, asked in job.borrowed.items():
                if asked.table not in jobs or name not in jobs[asked.table].parameters:
                    raise PlanError(
                        f"{table} borrows {name} of {asked.table}, which has none; correct one of the names."
                    )
        try:
            order = _sorted(jobs)
        except CycleError as error:
            circle = " → ".join(reversed(error.args[1]))
            raise PlanError(f"the jobs read in a circle: {circle}; one of these inputs has to go.") from None
        left_out: dict[str, str] = {}
        for table in order:
            reason = _missing(jobs[table], left_out, sources)
            if reason:
                left_out[table] = reason
        kept = [t for t in order if t not in left_out and every in (None, jobs[t].every)]
        return cls({t: jobs[t] for t in kept}, tuple(kept), left_out)

    def upstream(self, table: str) -> tuple[str, ...]:
        """Tables of the plan that come before ``table``; all others for one that reads commits."""
        job = self.jobs[table]
        if _reads_commits(job):
            return tuple(sorted(t for t in self.jobs if not _reads_commits(self.jobs[t])))
        return tuple(t for t in job.upstream if t in self.jobs)

    def downstream(self, table: str) -> frozenset[str]:
        """``table`` and everything that follows from it.

        Raises:
            PlanError: the plan has no such table.
        """
        if table not in self.jobs:
            why = self.left_out.get(table)
            known = ", ".join(self.order)
            raise PlanError(
                f"{table} is left out: {why}." if why else f"no table {table}; the plan has {known}."
            )
        found = {table}
        for later in self.order:
            if found.intersection(self.upstream(later)):
                found.add(later)
        return frozenset(found)

    @property
    def tables(self) -> tuple[str, ...]:
        """Everything the plan publishes, reject tables included, sorted."""
        rejects = [job.rejects for job in self.jobs.values() if job.rejects]
        return tuple(sorted([*self.order, *rejects]))


def _writers(jobs: Mapping[str, Job]) -> None:
    written: dict[str, str] = {}
    for table, job in jobs.items():
        for target in filter(None, (job.writes, job.rejects)):
            if target in written:
                raise PlanError(f"{written[target]} and {table} both write {target}; one table has one job.")
            written[target] = table


def _reads_commits(job: Job) -> bool:
    return any(isinstance(i, Commits) for i in job.inputs.values())


def _sorted(jobs: Mapping[str, Job]) -> tuple[str, ...]:
    sorter = TopologicalSorter({table: set(job.upstream) for table, job in jobs.items()})
    sorter.prepare()
    order: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        order += ready
        sorter.done(*ready)
    last = [table for table in order if _reads_commits(jobs[table])]
    return tuple([table for table in order if table not in last] + last)


def _missing(job: Job, left_out: Mapping[str, str], sources: Collection[str] | None) -> str | None:
    for name in job.sources:
        if sources is not None and name not in sources:
            return f"the shop's mapping has no source '{name}'"
    for table in job.needed:
        if table in left_out:
            return f"it reads {table}, which is left out"
    return None
