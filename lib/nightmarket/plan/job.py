"""``@job``: the edges and the cadence of one table, beside the pure function that builds it.

A job module declares exactly one job. Its ``build`` takes one DataFrame per declared input, by name, plus
keyword-only tuning values with defaults (a shop's mapping may override them), plus ``day`` (a
``datetime.date``) when it declares a keyword-only parameter of that name. It returns the table's rows.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from inspect import Parameter, signature
from typing import Any, Literal

from nightmarket.errors import PlanError
from nightmarket.plan.encoder import TUNED_DAYS, Encoder

Size = Literal["small", "medium", "large"]
Cadence = Literal["day", "week"]

TIME_LIMITS: Mapping[Size, timedelta] = {
    "small": timedelta(minutes=30),
    "medium": timedelta(hours=2),
    "large": timedelta(hours=6),
}
"""After so long a table's run is ended: something hangs."""


@dataclass(frozen=True)
class Export:
    """The shop's own export of the run's day, read through its mapping into the source contract's columns.

    The frame has the contract's columns (null where a value did not parse) and four more:
    ``raw`` (the row as it came), ``source_file``, ``reject_reason`` (null when the row was readable)
    and ``reject_detail``.
    """

    source: str


@dataclass(frozen=True)
class Days:
    """The last ``count`` days of a table up to and including the run's day, whichever of them exist."""

    table: str
    count: int


@dataclass(frozen=True)
class Before:
    """The last ``count`` days of a table, the job's own or another's, strictly before the run's day.

    Whichever of them exist: none on the first night. It asks nothing of the run's own night, so a table may
    read the earlier days of one that is made from it.
    """

    table: str
    count: int


@dataclass(frozen=True)
class Latest:
    """The newest day with rows of a table at or before the run's day, never older than ``max_age`` days.

    Where there is none, but a day that was published without rows, no rows are read: nobody may have signed
    in yet. When it is ``optional``, a shop that lacks the table, or a day that is older, is read as no rows,
    too. The job comes after the table all the same, where the shop has it.
    """

    table: str
    max_age: int
    optional: bool = False


@dataclass(frozen=True)
class Previous:
    """The job's own table on its newest day strictly before the run's, however long ago that was.

    An empty frame on the first night.
    """


@dataclass(frozen=True)
class Computed:
    """The job's own rows of the last ``count`` days including the run's own, when it is being run again; also
    what runs of that day wrote and did not come to publish.

    Only for rows that are a function of their content (an embedding of a text): what is found here need not
    be computed again, and finding it or not changes a row by no more than rounding.
    """

    count: int


@dataclass(frozen=True)
class Commits:
    """One row per table published for the run's day, read from the warehouse's own commits."""


Input = Export | Days | Before | Latest | Previous | Computed | Commits


@dataclass(frozen=True)
class ParameterOf:
    """A tuning value that is another job's: the shop sets it there, and the two cannot come to differ."""

    table: str


def source(name: str) -> Export:
    return Export(name)


def days(table: str, count: int) -> Days:
    return Days(table, count)


def before(table: str, *, days: int) -> Before:
    return Before(table, days)


def latest(table: str, *, max_age: int, optional: bool = False) -> Latest:
    return Latest(table, max_age, optional)


def previous() -> Previous:
    return Previous()


def computed(*, days: int) -> Computed:
    return Computed(days)


def commits() -> Commits:
    return Commits()


def parameter_of(table: str) -> ParameterOf:
    return ParameterOf(table)


