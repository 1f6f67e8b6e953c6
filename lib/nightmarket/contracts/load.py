"""``schemas/`` → :class:`Contracts`: every file validated against ODCS 3.1, every problem with file and line.

Validation is the standard's own JSON schema, as shipped with the package ``open-data-contract-standard``: its
pydantic models refuse unknown keys at the top level only, the schema refuses them everywhere. What the
standard leaves open (our custom properties, one partition column named ``day``) is checked here.
"""

import json
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from nightmarket import documents
from nightmarket.contracts import rejects, rules
from nightmarket.contracts.contract import PROPERTY, Column, Contract, Contracts, Reference, Rejects
from nightmarket.errors import ContractError

_LIMITS = {f.metadata[PROPERTY]: f.name for f in fields(Contract) if PROPERTY in f.metadata}
"""Custom properties that are fields of a contract as they are."""
_CUSTOM = {"determinism", "distribution", "rejects", *_LIMITS}
_CLASSES = {"public", "internal", "pseudonymous", "personal"}
_TIERS = {"exact", "tolerance", "sampled"}
_DISTRIBUTIONS = {"hash", "none"}


def load(folder: Path) -> Contracts:
    """Read every contract under ``folder``.

    Raises:
        ContractError: one line per problem of any file: ``file:line: what is wrong``.
    """
    problems: list[str] = []
    found: dict[str, Contract] = {}
    for path in sorted(folder.glob("*/*.yaml")):
        contract = _read(path, path.relative_to(folder), problems)
        if contract is not None:
            found[contract.table] = contract
    for contract in list(found.values()):
        if contract.rejects is not None:
            problems += _clashes(contract, contract.rejects, found)
            found[contract.rejects.table] = rejects.contract_of(contract, contract.rejects)
    if not found and not problems:
        problems.append(f"{folder}: no contracts; a contract is schemas/<domain>/<table>.yaml.")
    problems += list(_dangling(found))
    if problems:
        raise ContractError("\n".join(problems))
    ordered = sorted(found.values(), key=lambda contract: (contract.domain, contract.name))
    return Contracts(
        tables={contract.table: contract for contract in ordered if contract.domain != "source"},
        sources={contract.name: contract for contract in ordered if contract.domain == "source"},
    )


def _read(path: Path, shown: Path, problems: list[str]) -> Contract | None:
    where = f"schemas/{shown}"
    try:
        read = documents.read(path)
    except documents.UnreadableError as error:
        problems.append(f"{where}:{error.line}: {error.reason}.")
        return None
    document, node = read.value, read.node
    if not isinstance(document, dict):
        problems.append(f"{where}:1: a contract is a mapping of keys; this file is not.")
        return None
    before = len(problems)
    for line, message in sorted(set(_violations(document, node))):
        problems.append(f"{where}:{line}: {message}")
    if len(problems) > before:
        return None
    expected = f"{path.parent.name}.{path.stem}"
    for wrong, message in _house_rules(document, expected):
        problems.append(f"{where}:{_line(node, wrong)}: {message}")
    return _contract(document, path) if len(problems) == before else None


@cache
def _validator() -> Any:
    from jsonschema.validators import validator_for
    from open_data_contract_standard.model import OpenDataContractStandard

    schema = json.loads(OpenDataContractStandard.json_schema())
    return validator_for(schema)(schema)


def _violations(document: dict[str, Any], node: yaml.Node | None) -> Iterator[tuple[int, str]]:
    """What the standard's schema refuses, as (line, sentence); unknown keys one by one with their place."""
    for error in _validator().iter_errors(document):
        at = list(error.absolute_path)
        place = ".".join(str(part) for part in at) or "the contract"
        unknown = [key for key in _keys_at(document, at) if f"'{key}'" in error.message]
        if "were unexpected" in error.message or "was unexpected" in error.message:
            for key in unknown:
                yield (
                    _line(node, [*at, key]),
                    f"{place} has an unknown key '{key}'; ODCS 3.1 does not define it.",
                )
        else:
            yield _line(node, at), f"{place}: {error.message[:200].rstrip('.')}."


