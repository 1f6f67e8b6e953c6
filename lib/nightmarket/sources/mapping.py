"""A shop's mapping file as frozen objects: where its exports are and what each contract column is made of.

The format is described for its users in ``infra/sources/README.md``. No Spark here: whether the expressions
parse and fit the files is told by :mod:`nightmarket.sources.checking`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

from nightmarket.contracts import Contracts
from nightmarket.errors import SourceError
from nightmarket.sources.layout import Layout, nearest

Format = Literal["csv", "jsonl", "parquet", "binary"]
"""Of ``binary`` each file is one record."""

DAY = re.compile(r"\{day(?::([^{}]*))?\}")


@dataclass(frozen=True)
class SourceMapping:
    """How one kind of export is read."""

    source: str
    """The contract's short name: ``events`` for ``source.events``."""
    files: tuple[str, ...]
    """Patterns under the landing zone, ``{day}`` not yet filled in."""
    format: Format
    columns: Mapping[str, str]
    """Contract column → Spark SQL expression."""
    lines: Mapping[str, int]
    """Line of each column's expression in the mapping file."""
    options: Mapping[str, str | bool]
    header: tuple[str, ...]
    """Names of the columns of CSV files that have no line of names; empty when they have one."""
    optional: bool
    """A day without a file is an empty day."""

    def patterns(self, day: date) -> tuple[str, ...]:
        """The file patterns of one day."""
        return tuple(
            DAY.sub(lambda found: day.strftime(found[1]) if found[1] else day.isoformat(), pattern)
            for pattern in self.files
        )


@dataclass(frozen=True)
class Shop:
    """One shop: its clock, its money, its exports and its tuning of the jobs."""

    name: str
    timezone: str
    """IANA name; of the shop's nights and of timestamps that carry no zone."""
    currency: str
    """ISO 4217; of prices that carry none."""
    sources: Mapping[str, SourceMapping]
    parameters: Mapping[str, Mapping[str, Any]]
    """Tuning values by table and name."""
    most_rejected: Mapping[str, float]
    """The share of rejected rows, by table, that this shop allows in place of the contract's."""
    path: Path


def load(path: Path, contracts: Contracts) -> Shop:
    """Read a mapping file.

    Raises:
        SourceError: the file is missing or not as described; one line per problem, with file and line.
    """
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        document = yaml.safe_load(text)
    except FileNotFoundError:
        raise SourceError(
            f"no mapping file {path}; set NIGHTMARKET_SHOP to the name of one in infra/sources or to a path."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path} cannot be read as UTF-8 text: {error}.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        reason = getattr(error, "problem", None) or "it is malformed"
        raise SourceError(f"{path}:{line}: not readable as YAML: {reason}.") from None
    layout = Layout(path, node)
    shop = _shop(layout, document, contracts)
    if layout.problems:
        raise SourceError("\n".join(layout.in_order()))
    return shop


def _shop(layout: Layout, document: Any, contracts: Contracts) -> Shop:
    top = layout.keys(
        document,
        [],
        required=("shop", "timezone", "currency", "sources"),
        optional=("parameters", "most_rejected"),
    )
    sources = {}
    for name, entry in layout.table(top.get("sources"), ["sources"]).items():
        if name not in contracts.sources:
            hint = nearest(name, contracts.sources)
            layout.problem(["sources", name], f"there is no source contract '{name}'{hint}.")
        else:
            sources[name] = _source(layout, name, entry)
    if not sources and not layout.problems:
        layout.problem(["sources"], f"name at least one source: {', '.join(sorted(contracts.sources))}.")
    parameters = {}
    for table, values in layout.table(top.get("parameters"), ["parameters"]).items():
        if table not in contracts.tables:
            layout.problem(
                ["parameters", table], f"there is no table '{table}'{nearest(table, contracts.tables)}."
            )
        parameters[table] = layout.table(values, ["parameters", table])
    return Shop(
        name=layout.text(top, [], "shop"),
        timezone=layout.zone(top, "timezone"),
        currency=layout.text(top, [], "currency", re.compile("[A-Z]{3}"), "an ISO 4217 code such as EUR"),
        sources=sources,
        parameters=parameters,
        most_rejected=_most_rejected(layout, top, contracts),
        path=layout.path,
    )


def _most_rejected(layout: Layout, top: dict[str, Any], contracts: Contracts) -> dict[str, float]:
    shares = layout.table(top.get("most_rejected"), ["most_rejected"])
    for table, share in shares.items():
        here: list[str | int] = ["most_rejected", table]
        contract = contracts.tables.get(table)
        if contract is None:
            layout.problem(here, f"there is no table '{table}'{nearest(table, contracts.tables)}.")
        elif contract.maximum_reject_rate is None:
            layout.problem(here, f"the contract of {table} limits no rejects.")
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
            layout.problem(here, f"{table} is '{share}' but must be a share of its rows, from 0 to 1.")
    return shares


def _source(layout: Layout, name: str, entry: Any) -> SourceMapping:
    at: list[str | int] = ["sources", name]
    keys = layout.keys(
        entry, at, required=("files", "format", "columns"), optional=("options", "header", "optional")
    )
    form = layout.choice(keys, at, "format", get_args(Format))
    header = layout.names(keys, at, "header")
    if header and form != "csv":
        layout.problem([*at, "header"], f"'header' is for csv files; {name} is {form}.")
    columns = {}
    for column, expression in layout.table(keys.get("columns"), [*at, "columns"]).items():
        if isinstance(expression, str | int | float) and str(expression).strip():
            columns[column] = str(expression).strip()
        else:
            layout.problem(
                [*at, "columns", column],
                f"{column} needs a Spark SQL expression; to leave it null, leave it out.",
            )
    return SourceMapping(
        source=name,
        files=_patterns(layout, keys, at),
        format=form,  # type: ignore[arg-type]
        columns=columns,
        lines={column: layout.line([*at, "columns", column]) for column in columns},
        options=layout.options(keys, at, form),
        header=header,
        optional=layout.flag(keys, at, "optional"),
    )


def _patterns(layout: Layout, keys: dict[str, Any], at: list[str | int]) -> tuple[str, ...]:
    given = keys.get("files")
    patterns = given if isinstance(given, list) else [given]
    here = [*at, "files"]
    for pattern in patterns:
        if not isinstance(pattern, str) or not pattern.strip():
            layout.problem(here, "files is a path under the landing zone, or a list of paths.")
            continue
        parts = pattern.split("/")
        if pattern.startswith(("/", "~")) or ".." in parts or "\\" in pattern:
            layout.problem(
                here, f"'{pattern}' must be a path under the landing zone, with '/' and without '..'."
            )
        rest = DAY.sub("", pattern)
        if "{" in rest or "}" in rest:
            layout.problem(here, f"'{pattern}': only {{day}} and {{day:%Y%m%d}} may stand in braces.")
    return tuple(str(pattern) for pattern in patterns)
