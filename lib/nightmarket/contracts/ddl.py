"""The columns of a contract as a Spark DDL string, for schemas, fixtures and CREATE TABLE alike."""

from nightmarket.contracts.contract import Contract


def ddl(contract: Contract) -> str:
    """``"a string, b array<float>, day date"``: the contract's columns in their order, names quoted."""
    return ", ".join(f"`{column.name}` {column.type}" for column in contract.columns)
