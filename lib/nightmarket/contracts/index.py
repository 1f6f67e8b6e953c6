"""``schemas/README.md``: the index of all tables and exports, generated from the contracts themselves."""

from collections.abc import Iterable, Iterator

from nightmarket.contracts.contract import Column, Contract, Contracts


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
        yield f"| {_link(contract)} | {contract.purpose} | {keys} | {rerun} | {kept} |"
    yield ""
    yield "`nightmarket upkeep` deletes what is older; the weekly DAG runs it."
    yield ""
    yield "What a shop hands over:"
    yield ""
    yield "| export | what it is |"
    yield "|---|---|"
    for contract in contracts.sources.values():
        yield f"| {_link(contract)} | {contract.purpose} |"
    for contract in (*contracts.tables.values(), *contracts.sources.values()):
        yield from _section(contract)


_RERUN = {"exact": "the same bits", "tolerance": "the same within rounding", "sampled": "fresh measurements"}


def _section(contract: Contract) -> Iterator[str]:
    yield ""
    yield f"## {contract.table}"
    yield ""
    yield f"**{contract.title}.** {contract.purpose}"
    yield f"Version {contract.version}, owned by the {contract.owner}."
    limits = list(_limits(contract))
    if limits:
        yield ""
        yield f"A day is published only with {'; '.join(limits)}."
    yield ""
    yield "| column | type | what it says | rules |"
    yield "|---|---|---|---|"
    for column in contract.columns:
        yield f"| {column.name} | {column.type} | {column.description} | {_joined(_rules(column))} |"


def _limits(contract: Contract) -> Iterator[str]:
    if contract.minimum_rows:
        yield f"at least {contract.minimum_rows} row{'s' if contract.minimum_rows > 1 else ''}"
    if contract.maximum_drop is not None:
        kind = f" {contract.drop_counts}" if contract.drop_counts else ""
        yield f"at most {contract.maximum_drop:.0%} fewer{kind} rows than the day before"
    if contract.maximum_reject_rate is not None:
        yield f"at most {contract.maximum_reject_rate:.0%} of the rows rejected"
    if contract.maximum_conflict_rate is not None:
        yield f"at most {contract.maximum_conflict_rate:.0%} of the rows conflicting with another of their id"


def _rules(column: Column) -> Iterator[str]:
    if column.key:
        yield "key"
    if column.required:
        yield "required"
    if column.unique:
        yield "unique"
    if column.minimum is not None and column.maximum is not None:
        yield f"{column.minimum} to {column.maximum}"
    elif column.minimum is not None:
        yield f"at least {column.minimum}"
    elif column.maximum is not None:
        yield f"at most {column.maximum}"
    if column.pattern:
        yield "matches `" + column.pattern.replace("|", "\\|") + "`"
    if column.allowed:
        yield "one of " + ", ".join(f"`{value}`" for value in column.allowed)
    if column.reference:
        yield f"found in {column.reference.table}"
    if column.classification != "internal":
        yield column.classification


def _joined(parts: Iterable[str]) -> str:
    return "; ".join(parts)


def _link(contract: Contract) -> str:
    return f"[{contract.table}](#{contract.table.replace('.', '')})"
