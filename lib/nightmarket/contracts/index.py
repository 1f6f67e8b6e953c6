"""``schemas/README.md``: the index of all tables and exports, generated from the contracts themselves."""

from collections.abc import Iterable, Iterator

from nightmarket.contracts.checks import of_day, unique
from nightmarket.contracts.contract import Column, Contract, Contracts, Rejects
from nightmarket.contracts.reasons import OF_SOURCES, Reason


def markdown(contracts: Contracts) -> str:
    """The whole index as Markdown, ending in a newline. The same contracts give the same text."""
    return "\n".join(_lines(contracts)) + "\n"


def _lines(contracts: Contracts) -> Iterator[str]:
    yield "# Tables and exports"
    yield ""
    yield "Generated from the contracts in this folder; rebuild it with"
    yield "`NIGHTMARKET_GOLDEN=write ./infra/test tests/contracts`."
    yield ""
    yield "| table | what it is for | key | rerun gives | kept |"
    yield "|---|---|---|---|---|"
    for contract in contracts.tables.values():
        keys = ", ".join(contract.keys) or "none"
        kept = f"{contract.retention_days} days" if contract.retention_days else "for ever"
        rerun = _RERUN[contract.determinism]
        yield f"| {_link(contract.table)} | {contract.purpose} | {keys} | {rerun} | {kept} |"
    yield ""
    yield "`nightmarket upkeep` deletes what is older; the weekly DAG runs it."
    yield ""
    yield "What a shop hands over:"
    yield ""
    yield "| export | what it is |"
    yield "|---|---|"
    for contract in contracts.sources.values():
        yield f"| {_link(contract.table)} | {contract.purpose} |"
    yield ""
    yield "## Why a row is rejected"
    yield ""
    yield "Reasons that a row of any export can have, the first of those that hold; a table may give others."
    yield ""
    yield from _reasons(OF_SOURCES)
    for contract in (*contracts.tables.values(), *contracts.sources.values()):
        yield from _section(contract)


_RERUN = {"exact": "the same bits", "tolerance": "the same within rounding", "sampled": "fresh measurements"}


def _section(contract: Contract) -> Iterator[str]:
    yield ""
    yield f"## {contract.table}"
    yield ""
    yield f"**{contract.title}.** {contract.purpose}"
    yield f"Version {contract.version}, owned by the {contract.owner}."
    limits = [limit for check in of_day(contract) if (limit := check.explained())]
    if limits:
        yield ""
        yield f"A day is published only with {'; '.join(limits)}."
    if contract.rejects:
        yield ""
        yield from _rejects(contract.rejects)
    yield ""
    yield "| column | type | what it says | rules |"
    yield "|---|---|---|---|"
    for column in contract.columns:
        rules = "; ".join(_rules(contract, column))
        yield f"| {column.name} | {column.type} | {column.description} | {rules} |"


def _rejects(rejects: Rejects) -> Iterator[str]:
    own = [reason for reason in rejects.reasons if reason not in OF_SOURCES]
    also = ", or" if own else "."
    yield f"Rows it cannot use are kept for {rejects.retention_days} days in {_link(rejects.table)}, each"
    yield f"with a reason: one of [those of every export](#why-a-row-is-rejected){also}"
    if own:
        yield ""
        yield from _reasons(own)


def _reasons(reasons: Iterable[Reason]) -> Iterator[str]:
    yield "| reason | what it says | 原因 |"
    yield "|---|---|---|"
    for reason in reasons:
        yield f"| {reason.name} | {reason.english} | {reason.chinese} |"


def _rules(contract: Contract, column: Column) -> Iterator[str]:
    yield from (check.explained() for check in unique(contract) if column.name in check.columns)
    yield from (rule.explained().replace("|", "\\|") for rule in column.checks)
    if column.reference:
        yield column.reference.explained()
    if column.classification != "internal":
        yield column.classification


def _link(table: str) -> str:
    return f"[{table}](#{table.replace('.', '')})"