def _house_rules(document: dict[str, Any], expected: str) -> Iterator[tuple[list[Any], str]]:
    if document["id"] != expected:
        yield ["id"], f"id is {document['id']} but the file's place says {expected}; make them agree."
    tables = document.get("schema") or []
    if len(tables) != 1:
        yield ["schema"], f"a contract describes one table; this one has {len(tables)}."
        return
    table = tables[0]
    at: list[Any] = ["schema", 0]
    if table.get("name") != expected.split(".")[1]:
        yield [*at, "name"], f"the table is named {table.get('name')}; the file's place says {expected}."
    if not (document.get("description") or {}).get("purpose"):
        yield ["id"], "description.purpose is missing: say in a sentence what the table is for."
    if not _owner(document):
        yield ["id"], "team.name is missing: say who answers for the table."
    custom = {c["property"]: c.get("value") for c in table.get("customProperties") or []}
    for name in sorted(set(custom) - _CUSTOM):
        yield (
            [*at, "customProperties"],
            f"unknown custom property {name}; known are {', '.join(sorted(_CUSTOM))}.",
        )
    if custom.get("determinism") not in _TIERS:
        yield at, f"custom property determinism must be one of {', '.join(sorted(_TIERS))}."
    if custom.get("distribution", "hash") not in _DISTRIBUTIONS:
        known = ", ".join(sorted(_DISTRIBUTIONS))
        yield [*at, "customProperties"], f"custom property distribution must be one of {known}."
    if "rejects" in custom:
        place = [c["property"] for c in table["customProperties"]].index("rejects")
        for problem in rejects.problems(custom["rejects"], expected):
            yield [*at, "customProperties", place], problem
    flags = {c["name"] for c in table.get("properties") or [] if c.get("physicalType") == "boolean"}
    if custom.get("dropCounts") is not None and custom["dropCounts"] not in flags:
        yield [*at, "customProperties"], f"dropCounts is {custom['dropCounts']}, which is no boolean column."
    for index, column in enumerate(table.get("properties") or []):
        here = [*at, "properties", index]
        for key in ("description", "physicalType", "logicalType"):
            if not column.get(key):
                yield here, f"column {column.get('name')} has no {key}."
        if column.get("classification", "internal") not in _CLASSES:
            known = ", ".join(sorted(_CLASSES))
            yield [*here, "classification"], f"classification of {column['name']} must be one of {known}."
    partitions = [c["name"] for c in table.get("properties") or [] if c.get("partitioned")]
    wanted = [] if expected.startswith("source.") else ["day"]
    if partitions != wanted:
        yield (
            at,
            f"partitioned by {partitions or 'nothing'}; a table is partitioned by day, an export by nothing.",
        )


def _contract(document: dict[str, Any], path: Path) -> Contract:
    table = document["schema"][0]
    custom = {c["property"]: c.get("value") for c in table.get("customProperties") or []}
    retention = next((s for s in document.get("slaProperties") or [] if s["property"] == "retention"), None)
    counts = [q for q in table.get("quality") or [] if q.get("metric") == "rowCount"]
    at_least = [int(q["mustBeGreaterOrEqualTo"]) for q in counts if "mustBeGreaterOrEqualTo" in q]
    at_least += [int(q["mustBeGreaterThan"]) + 1 for q in counts if "mustBeGreaterThan" in q]
    columns = tuple(_column(c) for c in table["properties"])
    return Contract(
        table=document["id"],
        title=document.get("name") or document["id"],
        purpose=document["description"]["purpose"],
        version=document["version"],
        owner=_owner(document),
        columns=columns,
        determinism=custom["determinism"],
        distribution=custom.get("distribution", "hash"),
        retention_days=int(retention["value"]) if retention else None,
        minimum_rows=max(at_least, default=0),
        path=path,
        rejects=rejects.read(custom["rejects"]) if "rejects" in custom else None,
        **{name: custom.get(written) for written, name in _LIMITS.items()},
    )


def _column(raw: dict[str, Any]) -> Column:
    reference = None
    for relation in raw.get("relationships") or []:
        reference = _reference(relation["to"])
    return Column(
        name=raw["name"],
        type=raw["physicalType"],
        description=raw["description"],
        required=bool(raw.get("required")),
        unique=bool(raw.get("unique")),
        key=bool(raw.get("primaryKey")),
        partition=bool(raw.get("partitioned")),
        rules=tuple(rule for kind in rules.KINDS if (rule := kind(raw)) is not None),
        classification=raw.get("classification", "internal"),
        reference=reference,
    )


def _reference(to: str) -> Reference:
    """``../catalogue/items.yaml#/schema/items/properties/item_id`` → catalogue.items, item_id."""
    file, _, inside = to.partition("#")
    path = Path(file)
    return Reference(table=f"{path.parent.name}.{path.stem}", column=inside.rsplit("/", 1)[-1])


def _owner(document: dict[str, Any]) -> str:
    team = document.get("team")
    return str(team.get("name") or "") if isinstance(team, dict) else ""


def _clashes(contract: Contract, kept: Rejects, found: dict[str, Contract]) -> Iterator[str]:
    where = f"schemas/{contract.domain}/{contract.name}.yaml"
    if kept.table in found:
        other = found[kept.table]
        yield (
            f"{where}: rejects go to {kept.table}, which {other.path.parent.name}/{other.path.name} "
            "describes too; a table of rejected rows has no contract of its own and takes those of one table."
        )
    if contract.retention_days is not None and kept.retention_days > contract.retention_days:
        yield (
            f"{where}: rejected rows are kept for {kept.retention_days} days and the table's own for "
            f"{contract.retention_days}; keep them no longer."
        )


def _dangling(found: dict[str, Contract]) -> Iterator[str]:
    for contract in found.values():
        for column in contract.columns:
            to = column.reference
            if to and (to.table not in found or to.column not in {c.name for c in found[to.table].columns}):
                yield (
                    f"schemas/{contract.domain}/{contract.name}.yaml: {column.name} refers to "
                    f"{to.table}.{to.column}, which no contract describes."
                )


def _keys_at(document: Any, at: list[Any]) -> list[str]:
    for part in at:
        document = document[part]
    return list(document) if isinstance(document, dict) else []


def _line(node: yaml.Node | None, at: list[Any]) -> int:
    """Line of the key or entry at a path, or of the deepest part of it that exists."""
    line = node.start_mark.line + 1 if node else 1
    for part in at:
        if isinstance(node, yaml.MappingNode):
            pair = next((p for p in node.value if p[0].value == str(part)), None)
            if pair is None:
                return line
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            return line
    return line
