"""What may change in a contract whose table already exists.

A new column that may be null migrates by itself: old rows simply lack it. Everything else would change what
published rows mean behind their readers' backs, so it is refused with the reason and left to a person.
"""

from collections.abc import Sequence

from nightmarket.contracts.contract import Column, Contract
from nightmarket.contracts.types import spelled
from nightmarket.errors import ContractError


def changes(
    contract: Contract, existing: Sequence[tuple[str, str]], partitioned_by: Sequence[str] | None = None
) -> list[Column]:
    """The columns to add so that the existing table fits its contract; empty when it already does.

    Args:
        contract: what the table shall be.
        existing: name and Spark type of each column the table has.
        partitioned_by: the table's partition columns; None skips that comparison.

    Raises:
        ContractError: the contract asks for more than new nullable columns; lists every such change.
    """
    found = dict(existing)
    wanted = {column.name: column for column in contract.columns}
    problems = [
        f"column '{name}' ({kind}) is gone from the contract; keep it there, or move to a new table"
        for name, kind in existing
        if name not in wanted
    ]
    added = []
    for column in contract.columns:
        if column.name not in found:
            if column.required:
                problems.append(
                    f"new column '{column.name}' is required, but the rows already published lack it; "
                    "make it optional"
                )
            added.append(column)
        elif spelled(column.type) != spelled(found[column.name]):
            problems.append(
                f"column '{column.name}' is {found[column.name]} in the table and {column.type} in the "
                "contract; give the new type a column of a new name"
            )
    if partitioned_by is not None:
        partition = [contract.partition] if contract.partition else []
        if list(partitioned_by) != partition:
            problems.append(
                f"the table is partitioned by {', '.join(partitioned_by) or 'nothing'} and the contract says "
                f"{', '.join(partition) or 'nothing'}; move to a new table"
            )
    if problems:
        raise ContractError(
            f"{contract.table}: the existing table cannot become what contract {contract.version} says:\n"
            + "\n".join(f"  - {problem}" for problem in problems)
        )
    return added
