"""The warehouse as a run sees it: tables pinned for reading, and the one way to publish a day."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from functools import reduce

from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from nightmarket import outage
from nightmarket.contracts import Contract, Contracts
from nightmarket.errors import WarehouseError
from nightmarket.warehouse.catalog import SPARK_FAILURES, Catalog, aligned
from nightmarket.warehouse.claims import claimed
from nightmarket.warehouse.draft import branches_of_day, branches_of_key
from nightmarket.warehouse.history import History
from nightmarket.warehouse.overview import commit, commits, day_before, summaries
from nightmarket.warehouse.publish import Publisher, Readings
from nightmarket.warehouse.run import Published, Run, TableSummary


def _go_on(step: str) -> None:
    """What follows a step when nobody watches."""


def _damaged(table: str, failure: Exception) -> TableSummary:
    """Raises: the failure itself, when it is none of the table's files."""
    explained = outage.explained(failure)
    if not isinstance(explained, WarehouseError):
        raise failure
    return TableSummary(table, None, 0, 0, 0, str(explained))


class Warehouse:
    """All tables of a project, in the session's current catalog.

    The first look at a table pins it: from then on this object reads that one snapshot of it, whatever is
    published meanwhile, by others or through this object. Make one per run.

    Args:
        after_step: called after each step of publishing with its name and table (``"seal reviews.clean"``);
            the steps are in :mod:`nightmarket.warehouse.publish`.
    """

    def __init__(
        self, spark: SparkSession, contracts: Contracts, *, after_step: Callable[[str], None] = _go_on
    ) -> None:
        self._catalog = Catalog(spark)
        self._contracts = contracts
        self._pins: dict[str, int | None] = {}
        self._publisher = Publisher(self._catalog, self, after_step)

    @property
    def contracts(self) -> Contracts:
        return self._contracts

    @property
    def pins(self) -> dict[str, int]:
        """The snapshot read of each table looked at so far; a table that had none is not listed."""
        return {table: pin for table, pin in sorted(self._pins.items()) if pin is not None}

    def claimed(self, name: str, value: str) -> str:
        """What is true of the whole catalog under a name; the first who says it is believed for good."""
        return claimed(self._catalog, name, value)

    def newest_day(self, table: str, on_or_before: date) -> date | None:
        """The newest day with rows, None when there is none; a day published without rows does not count."""
        pin = self._pin(self._contract(table).table)
        return None if pin is None else self._catalog.newest_day(table, pin, on_or_before)

    def newest_days(self, tables: Sequence[str], on_or_before: date) -> dict[str, date]:
        """Of each table the newest day with rows, in one query; those that have none are left out."""
        pins = {table: self._pin(self._contract(table).table) for table in tables}
        newest = [
            self._catalog.at(table, pin)
            .where(F.col("day") <= F.lit(on_or_before))
            .agg(F.max("day").alias("day"))
            .select(F.lit(table).alias("of"), "day")
            for table, pin in pins.items()
            if pin is not None
        ]
        found = reduce(DataFrame.unionAll, newest).collect() if newest else []
        return {row.of: row.day for row in found if row.day}

    def newest_published(self, table: str, on_or_before: date) -> date | None:
        """The newest day that was published, with rows or without, as far back as commits are kept."""
        pin = self._pin(self._contract(table).table)
        return None if pin is None else self._catalog.history(table).newest(pin, on_or_before)

    def days(self, table: str, first: date, last: date) -> DataFrame:
        """The rows of the days from ``first`` to ``last``, both included, with the contract's columns.

        Empty when the table does not exist. A column that the snapshot is older than is null.
        """
        contract = self._contract(table)
        nothing = self._catalog.empty(contract)
        pin = self._pin(table)
        if pin is None:
            return nothing
        rows = aligned(self._catalog.at(table, pin), nothing.schema)
        return rows.where(F.col("day").between(F.lit(first), F.lit(last)))

    def unpublished(self, table: str, day: date) -> DataFrame:
        """The rows that runs of the day have written and not published: they were killed, failed their audit,
        or are still at it. As they are now: what is written later is not seen."""
        contract = self._contract(table)
        rows = self._catalog.empty(contract)
        if not self._catalog.exists(table):
            return rows
        history = self._catalog.history(table)
        for branch in branches_of_day(day, history):
            written = aligned(self._catalog.at(table, history.branches[branch]), rows.schema)
            rows = rows.unionByName(written.where(F.col("day") == F.lit(day)))
        return rows

    def of_run(self, table: str, key: str, day: date | None) -> tuple[date, DataFrame] | None:
        """What a run wrote, whether it was published or not, and of which day; None when it wrote nothing.

        Without a day its newest. A published run's rows are those it published, an unpublished one's those of
        its last try.
        """
        contract = self._contract(table)
        if not self._catalog.exists(table):
            return None
        history = self._catalog.history(table)
        found = [one for one in branches_of_key(key, history) if day in (None, one[0])]
        written = [(of, history.branches[branch]) for of, branch in reversed(found)]
        sealed = [(of, s.id) for of, s in history.sealed_by(key) if day in (None, of)]
        if not written and not sealed:
            return None
        of, snapshot = max([*written, *sealed], key=lambda one: one[0])
        rows = aligned(self._catalog.at(table, snapshot), self._catalog.empty(contract).schema)
        return of, rows.where(F.col("day") == F.lit(of))

    def newest_publish(self, table: str, on_or_before: date) -> date | None:
        """The newest day that was published, with rows or without; None when there is none. Of days without
        rows only those are known whose commit is still kept."""
        pin = self._pin(self._contract(table).table)
        if pin is None:
            return None
        known = [of for of, _ in self._catalog.history(table).days(pin) if of <= on_or_before]
        newest = self._catalog.newest_day(table, pin, on_or_before)
        return max([*known, *([newest] if newest else [])], default=None)

    def published(self, contract: Contract, run: Run) -> Published | None:
        """What this run published already; None when it has yet to. Not pinned: it looks at the table now."""
        return self._publisher.published(contract, run)

    def publish(
        self,
        contract: Contract,
        frame: DataFrame | Sequence[DataFrame],
        run: Run,
        *,
        rejects: Contract | None = None,
        rejected: DataFrame | None = None,
        readings: Readings | None = None,
    ) -> Published:
        """Replace one day of a table by the frame's rows, all or nothing; see :mod:`.publish` for how.

        A run that is published already does nothing and does not evaluate the frame.

        Args:
            frame: the contract's columns; with ``rejects`` also ``reject_reason`` (null for rows to keep),
                ``reject_detail``, ``raw`` and ``source_file``. It is evaluated once. Of a sequence one frame
                is evaluated and written after the other: a run that is killed leaves those it had written, to
                be found as ``unpublished``.
            rejects: the contract of the table that takes the rejected rows.
            rejected: these rows with those four columns, when ``frame`` is without them already; then each
                of the two is evaluated once.
            readings: called once after the write for ``rows_in`` and the numbers of model rows. With
                ``rejects``, ``rows_in`` must equal the rows kept and rejected.

        Raises:
            ContractError: the frame does not fit the contract, or the contract not the table that exists.
            AuditError: written rows broke rules; readers keep what they had, the branch stays to look at.
            ContendedError: another try of the same run is under way, or ``main`` would not stand still.
        """
        frames = [frame] if isinstance(frame, DataFrame) else list(frame)
        return self._publisher.publish(contract, frames, run, rejects, rejected, readings)

    def commits(self, day: date) -> DataFrame:
        """One row per table published for the day, columns of ``ops.metrics``; pins every table that exists.

        ``published_at`` is when the rows were sealed, ``seconds`` the time from the run's start to then.
        """
        histories = self._histories()
        return commits(self._catalog, histories, self._heads(histories), day)

    def published_and_before(self, day: date) -> dict[str, tuple[Row | None, Row | None]]:
        """Of every table that exists what it published for the day and for its newest day before, each in the
        columns of :meth:`commits` and None when there is none. From metadata alone; pins every table that
        exists."""
        histories = self._histories()
        found = {}
        for table, head in self._heads(histories).items():
            before = day_before(histories[table], head, day)
            found[table] = (
                commit(table, histories[table], head, day),
                commit(table, histories[table], head, before) if before else None,
            )
        return found

    def _histories(self) -> dict[str, History]:
        """Of every table that exists; pins them."""
        existing = [table for table in self._contracts.tables if self._catalog.exists(table)]
        histories = {table: self._catalog.history(table) for table in existing}
        for table, history in histories.items():
            self._pins.setdefault(table, history.main)
        return histories

    def _heads(self, histories: Mapping[str, History]) -> dict[str, int]:
        return {table: pin for table, pin in self.pins.items() if table in histories}

    def metadata_file(self, table: str) -> str:
        """The Iceberg metadata file of a table as it is now, to be read without Spark.

        Raises:
            WarehouseError: the table is unknown or has never been published.
        """
        if not self._catalog.exists(self._contract(table).table):
            raise WarehouseError(
                f"{table} has never been published; run `nightmarket run {table} --day DAY`."
            )
        return self._catalog.metadata_file(table)

    def tables(self) -> tuple[TableSummary, ...]:
        """Every table of the contracts by name, as it is now; those that do not exist yet have no day, and
        one whose files are damaged says so and keeps no other from being listed."""
        found: dict[str, TableSummary] = {}
        existing = []
        for table in sorted(self._contracts.tables):
            try:
                if self._catalog.exists(table):
                    existing.append(table)
            except SPARK_FAILURES as failure:
                found[table] = _damaged(table, failure)
        try:
            found |= {summary.table: summary for summary in summaries(self._catalog, existing)}
        except SPARK_FAILURES:
            # One query for all of them is many times faster than one for each, which only damage asks for.
            for table in existing:
                try:
                    (found[table],) = summaries(self._catalog, [table])
                except SPARK_FAILURES as failure:
                    found[table] = _damaged(table, failure)
        return tuple(
            found.get(table, TableSummary(table, None, 0, 0, 0)) for table in sorted(self._contracts.tables)
        )

    def _contract(self, table: str) -> Contract:
        contract = self._contracts.tables.get(table)
        if contract is None:
            near = get_close_matches(table, self._contracts.tables, n=1)
            hint = f"did you mean {near[0]}?" if near else "add its contract under schemas/."
            raise WarehouseError(f"there is no table {table}; {hint}")
        return contract

    def _pin(self, table: str) -> int | None:
        if table not in self._pins:
            exists = self._catalog.exists(table)
            self._pins[table] = self._catalog.history(table).main if exists else None
        return self._pins[table]
