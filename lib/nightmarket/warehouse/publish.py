"""Publishing: conform, write to a branch, audit what was written, seal, and only then move ``main``.

The steps in their order, each of which may be the last before a crash:

``start``    the run is not published yet;
``table``    the table exists and has the contract's columns;
``branch``   a branch of it is made for this try;
``part``     a part of the day is written there, the first replacing that branch's day;
``stage``    all of the day is;
``audit``    the written rows passed every check of the contract (both tables', when rows are rejected);
``seal``     an empty commit on the branch carries the run's key, its inputs and its counts;
``publish``  ``main`` is moved to the sealed commit;
``restage``  only when ``main`` moved meanwhile: the staged rows again on top of it, and publish once more;
``clear``    the run's branches are dropped.

Rows with reject reasons are two tables: both are staged and audited before either is published, then the
rejects are published first, so that a published day always has its rejects beside it. A retry after a crash
between the two publishes only the second, as long as no other run has published the day since.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date
from functools import partial
from typing import Any, Protocol

from pyspark import StorageLevel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from nightmarket.contracts import Contract
from nightmarket.contracts.checks import Counts
from nightmarket.errors import AuditError, ContendedError, ContractError
from nightmarket.warehouse.audit import (
    Finding,
    audit_counts,
    audit_references,
    audit_rows,
    by_reason,
    drop_since,
)
from nightmarket.warehouse.catalog import Catalog
from nightmarket.warehouse.conform import conform, of_rejects, split
from nightmarket.warehouse.ddl import create_or_evolve
from nightmarket.warehouse.draft import Draft, Drafts, Superseded, branches_of
from nightmarket.warehouse.history import PREFIX, Snapshot
from nightmarket.warehouse.run import Published, Run

STEPS = ("start", "table", "branch", "part", "stage", "audit", "seal", "publish", "restage", "clear")

Readings = Callable[[], Mapping[Any, int]]
"""Counts taken while rows flowed (``rows_in``, ``rows_carried``, ``records_left_out``,
``model_rows_computed``, ``model_rows_reused``); called once, after the write."""


class Reader(Protocol):
    """What an audit reads of other tables: pinned, as the job read them."""

    @property
    def pins(self) -> dict[str, int]: ...

    def newest_day(self, table: str, on_or_before: date) -> date | None: ...

    def days(self, table: str, first: date, last: date) -> DataFrame: ...


class Publisher:
    """Publishes days of tables through one catalog."""

    def __init__(self, catalog: Catalog, reader: Reader, after_step: Callable[[str], None]) -> None:
        self._catalog = catalog
        self._reader = reader
        self._after: Callable[[str, str], None] = lambda step, table: after_step(f"{step} {table}")
        self._drafts = Drafts(catalog, self._after)

    def published(self, contract: Contract, run: Run) -> Published | None:
        """What a run published already, by the commits that ``main`` stands on now; None: it has not."""
        if not self._catalog.exists(contract.table):
            return None
        history = self._catalog.history(contract.table)
        found = history.published(run.day, run.key)
        if found is None:
            return None
        self._drafts.clear(contract.table, branches_of(run, history))
        return _published(contract, run, found, already=True)

    def publish(
        self,
        contract: Contract,
        frames: list[DataFrame],
        run: Run,
        rejects: Contract | None,
        rejected: DataFrame | None,
        readings: Readings | None,
    ) -> Published:
        before = self.published(contract, run)
        if before is not None:
            return before
        if rejects is not None and (contract.rejects is None or contract.rejects.table != rejects.table):
            named = contract.rejects.table if contract.rejects else "none"
            raise ContractError(
                f"{contract.table}: its job declares rejects={rejects.table} and its contract {named}; name "
                "the same table in both."
            )
        try:
            if rejects is None:
                conformed = [conform(frame, contract) for frame in frames]
                return self._publish(contract, conformed, run, None, readings)
            with _apart(frames, contract, rejects, rejected) as (kept, rejected_rows):
                beside = (rejects, [conform(of_rejects(rejected_rows, run.day), rejects)])
                conformed = [conform(frame, contract) for frame in kept]
                return self._publish(contract, conformed, run, beside, readings)
        except Superseded:
            after = self.published(contract, run)
            if after is None:
                raise
            return after

    def _publish(
        self,
        contract: Contract,
        frames: list[DataFrame],
        run: Run,
        beside: tuple[Contract, list[DataFrame]] | None,
        readings: Readings | None,
    ) -> Published:
        self._after("start", contract.table)
        rejected = None if beside is None else self._newest(beside[0], run)
        first = [] if beside is None or rejected is not None else [beside]
        drafts = []
        for of, rows in [*first, (contract, frames)]:
            create_or_evolve(self._catalog, of)
            self._after("table", of.table)
            drafts.append(self._drafts.stage(of, run, rows))
        counts = dict(readings()) if readings is not None else {}
        rows_out = self._audit(drafts, counts, rejected, beside is not None)
        self._after("audit", contract.table)
        if rejected is not None:
            rows_out = {rejected.table: rejected.rows_out, **rows_out}
        ready = []
        for draft in drafts:
            properties = self._properties(draft, contract, rows_out, counts)
            self._drafts.seal(draft, properties)
            ready.append((draft, properties))
        # Where there are locks, both tables': another run of the day publishes its two before or after, and
        # the day ends with rows and rejects of one run. Catalogs without lock leave that to their scheduler.
        with self._catalog.lock(*([contract.table, beside[0].table] if beside else [])):
            if beside is not None and rejected is not None and self._newest(beside[0], run) is None:
                raise ContendedError(
                    f"{contract.table}, day {run.day}: another run published this day while this one caught "
                    "up on an earlier try; nothing was published, run it again."
                )
            if rejected is not None:
                # The try that published them may have been killed before it came to this.
                left = branches_of(run, self._catalog.history(rejected.table))
                self._drafts.clear(rejected.table, left)
            for draft, properties in ready:
                done = self._drafts.publish(draft, properties)
                # At once, and not after both: a run whose table is published never comes back to its rejects.
                self._drafts.clear(draft.table, [*draft.left, draft.branch])
        # The last draft is the table's own.
        return _published(contract, run, done, already=done != draft.sealed)

    def _newest(self, contract: Contract, run: Run) -> Published | None:
        """What the run published, unless another run has published the day since."""
        if not self._catalog.exists(contract.table):
            return None
        history = self._catalog.history(contract.table)
        newest, mine = history.sealed(history.main, run.day), history.published(run.day, run.key)
        return _published(contract, run, mine, already=True) if mine is not None and mine == newest else None

    def _audit(
        self, drafts: list[Draft], counts: Mapping[str, int], rejected: Published | None, rejecting: bool
    ) -> dict[str, int]:
        """Rows of the day by table; the rejects' draft comes before the one they were rejected from, unless
        an earlier try published them already.

        Raises:
            AuditError: checks failed, in either table.
        """
        findings: list[Finding] = []
        rows_out: dict[str, int] = {}
        for draft in drafts:
            contract, day = draft.contract, draft.run.day
            staged = self._catalog.at(draft.table, draft.staged.id)
            rows = staged.where(F.col("day") == F.lit(day))
            count, found = audit_rows(rows, contract, day)
            findings += [*found, *audit_references(rows, contract, day, partial(self._newest_rows, day))]
            drop = drop_since(rows, staged.where(F.col("day") < F.lit(day)), contract)
            of_day = Counts(count, draft.written, drop)
            rejected_rows: DataFrame | None = None
            if rejecting and draft is drafts[-1]:
                # The snapshot of an earlier try's rejects may have expired. Nobody has published the day
                # since, so they are what main has of it.
                table, snapshot = (
                    (rejected.table, self._catalog.history(rejected.table).main)
                    if rejected
                    else (drafts[0].table, drafts[0].staged.id)
                )
                assert snapshot is not None
                rejected_rows = self._catalog.at(table, snapshot).where(F.col("day") == F.lit(day))
                of_day = replace(
                    of_day,
                    rows_in=counts.get("rows_in"),
                    carried=counts.get("rows_carried", 0),
                    rejected=rejected.rows_out if rejected else rows_out[table],
                    reasons=by_reason(rejected_rows),
                )
            findings += audit_counts(contract, day, of_day, rejected_rows)
            rows_out[draft.table] = count
        if findings:
            raise AuditError(_report(drafts, findings))
        return rows_out

    def _newest_rows(self, day: date, table: str) -> tuple[date | None, DataFrame | None]:
        newest = self._reader.newest_day(table, day)
        return newest, None if newest is None else self._reader.days(table, newest, newest)

    def _properties(
        self, draft: Draft, contract: Contract, rows_out: Mapping[str, int], counts: Mapping[str, int]
    ) -> dict[str, str]:
        """What the sealed commit says; every value a string, as Iceberg keeps them. What does not apply to a
        table is left out, for 0 would say that it was counted and there was none."""
        run, own = draft.run, draft.table == contract.table
        rejected = sum(count for table, count in rows_out.items() if table != contract.table)
        facts: dict[str, object] = {
            "run_key": run.key,
            "day": run.day.isoformat(),
            "table": draft.table,
            "code_version": run.code_version,
            "inputs": json.dumps(self._reader.pins, sort_keys=True),
            "started_at": run.started_at.astimezone(UTC).isoformat(),
            "rows_in": counts.get("rows_in") if own else None,
            "rows_out": rows_out[draft.table],
            "rows_rejected": rejected if own and len(rows_out) > 1 else None,
            # What the shop's own condition keeps out never came in.
            "records_left_out": (counts.get("records_left_out") or None) if own else None,
            "bytes": draft.bytes,
            "model_rows_computed": counts.get("model_rows_computed") if own else None,
            "model_rows_reused": counts.get("model_rows_reused") if own else None,
        }
        return {f"{PREFIX}{name}": str(value) for name, value in facts.items() if value is not None}


@contextmanager
def _apart(
    frames: list[DataFrame], contract: Contract, rejects: Contract, rejected: DataFrame | None
) -> Iterator[tuple[list[DataFrame], DataFrame]]:
    """The rows to keep and the rejected ones. Rows with reject reasons are written twice, once per table, and
    must be computed only once: also so that both writes see the same reasons."""
    if rejected is not None:
        yield frames, rejected
        return
    (frame,) = frames
    persisted = frame.persist(StorageLevel.MEMORY_AND_DISK)
    try:
        # All of it before either write: counts taken while rows flow are read from the first action, and a
        # write of no rejects at all is optimised to one that never looks at the rows.
        persisted.count()
        kept, rejected_rows = split(persisted, contract, rejects)
        yield [kept], rejected_rows
    finally:
        persisted.unpersist()


def _published(contract: Contract, run: Run, snapshot: Snapshot, *, already: bool) -> Published:
    return Published(
        table=contract.table,
        day=run.day,
        snapshot_id=snapshot.id,
        rows_out=snapshot.number(f"{PREFIX}rows_out") or 0,
        rows_rejected=snapshot.number(f"{PREFIX}rows_rejected") or 0,
        left_out=snapshot.number(f"{PREFIX}records_left_out") or 0,
        already=already,
    )


def _report(drafts: list[Draft], findings: list[Finding]) -> str:
    main = drafts[-1]
    checks = "1 failed check" if len(findings) == 1 else f"{len(findings)} failed checks"
    lines = [
        f"{main.table}, day {main.run.day}: the audit found {checks}; nothing was published and readers keep "
        "the rows they had.",
        *(f"  - {finding.table}, {finding.day}: {finding.text}" for finding in findings),
        "To see the rows as written:",
        *(f"  {draft.look(main.table)}" for draft in reversed(drafts)),
    ]
    return "\n".join(lines)
