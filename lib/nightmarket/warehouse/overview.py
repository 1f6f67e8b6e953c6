"""What the warehouse says about itself, from metadata alone: its commits and the size of its tables."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from pyspark.sql import DataFrame, Row

from nightmarket.warehouse.catalog import Catalog
from nightmarket.warehouse.ddl import FILE_BYTES
from nightmarket.warehouse.history import PREFIX, History, Snapshot
from nightmarket.warehouse.run import TableSummary

COMMITS = (
    "table_name string, run_key string, started_at timestamp, published_at timestamp, seconds double, "
    "rows_in bigint, rows_out bigint, rows_rejected bigint, bytes bigint, "
    "model_rows_computed bigint, model_rows_reused bigint, day date"
)

_COLUMNS = tuple(column.split()[0] for column in COMMITS.split(", "))
_SMALL = FILE_BYTES * 3 // 4


def commits(
    catalog: Catalog, histories: Mapping[str, History], heads: Mapping[str, int], day: date
) -> DataFrame:
    """One row per table with a publish of the day among its head's ancestors; the newest such counts."""
    found = (commit(table, histories[table], heads[table], day) for table in sorted(heads))
    return catalog.spark.createDataFrame([row for row in found if row], COMMITS)


def commit(table: str, history: History, head: int, day: date) -> Row | None:
    """The newest publish of the day among the head's ancestors, in the columns of :data:`COMMITS`; moments in
    UTC. No query is run."""
    sealed = history.sealed(head, day)
    return Row(*_COLUMNS)(*_row(table, sealed, day)) if sealed else None


def day_before(history: History, head: int, day: date) -> date | None:
    """The newest day published before another, as far back as its commit or what that said is kept."""
    known = {of for of, _ in history.days(head)} | set(history.kept_seals)
    return max((of for of in known if of < day), default=None)


def _row(table: str, sealed: Snapshot, day: date) -> tuple[object, ...]:
    started = datetime.fromisoformat(sealed.summary[f"{PREFIX}started_at"])
    return (
        table,
        sealed.summary[f"{PREFIX}run_key"],
        started,
        sealed.committed_at,
        (sealed.committed_at - started).total_seconds(),
        *(
            sealed.number(f"{PREFIX}{name}")
            for name in (
                "rows_in",
                "rows_out",
                "rows_rejected",
                "bytes",
                "model_rows_computed",
                "model_rows_reused",
            )
        ),
        day,
    )


def summaries(catalog: Catalog, tables: Sequence[str]) -> tuple[TableSummary, ...]:
    """Newest day and sizes of existing tables, in one query over their lists of partitions."""
    if not tables:
        return ()
    query = " UNION ALL ".join(_size_query(catalog, table) for table in tables)
    found = {row.table: row for row in catalog.spark.sql(query).collect()}
    return tuple(
        TableSummary(table, found[table].newest, found[table].rows, found[table].days, found[table].bytes)
        for table in tables
    )


def _size_query(catalog: Catalog, table: str) -> str:
    # Names cannot be parameters; these come from contracts and are quoted.
    return f"""
        SELECT '{table}' AS table, max(day) AS newest, coalesce(max_by(rows, day), 0) AS rows,
               count(*) AS days, coalesce(sum(bytes), 0) AS bytes
        FROM (
            SELECT partition.day AS day, sum(record_count) AS rows,
                   sum(total_data_file_size_in_bytes) AS bytes
            FROM {catalog.sql_name(table, "partitions")} GROUP BY partition.day
        )
    """  # noqa: S608


def sizes_by_day(catalog: Catalog, tables: Sequence[str]) -> dict[str, dict[date, int]]:
    """Bytes of the data files of each day of existing tables, in one query."""
    found: dict[str, dict[date, int]] = {table: {} for table in tables}
    queries = [
        f"SELECT '{table}' AS table, partition.day AS day, sum(total_data_file_size_in_bytes) AS bytes "  # noqa: S608
        f"FROM {catalog.sql_name(table, 'partitions')} GROUP BY partition.day"
        for table in tables
    ]
    for row in catalog.spark.sql(" UNION ALL ".join(queries)).collect() if queries else ():
        found[row.table][row.day] = row.bytes
    return found


def small_files(catalog: Catalog, tables: Sequence[str], many: int) -> list[tuple[str, date, int, int]]:
    """Days with ``many`` files or more that are far below the size they should have: table, day, how many,
    their bytes; by table and day."""
    queries = [
        f"SELECT '{table}' AS table, partition.day AS day, count(*) AS files, "  # noqa: S608
        f"sum(file_size_in_bytes) AS bytes FROM {catalog.sql_name(table, 'files')} "
        f"WHERE content = 0 AND file_size_in_bytes < {_SMALL} "
        f"GROUP BY partition.day HAVING count(*) >= {many}"
        for table in tables
    ]
    if not queries:
        return []
    found = catalog.spark.sql(" UNION ALL ".join(queries)).collect()
    return sorted((row.table, row.day, row.files, row.bytes) for row in found)
