"""One table's day on its way to its readers: staged on a branch, sealed, and made ``main``.

Only these operations commit. Each holds the table's lock where the catalog needs one, and between any two
of them another process may publish, or this one may be killed, without a reader noticing.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from shlex import quote
from uuid import uuid4

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from nightmarket.contracts import Contract
from nightmarket.errors import ContendedError
from nightmarket.warehouse.catalog import SPARK_FAILURES, Catalog, aligned, insist
from nightmarket.warehouse.history import MAIN, RUNS, History, Snapshot
from nightmarket.warehouse.run import Run

AfterStep = Callable[[str, str], None]

PUBLISH_TRIES = 8
"""How often a publish is put on top of a ``main`` that moves again meanwhile, before it gives up."""


class Superseded(ContendedError):
    """Another try of the same run dropped this one's branch and went on in its place."""


@dataclass
class Draft:
    """Where a staged day lies."""

    contract: Contract
    run: Run
    branch: str
    staged: Snapshot
    """The snapshot whose rows of the day are to be published."""
    sealed: Snapshot | None = None
    """The commit on top of it that carries the run's key."""
    left: list[str] = field(default_factory=list)
    """Earlier branches of this try, no longer needed."""
    written: int = 0
    bytes: int = 0

    @property
    def table(self) -> str:
        return self.contract.table

    def look(self, rejected_from: str | None = None) -> str:
        """The command that shows the rows; of a rejects' draft by the table that they were rejected from."""
        table = rejected_from or self.table
        rejected = "" if table == self.table else " --rejected"
        return f"nightmarket show {table}{rejected} --day {self.run.day} --run {quote(self.run.key)}"


def branch_prefix(run: Run) -> str:
    """What the branches of one run are called, whichever try they belong to; a key may hold any character."""
    return f"{RUNS}{run.day:%Y%m%d}_{_of_key(run.key)}_"


def branches_of_key(key: str, history: History) -> list[tuple[date, str]]:
    """The days and branches of all tries under a run key, the latest day and the newest try last."""
    mine = re.compile(rf"{RUNS}([0-9]{{8}})_{_of_key(key)}_")
    found = [(mine.match(name), name) for name in history.branches]
    days = [(datetime.strptime(match[1], "%Y%m%d").date(), name) for match, name in found if match]  # noqa: DTZ007
    return sorted(days, key=lambda one: (one[0], history.snapshots[history.branches[one[1]]].committed_at))


def _of_key(key: str) -> str:
    return sha256(key.encode()).hexdigest()[:12]


