"""A table's rejected rows: the contract of the table that keeps them follows from the table's own.

The table's contract says in its custom property ``rejects`` which table takes them, for how long, and the
reasons that its job gives::

    - property: rejects
      value:
        table: stall.rejects
        retentionDays: 90
        reasons:
          - duplicate
          - {name: sold_out, english: "no bowl was left", chinese: 已售罄}

Reasons that reading an export gives are every table's, and are not listed. A general reason is listed by its
name; one of the table's own is explained in both languages, and says with ``effect`` when it loses nothing
(see :mod:`nightmarket.contracts.reasons`). ``rawClassification`` is that of the rows as they came: personal
unless it says otherwise.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args

from nightmarket.contracts.contract import Column, Contract, Rejects
from nightmarket.contracts.reasons import GENERAL, OF_SOURCES, Effect, Reason
from nightmarket.contracts.rules import Listed

_KEYS = {"table", "retentionDays", "reasons", "rawClassification"}
_REASON_KEYS = {"name", "english", "chinese", "effect"}
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_RAW_CLASSES = {"public", "internal", "pseudonymous", "personal"}


def problems(value: Any, table: str) -> Iterator[str]:
    """What is wrong with the property as the contract of ``table`` has it, a sentence each."""
    if not isinstance(value, dict):
        yield "rejects must be a mapping with table, retentionDays and reasons."
        return
    for key in sorted(set(value) - _KEYS):
        yield f"rejects has an unknown key '{key}'; known are {', '.join(sorted(_KEYS))}."
    domain, _, name = str(value.get("table", "")).partition(".")
    if domain != table.split(".")[0] or not _NAME.fullmatch(name):
        yield f"rejects.table is {value.get('table')}; name a table of the domain {table.split('.')[0]}."
    days = value.get("retentionDays")
    if isinstance(days, bool) or not isinstance(days, int) or days < 1:
        yield f"rejects.retentionDays is {days}; say for how many days rejected rows are kept, 1 or more."
    if value.get("rawClassification", "personal") not in _RAW_CLASSES:
        yield f"rejects.rawClassification must be one of {', '.join(sorted(_RAW_CLASSES))}."
    listed = value.get("reasons", [])
    if not isinstance(listed, list):
        yield "rejects.reasons must be a list."
        return
    names = [reason.name for reason in OF_SOURCES]
    for entry in listed:
        yield from _faults(entry)
        name = str(entry.get("name") if isinstance(entry, dict) else entry)
        if name in names:
            yield f"the reason {name} is there already; reasons of reading an export need not be listed."
        names.append(name)


def _faults(entry: Any) -> Iterator[str]:
    if not isinstance(entry, dict):
        if entry not in GENERAL:
            yield (
                f"the reason {entry} is none of the general ones ({', '.join(GENERAL)}); explain it: "
                f"{{name: {entry}, english: …, chinese: …}}."
            )
        return
    name = entry.get("name")
    if name in GENERAL:
        yield f"the reason {name} is a general one and explained already; list its name alone."
    elif not isinstance(name, str) or not _NAME.fullmatch(name):
        yield f"a reason is named {name}; use small letters, digits and _."
    for key in sorted(set(entry) - _REASON_KEYS):
        yield f"the reason {name} has an unknown key '{key}'; known are {', '.join(sorted(_REASON_KEYS))}."
    for language in ("english", "chinese"):
        if not isinstance(entry.get(language), str) or not entry[language].strip():
            yield f"the reason {name} has no {language}; say in a few words what it means."
    if entry.get("effect", "lost") not in get_args(Effect):
        yield f"the effect of the reason {name} must be one of {', '.join(get_args(Effect))}."


def read(value: dict[str, Any]) -> Rejects:
    """The property, after :func:`problems` found none."""
    own = [
        Reason(**entry) if isinstance(entry, dict) else GENERAL[entry] for entry in value.get("reasons", [])
    ]
    return Rejects(
        table=value["table"],
        retention_days=value["retentionDays"],
        reasons=(*OF_SOURCES, *own),
        raw_classification=value.get("rawClassification", "personal"),
    )


@dataclass(frozen=True)
class KnownReason(Listed):
    """A row's reason is one that its table's contract lists."""

    table: str = ""
    """The table it was rejected from."""

    def remedy(self) -> str:
        path = f"schemas/{self.table.replace('.', '/')}.yaml"
        return (
            f"list the reason in {path} under customProperties, rejects, reasons, with what it means in "
            "English and Chinese"
        )


def contract_of(contract: Contract, rejects: Rejects) -> Contract:
    """The contract of the table that keeps what ``contract``'s table rejects."""
    known = KnownReason(tuple(reason.name for reason in rejects.reasons), contract.table)
    known_on = "Day of the export these rows became known with."
    raw = "The row as it came, cut after 32 kB; of a file that is a row, its path and size."
    return Contract(
        table=rejects.table,
        title=f"{contract.title}: rejected rows",
        purpose=f"Every row that {contract.table} could not use, with the reason and the row as it came.",
        version=contract.version,
        owner=contract.owner,
        columns=(
            Column("reason", "string", "Why the row was rejected.", required=True, rules=(known,)),
            Column("detail", "string", "Which column and what was wrong with it, in words."),
            Column("raw", "string", raw, classification=rejects.raw_classification),
            Column("source_file", "string", "The file it came from, under the landing zone."),
            Column("day", "date", known_on, required=True, partition=True),
        ),
        determinism="exact",
        distribution="hash",
        retention_days=rejects.retention_days,
        minimum_rows=0,
        path=contract.path,
    )