@dataclass(frozen=True)
class Job:
    writes: str
    build: Callable[..., Any]
    inputs: Mapping[str, Input]
    parameters: Mapping[str, Any]
    """Tuning values and their defaults, by name."""
    borrowed: Mapping[str, ParameterOf]
    """Tuning values that are set for another table, by name; it has one of the same name."""
    encoders: Mapping[str, Encoder]
    """Models it reads with, by name; their tuning values are among the two above."""
    takes_day: bool
    rejects: str | None
    every: Cadence
    size: Size
    doc: str

    @property
    def reads(self) -> tuple[Input, ...]:
        """What it reads, rows by which its models are chosen among it."""
        tuned_by = (models.tuned_by for models in self.encoders.values())
        return (*self.inputs.values(), *(Before(table, TUNED_DAYS) for table in tuned_by if table))

    @property
    def upstream(self) -> tuple[str, ...]:
        """Tables of other jobs this one waits for, sorted; also those it can do without."""
        return tuple(sorted({i.table for i in self.inputs.values() if isinstance(i, Days | Latest)}))

    @property
    def needed(self) -> tuple[str, ...]:
        """Of those, the tables without which there is nothing to build."""
        inputs = [i for i in self.inputs.values() if isinstance(i, Days | Latest)]
        return tuple(sorted({i.table for i in inputs if not (isinstance(i, Latest) and i.optional)}))

    @property
    def earlier(self) -> tuple[str, ...]:
        """Tables of which this one reads earlier days only, sorted; it may be among them itself."""
        return tuple(sorted({i.table for i in self.reads if isinstance(i, Before)}))

    @property
    def sources(self) -> tuple[str, ...]:
        return tuple(sorted({i.source for i in self.inputs.values() if isinstance(i, Export)}))


def job(
    *,
    writes: str,
    rejects: str | None = None,
    every: Cadence = "day",
    size: Size = "small",
    **inputs: Input | Encoder | ParameterOf,
) -> Callable[[Callable[..., Any]], Job]:
    """Declare the job that writes one table.

    What ``build`` takes that is no tuning value of its own is declared by its name: the frames it reads, the
    models it reads with (:func:`encoder`), and keyword-only values without a default that
    :func:`parameter_of` another job are.

    With ``rejects`` the build returns rows with a reject reason: the table's columns plus ``reject_reason``
    (null for rows to keep), ``reject_detail``, ``raw`` and ``source_file``; the kept rows go to ``writes``,
    the others to the sibling table ``rejects``, and none may be lost between the export and the two. A build
    that has the two apart returns them as :class:`nightmarket.spark.rejects.Split`.

    Raises:
        PlanError: the signature of ``build`` and the declared inputs do not agree.
    """

    def declare(build: Callable[..., Any]) -> Job:
        where = f"jobs/{writes.replace('.', '/')}.py"
        borrowed = {name: one for name, one in inputs.items() if isinstance(one, ParameterOf)}
        encoders = {name: one for name, one in inputs.items() if isinstance(one, Encoder)}
        read = {name: one for name, one in inputs.items() if not isinstance(one, ParameterOf | Encoder)}
        frames, tuning = [], {}
        for name, parameter in signature(build).parameters.items():
            if parameter.kind is not Parameter.KEYWORD_ONLY:
                frames.append(name)
            elif name != "day" and name not in borrowed:
                if parameter.default is Parameter.empty:
                    raise PlanError(f"{where}: the tuning value '{name}' of build needs a default.")
                tuning[name] = parameter.default
        if set(frames) != {*read, *encoders}:
            raise PlanError(
                f"{where}: build takes {', '.join(frames) or 'no frames'} but @job declares "
                f"{', '.join([*read, *encoders]) or 'none'}; give each input one parameter of its name."
            )
        lacking = sorted(set(borrowed) - set(signature(build).parameters))
        if lacking:
            raise PlanError(f"{where}: @job borrows {', '.join(lacking)}, which build does not take.")
        for declared in encoders.values():
            twice = sorted(set(declared.values) & {*tuning, *borrowed})
            if twice:
                raise PlanError(
                    f"{where}: an encoder has the tuning value {twice[0]}, which is there already."
                )
            if declared.of:
                borrowed |= dict.fromkeys(declared.values, ParameterOf(declared.of))
            else:
                tuning |= declared.values
        module_doc = getattr(build, "__globals__", {}).get("__doc__") or ""
        return Job(
            writes=writes,
            build=build,
            inputs=read,
            parameters=tuning,
            borrowed=borrowed,
            encoders=encoders,
            takes_day="day" in signature(build).parameters,
            rejects=rejects,
            every=every,
            size=size,
            doc=module_doc.strip(),
        )

    return declare