class Drafts:
    """The committing steps of publishing."""

    def __init__(self, catalog: Catalog, after_step: AfterStep) -> None:
        self._catalog = catalog
        self._after = after_step

    def stage(self, contract: Contract, run: Run, frames: Iterable[DataFrame]) -> Draft:
        """Write the frames, one after the other, as the day of a new branch.

        Each try has a branch of its own, so that a try believed dead can never write into a living one's.
        What an earlier try of this run left is dropped once the first frame is written: that may hold what
        was found in it, and until then it would be lost if this try were killed, too.
        """
        table = contract.table
        left = branches_of(run, self._catalog.history(table))
        branch = self._catalog.commit(table, lambda: self._fresh_branch(table, run))
        self._after("branch", table)
        draft = Draft(contract, run, branch, self._head(table, branch))
        for number, frame in enumerate(frames):
            with self._catalog.lock(table):
                self._write(table, branch, run, frame, further=number > 0)
            head = self._head(table, branch)
            # An append makes a branch that is gone anew, without the parts before.
            if number and head.parent != draft.staged.id:
                self._catalog.commit(table, lambda: self._drop(table, branch))
                raise _superseded(table, branch)
            if not number:
                for earlier in left:
                    self._catalog.commit(table, lambda name=earlier: self._drop(table, name))  # type: ignore[misc]
            draft.staged = head
            draft.written += draft.staged.number("added-records") or 0
            draft.bytes += draft.staged.number("added-files-size") or 0
            self._after("part", table)
        self._after("stage", table)
        return draft

    def seal(self, draft: Draft, properties: Mapping[str, str]) -> None:
        """Add the commit that says who made these rows from what: no rows, only properties."""
        with self._catalog.lock(draft.table):
            self._seal(draft, properties)
        self._after("seal", draft.table)

    def publish(self, draft: Draft, properties: Mapping[str, str]) -> Snapshot:
        """Make ``main`` the sealed snapshot, or the same rows sealed again on top of a ``main`` that moved.

        Returns:
            The snapshot by which the run is published; not ``draft.sealed`` when another try was first.

        Raises:
            ContendedError: ``main`` moved at every try.
        """
        with self._catalog.lock(draft.table):
            published = self._fast_forward(draft)
        for _ in range(PUBLISH_TRIES):
            if published is not None:
                self._after("publish", draft.table)
                return published
            # In one hold of the lock, where there is one: then nothing can move between and it succeeds.
            with self._catalog.lock(draft.table):
                self._restage(draft, properties)
                published = self._fast_forward(draft)
            self._after("restage", draft.table)
        raise ContendedError(
            f"{draft.table}, day {draft.run.day}: {PUBLISH_TRIES} times in a row others published to this "
            "table before this day could be put on top of theirs; run it again when fewer runs write it. "
            f"Its rows are kept: {draft.look()}"
        )

    def clear(self, table: str, branches: Iterable[str]) -> None:
        """Drop the branches of a run that is published. A branch left over harms nobody, so no failure of
        this ends a run whose rows are out."""
        try:
            for branch in branches:
                self._catalog.commit(table, lambda name=branch: self._drop(table, name))  # type: ignore[misc]
        except SPARK_FAILURES:
            return
        self._after("clear", table)

    def _fresh_branch(self, table: str, run: Run) -> str:
        branch = branch_prefix(run) + uuid4().hex[:8]
        self._catalog.change_branches(table, lambda branches: branches.createBranch(branch))
        return branch

    def _drop(self, table: str, branch: str) -> None:
        try:
            self._catalog.change_branches(table, lambda branches: branches.removeBranch(branch))
        except SPARK_FAILURES:
            if branch in self._catalog.history(table).branches:
                raise

    def _write(self, table: str, branch: str, run: Run, frame: DataFrame, *, further: bool = False) -> None:
        # By the day and not by the partitions the frame has: a frame without rows must empty the day.
        # Another run may have added a column since this one looked.
        columns = self._catalog.spark.table(self._catalog.sql_name(table)).schema
        target = aligned(frame, columns).writeTo(self._catalog.sql_name(table, f"branch_{branch}"))
        try:
            if further:
                target.append()
            else:
                target.overwrite(F.col("day") == F.lit(run.day))
        except SPARK_FAILURES:
            self._head(table, branch)
            raise

    def _seal(self, draft: Draft, properties: Mapping[str, str]) -> None:
        # Looked up beforehand, because an append makes a branch that is gone anew; and once more afterwards,
        # because it may go in between.
        self._head(draft.table, draft.branch)
        self._catalog.append_nothing(draft.table, draft.branch, properties)
        sealed = self._head(draft.table, draft.branch)
        if sealed.parent != draft.staged.id:
            raise _superseded(draft.table, draft.branch)
        draft.sealed = sealed

    def _restage(self, draft: Draft, properties: Mapping[str, str]) -> None:
        """The staged rows again, on a branch that starts from today's ``main``; sealed with the same words.

        The rows passed their audit and stay as they are; what others published is theirs to answer for.
        """
        catalog, table = self._catalog, draft.table
        rows = catalog.at(table, draft.staged.id).where(F.col("day") == F.lit(draft.run.day))
        branch = branch_prefix(draft.run) + uuid4().hex[:8]
        insist(lambda: catalog.change_branches(table, lambda branches: branches.createBranch(branch)))
        self._write(table, branch, draft.run, rows)
        draft.left.append(draft.branch)
        draft.branch, draft.staged = branch, self._head(table, branch)
        self._seal(draft, properties)

    def _fast_forward(self, draft: Draft) -> Snapshot | None:
        """The snapshot by which the run is published, or None when ``main`` has moved.

        Whether a failed call did its work, the table says afterwards: its answer may have been lost on the
        way, or another try of the run may have published since this one took its branch.
        """
        catalog, sealed = self._catalog, draft.sealed
        assert sealed is not None
        try:
            insist(
                lambda: catalog.change_branches(
                    draft.table, lambda branches: branches.fastForwardBranch(MAIN, draft.branch)
                )
            )
        except SPARK_FAILURES:
            history = catalog.history(draft.table)
            published = history.published(draft.run.day, draft.run.key)
            if published is not None and (
                published.id == sealed.id or not history.descends(sealed.id, published.id)
            ):
                return published
            if draft.branch not in history.branches:
                raise _superseded(draft.table, draft.branch) from None
            if history.descends(sealed.id, history.main):
                raise
            return None
        return sealed

    def _head(self, table: str, branch: str) -> Snapshot:
        history = self._catalog.history(table)
        if branch not in history.branches:
            raise _superseded(table, branch)
        return history.snapshots[history.branches[branch]]


def branches_of_day(day: date, history: History) -> list[str]:
    """Branches of tries for one day that hold something, whoever's they are and whether dead or alive."""
    published = {snapshot.id for snapshot in history.ancestors(history.main)}
    return sorted(
        name
        for name, head in history.branches.items()
        if name.startswith(f"{RUNS}{day:%Y%m%d}_") and head not in published
    )


def branches_of(run: Run, history: History) -> list[str]:
    """All branches of a run's tries, whether those are dead or alive."""
    return sorted(name for name in history.branches if name.startswith(branch_prefix(run)))


def _superseded(table: str, branch: str) -> Superseded:
    return Superseded(
        f"{table}: branch {branch} was dropped by another try of the same run, which goes on in its place; "
        "wait for that one."
    )
