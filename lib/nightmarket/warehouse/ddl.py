"""A contract's table: made when it is missing, given new nullable columns when it lags behind."""

from nightmarket.contracts import Column, Contract
from nightmarket.contracts.evolution import changes
from nightmarket.errors import ContractError
from nightmarket.warehouse.catalog import Catalog, text

FILE_BYTES = 256 << 20
"""Of a data file of a large day."""
_VERSION = "nightmarket.contract_version"


def create_or_evolve(catalog: Catalog, contract: Contract) -> None:
    """Bring the table to its contract's columns, so that the contract's rows can be written.

    Columns are nullable in the table even where the contract requires them: a missing value is then counted
    and named by the audit, instead of ending the write in the middle of some file.

    Raises:
        ContractError: the contract is not partitioned by day, or asks for a change that is refused
            (see :func:`nightmarket.contracts.evolution.changes`).
    """
    if contract.partition != "day":
        raise ContractError(
            f"{contract.table}: its contract must have a partition column named 'day'; "
            f"it has {contract.partition or 'none'}."
        )
    table = catalog.sql_name(contract.table)
    if not catalog.exists(contract.table):
        catalog.commit(contract.table, lambda: _create(catalog, contract))
    found = catalog.history(contract.table)
    added = changes(contract, catalog.spark.table(table).dtypes, found.partitioned_by)
    if added:
        columns = ", ".join(_column(column) for column in added)
        catalog.commit(
            contract.table, lambda: catalog.spark.sql(f"ALTER TABLE {table} ADD COLUMNS ({columns})")
        )
    if found.properties.get(_VERSION) != contract.version:
        renewed = f"ALTER TABLE {table} SET TBLPROPERTIES ('{_VERSION}' = {text(contract.version)})"
        catalog.commit(contract.table, lambda: catalog.spark.sql(renewed))


def _create(catalog: Catalog, contract: Contract) -> None:
    domain = f"`{catalog.name}`.`{contract.domain}`"
    catalog.spark.sql(f"CREATE NAMESPACE IF NOT EXISTS {domain}")
    properties = {
        "format-version": "2",
        "write.parquet.compression-codec": "zstd",
        # A small day is one file, a large one is cut at this size; unless the job lays out its rows itself.
        "write.distribution-mode": contract.distribution,
        "write.target-file-size-bytes": str(FILE_BYTES),
        "write.parquet.compression-level": "1",
        # Long lists of ids are tried as dictionaries and given up, again and again; only short ones pay.
        "write.parquet.dict-size-bytes": "65536",
        # Each publish makes some six small metadata files. Upkeep asks them what somebody may be reading, so
        # those of three days have to be there: a night, and another run of it, each day.
        "write.metadata.delete-after-commit.enabled": "true",
        "write.metadata.previous-versions-max": "40",
        _VERSION: contract.version,
    }
    catalog.spark.sql(
        f"CREATE TABLE IF NOT EXISTS {catalog.sql_name(contract.table)} "
        f"({', '.join(_column(column) for column in contract.columns)}) "
        f"USING iceberg PARTITIONED BY (day) COMMENT {text(f'{contract.title}: {contract.purpose}')} "
        f"TBLPROPERTIES ({', '.join(f'{text(k)} = {text(v)}' for k, v in properties.items())})"
    )


def _column(column: Column) -> str:
    return f"`{column.name}` {column.type} COMMENT {text(column.description)}"
