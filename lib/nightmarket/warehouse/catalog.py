"""The session's Iceberg catalog: names of tables in SQL, their metadata, and the commits we make to it."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime
from threading import local
from time import sleep
from typing import Any, TypeVar

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from nightmarket.contracts import Contract
from nightmarket.errors import WarehouseError
from nightmarket.warehouse.history import PREFIX, History, parse
from nightmarket.warehouse.lock import lock_folder, locked

Result = TypeVar("Result")

SPARK_FAILURES = (PySparkException, Py4JError)
"""What pyspark raises when the JVM refuses: known errors are translated, Iceberg's own are not."""

_CONFLICTS = ("CommitFailedException", "duplicate key value violates unique constraint")
"""What Iceberg says when another was faster; and PostgreSQL, of two that make one table or namespace in a
``jdbc`` catalog, which hands that on as it is."""

_TRIES = 6


class Catalog:
    """The catalog that was current when this was made; later changes of the session do not move it."""

    def __init__(self, spark: SparkSession) -> None:
        self.spark = spark
        self.name = spark.catalog.currentCatalog()
        if not spark.conf.get(f"spark.sql.catalog.{self.name}", ""):
            raise WarehouseError(
                f"the session's current catalog '{self.name}' is no Iceberg catalog; set "
                "spark.sql.defaultCatalog to one, in the spark-defaults.conf that SPARK_CONF_DIR points to."
            )
        self._locks = lock_folder(spark, self.name)
        self._holding = local()

    def sql_name(self, table: str, *parts: str) -> str:
        """The table, or one of its metadata tables or branches, quoted for SQL."""
        return ".".join(f"`{part}`" for part in (self.name, *table.split("."), *parts))

    def exists(self, table: str) -> bool:
        return self.spark.catalog.tableExists(self.sql_name(table))

    @contextmanager
    def lock(self, *tables: str) -> Iterator[None]:
        """Taken around each commit to a table; see :mod:`nightmarket.warehouse.lock`.

        A thread that holds a table's lock may ask for it again. Several are taken in the order of their
        names, so that two who want the same ones never wait for each other.
        """
        mine: set[str] = self._holding.__dict__.setdefault("tables", set())
        wanted = sorted(set(tables) - mine)
        with ExitStack() as stack:
            for table in wanted:
                stack.enter_context(locked(self._locks, table))
            mine.update(wanted)
            try:
                yield
            finally:
                mine.difference_update(wanted)

    def history(self, table: str) -> History:
        """One version of an existing table's metadata, the newest.

        Read through Iceberg's own library in the driver's JVM: a query over the metadata tables would be a
        Spark job each time, and would see two versions when a commit falls between its two tables.
        """
        operations = self._iceberg(table).operations()
        parser = self._jvm.org.apache.iceberg.TableMetadataParser
        return parse(json.loads(parser.toJson(operations.current())))

    def metadata_file(self, table: str) -> str:
        """Where the newest version of an existing table's metadata lies: all another engine needs."""
        return str(self._iceberg(table).operations().current().metadataFileLocation())

    def change_branches(self, table: str, change: Callable[[Any], Any]) -> None:
        """One commit to the table's branches; ``change`` is given Iceberg's ``ManageSnapshots``."""
        change(self._iceberg(table).manageSnapshots()).commit()

    def append_nothing(self, table: str, branch: str, properties: Mapping[str, str]) -> None:
        """A commit without rows on top of a branch, for what its snapshot says."""
        append = self._iceberg(table).newAppend().toBranch(branch)
        for name, value in properties.items():
            append = append.set(name, value)
        append.commit()

    def heads_since(self, table: str, moment: datetime) -> frozenset[int] | None:
        """Snapshots that were the head of ``main`` or of a branch at any time since then; None when versions
        of the metadata that go back so far are no longer kept."""
        loaded = self._iceberg(table)
        parser = self._jvm.org.apache.iceberg.TableMetadataParser
        metadata = loaded.operations().current()
        newest = json.loads(parser.toJson(metadata))
        heads, replaced, oldest = set(parse(newest).branches.values()), _moment_of(newest), newest
        for since, file in reversed(parse(newest).versions):
            if replaced <= moment:
                return frozenset(heads)
            try:
                oldest = json.loads(parser.toJson(parser.read(loaded.io(), file)))
            except SPARK_FAILURES:
                return None
            heads |= set(parse(oldest).branches.values())
            replaced = since
        # A table's first version is made before its first commit.
        whole = replaced <= moment or oldest["last-sequence-number"] == 0
        return frozenset(heads) if whole else None

    def change_properties(self, table: str, given: Mapping[str, str], removed: Iterable[str] = ()) -> None:
        """One commit, or none when there is nothing to do."""
        names = tuple(removed)
        if not given and not names:
            return
        change = self._iceberg(table).updateProperties()
        for name, value in given.items():
            change = change.set(name, value)
        for name in names:
            change = change.remove(name)
        change.commit()

    def expire(self, table: str, snapshots: Iterable[int]) -> None:
        """Let exactly these snapshots go, and the files that nothing else refers to. One that a branch or tag
        has come to need meanwhile makes it fail."""
        # Not by age as well, which is what it would do unasked.
        expiry = self._iceberg(table).expireSnapshots().expireOlderThan(0)
        for snapshot in snapshots:
            expiry = expiry.expireSnapshotId(snapshot)
        expiry.commit()

    def delete_days(self, table: str, before: date) -> None:
        """A commit to ``main`` without the days before one. No file is written or read: a day is whole
        files."""
        days = self._jvm.org.apache.iceberg.expressions.Expressions.lessThan("day", before.isoformat())
        deletion = self._iceberg(table).newDelete().deleteFromRowFilter(days)
        deletion.set(f"{PREFIX}upkeep", "days").commit()

    def manifests(self, table: str) -> list[int]:
        """Bytes of each manifest of ``main``."""
        loaded = self._iceberg(table)
        current = loaded.currentSnapshot()
        return [manifest.length() for manifest in current.allManifests(loaded.io())] if current else []

    def call(self, procedure: str, table: str, **arguments: str) -> list[Row]:
        """One of Iceberg's procedures; arguments beside the table's name are SQL."""
        given = ", ".join([f"table => '{table}'", *(f"{name} => {sql}" for name, sql in arguments.items())])
        return self.spark.sql(f"CALL `{self.name}`.system.{procedure}({given})").collect()

    def size(self, file: str) -> int:
        """Bytes of a file, wherever the table lies; 0 when it is gone."""
        path = self._jvm.org.apache.hadoop.fs.Path(file)
        try:
            system = path.getFileSystem(self.spark._jsparkSession.sessionState().newHadoopConf())
            return int(system.getFileStatus(path).getLen())
        except Py4JError:
            return 0

    @property
    def _jvm(self) -> Any:
        return self.spark._jvm

    def _iceberg(self, table: str) -> Any:
        """Iceberg's ``Table``, fresh also where the catalog caches."""
        loader = self._jvm.org.apache.iceberg.spark.Spark3Util
        loaded = loader.loadIcebergTable(self.spark._jsparkSession, self.sql_name(table))
        loaded.refresh()
        return loaded

    def at(self, table: str, snapshot: int) -> DataFrame:
        """The table as one snapshot has it, with the columns it had then."""
        # A name cannot be a parameter; it comes from a contract and is quoted.
        return self.spark.sql(f"SELECT * FROM {self.sql_name(table)} VERSION AS OF {snapshot}")  # noqa: S608

    def newest_day(self, table: str, snapshot: int, on_or_before: date) -> date | None:
        """The newest day with rows in a snapshot; answered from file statistics, without reading rows."""
        rows = self.at(table, snapshot).where(F.col("day") <= F.lit(on_or_before))
        newest: date | None = rows.agg(F.max("day")).collect()[0][0]
        return newest

    def empty(self, contract: Contract) -> DataFrame:
        # Spark knows of this that it is empty and leaves it out of plans; of no rows handed over by Python it
        # would believe that they are endlessly many.
        columns = [F.lit(None).cast(column.type).alias(column.name) for column in contract.columns]
        return self.spark.range(1).select(*columns).limit(0)

    def commit(self, table: str, operation: Callable[[], Result]) -> Result:
        """Run a commit under the table's lock, again when it merely lost against another."""
        with self.lock(table):
            return insist(operation)


def insist(operation: Callable[[], Result]) -> Result:
    """Run a commit that may be repeated until it no longer loses against others.

    Iceberg repeats writes by itself, but not changes of branches or columns: those lose against any other
    commit to the table and are simply tried again.
    """
    for lost in range(_TRIES):
        try:
            return operation()
        except SPARK_FAILURES as failure:
            if not any(words in str(failure) for words in _CONFLICTS) or lost == _TRIES - 1:
                raise
        sleep(0.1 * 2**lost)
    raise AssertionError("unreachable: the last try returns or raises")


def _moment_of(metadata: Mapping[str, Any]) -> datetime:
    return datetime.fromtimestamp(metadata["last-updated-ms"] / 1000, UTC)


def aligned(frame: DataFrame, wanted: StructType) -> DataFrame:
    """The wanted columns, null where the frame is older than the column."""
    return frame.select(
        [
            F.col(f"`{field.name}`")
            if field.name in frame.columns
            else F.lit(None).cast(field.dataType).alias(field.name)
            for field in wanted
        ]
    )


def text(value: str) -> str:
    """A SQL string literal."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
