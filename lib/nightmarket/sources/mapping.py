"""A shop's mapping file as frozen objects: where its exports are and what each contract column is made of.

The format is described for its users in ``infra/sources/README.md``. No Spark here: whether the expressions
parse and fit the files is said by :mod:`nightmarket.sources.checking`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any, Literal, get_args

from nightmarket import documents
from nightmarket.contracts import Contracts
from nightmarket.errors import SourceError
from nightmarket.sources import encodings, functions
from nightmarket.sources.layout import Layout, nearest

Format = Literal["csv", "jsonl", "parquet", "binary"]
"""Of ``binary`` each file is one record."""

_LANGUAGE = re.compile("[A-Za-z]{2}([-_][A-Za-z0-9]{2,8})*")
DAY = re.compile(r"\{day(?::([^{}]*))?\}")
_CODES = re.compile(r"%(?:[YymdejbBaAGVuF%]|-[mdj])")
"""strftime's codes that say nothing but the day, and the same on every machine."""
_SPECIMEN = date(2024, 5, 1)
_MOST_DAYS = 36_500
_CONTROL = re.compile("[\0-\x1f\x7f-\x9f]")


@dataclass(frozen=True)
class Nobody:
    """What a shop says of the values that stand for nobody, see :mod:`nightmarket.sources.identifiers`."""

    also: tuple[str, ...] = ()
    """Words of the shop's own for it."""
    unless: tuple[str, ...] = ()
    """Values that name somebody here."""


@dataclass(frozen=True)
class FillDown:
    """Columns that a record leaves blank where it continues the one before."""

    columns: tuple[str, ...]
    by: str
    """Records continue each other that have the same value here; empty: a record begins wherever the first
    of the columns is not blank."""


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
    rows: str = ""
    """The list of a record whose every element becomes a row; empty: a record is a row."""
    fill_down: FillDown | None = None
    where: str = ""
    """Condition for a row to count; empty: each does."""
    nobody: Nobody = Nobody()

    @property
    def named_encoding(self) -> str:
        """What the mapping calls the encoding of its texts."""
        return str(self.options.get("encoding", "UTF-8"))

    @property
    def encoding(self) -> str:
        """What they are read in."""
        return encodings.read_as(self.named_encoding)

    def patterns(self, day: date) -> tuple[str, ...]:
        """The file patterns of one day."""
        return tuple(_filled(pattern, day) for pattern in self.files)


@dataclass(frozen=True)
class Ages:
    """For how many days upkeep leaves what nobody needs any more; a shop's mapping may say otherwise."""

    snapshots: int = 3
    """Of a table as it was: what who began before is reading, and a bad night can be rolled back to."""
    branches: int = 7
    """Rows that were written and not published, for whoever looks into a failed audit."""
    orphans: int = 3
    """Files that no table knows: a write under way has some."""
    logs: int = 90
    """Of nights: logs, and what Airflow remembers of runs."""


@dataclass(frozen=True)
class Shop:
    """One shop: its clock, its money, its exports and its tuning of the jobs."""

    name: str
    timezone: str
    """IANA name; of the shop's nights and of timestamps that carry no zone."""
    currency: str
    """ISO 4217; of prices that carry none."""
    languages: tuple[str, ...]
    """The languages its texts are in, as BCP 47 writes them; empty when it does not say."""
    sources: Mapping[str, SourceMapping]
    parameters: Mapping[str, Mapping[str, Any]]
    """Tuning values by table and name."""
    most_rejected: Mapping[str, float]
    """The share of rejected rows, by table, that this shop allows in place of the contract's."""
    most_conflicting: Mapping[str, float]
    """The same of rows that have the id of another and say something else."""
    path: Path
    ages: Ages = Ages()


def load(path: Path, contracts: Contracts) -> Shop:
    """Read a mapping file.

    Raises:
        SourceError: the file is missing or not as described; one line per problem, with file and line.
    """
    try:
        document = documents.read(path)
    except FileNotFoundError:
        raise SourceError(
            f"no mapping file {path}; set NIGHTMARKET_SHOP to the name of one in infra/sources or to a path."
        ) from None
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}.") from None
    except documents.UnreadableError as error:
        raise SourceError(f"{path}:{error.line}: {error.reason}.") from None
    layout = Layout(path, document.node)
    shop = _shop(layout, document.value, contracts)
    if layout.problems:
        raise SourceError("\n".join(layout.in_order()))
    return shop


def _shop(layout: Layout, document: Any, contracts: Contracts) -> Shop:
    top = layout.keys(
        document,
        [],
        required=("shop", "timezone", "currency", "sources"),
        optional=("languages", "parameters", "most_rejected", "most_conflicting", "upkeep"),
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
        languages=_languages(layout, top),
        sources=sources,
        parameters=parameters,
        most_rejected=_most(layout, top, contracts, "most_rejected", "maximum_reject_rate"),
        most_conflicting=_most(layout, top, contracts, "most_conflicting", "maximum_conflict_rate"),
        path=layout.path,
        ages=_ages(layout, top),
    )


def _languages(layout: Layout, top: dict[str, Any]) -> tuple[str, ...]:
    given = top.get("languages", [])
    tags = given if isinstance(given, list) else [given]
    for tag in tags:
        # Unquoted, YAML reads Norwegian's "no" as false.
        if not isinstance(tag, str) or not _LANGUAGE.fullmatch(tag):
            layout.problem(
                ["languages"],
                f"languages: '{tag}' is no language tag such as de, zh-Hant or (in quotes) \"no\".",
            )
    return tuple(str(tag) for tag in tags)


def _ages(layout: Layout, top: dict[str, Any]) -> Ages:
    days = layout.table(top.get("upkeep"), ["upkeep"])
    known = {age.name for age in fields(Ages)}
    for name, value in days.items():
        here: list[str | int] = ["upkeep", name]
        if name not in known:
            layout.problem(here, f"'{name}' is nothing that is kept for days{nearest(name, known)}.")
        # A reader that began yesterday may still be at it.
        elif isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _MOST_DAYS:
            layout.problem(
                here, f"{name} is '{value}' but must be a whole number of days, 1 to {_MOST_DAYS}."
            )
    return Ages(**days) if set(days) <= known else Ages()


def _most(
    layout: Layout, top: dict[str, Any], contracts: Contracts, key: str, limit: str
) -> dict[str, float]:
    """Shares by table in place of a limit of their contracts."""
    shares = layout.table(top.get(key), [key])
    for table, share in shares.items():
        here: list[str | int] = [key, table]
        contract = contracts.tables.get(table)
        if contract is None:
            layout.problem(here, f"there is no table '{table}'{nearest(table, contracts.tables)}.")
        elif getattr(contract, limit) is None:
            layout.problem(here, f"the contract of {table} limits no {key.removeprefix('most_')} rows.")
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
            layout.problem(here, f"{table} is '{share}' but must be a share of its rows, from 0 to 1.")
    return shares


def _source(layout: Layout, name: str, entry: Any) -> SourceMapping:
    at: list[str | int] = ["sources", name]
    keys = layout.keys(
        entry,
        at,
        required=("files", "format", "columns"),
        optional=("options", "header", "optional", "rows", "fill_down", "where", "nobody"),
    )
    form = layout.choice(keys, at, "format", get_args(Format))
    header = layout.names(keys, at, "header")
    if header and form != "csv":
        layout.problem([*at, "header"], f"'header' is for csv files; {name} is {form}.")
    if "rows" in keys and form not in {"jsonl", "parquet"}:
        layout.problem([*at, "rows"], f"'rows' names a list of jsonl or parquet records; {name} is {form}.")
    columns = {}
    for column, given in layout.table(keys.get("columns"), [*at, "columns"]).items():
        expression = _expression(layout, given, [*at, "columns", column], "; to leave it null, leave it out")
        if expression:
            columns[column] = expression
    where = _expression(layout, keys["where"], [*at, "where"]) if "where" in keys else ""
    lines = {column: layout.line([*at, "columns", column]) for column in columns}
    return SourceMapping(
        source=name,
        files=_patterns(layout, keys, at),
        format=form,  # type: ignore[arg-type]
        columns=columns,
        lines=lines | {key: layout.line([*at, key]) for key in ("rows", "fill_down", "where")},
        options=layout.options(keys, at, form),
        header=header,
        optional=layout.flag(keys, at, "optional"),
        rows=layout.text(keys, at, "rows", words="the name of a list, such as items"),
        fill_down=_fill_down(layout, keys, at, form),
        where=where,
        nobody=_nobody(layout, keys, at),
    )


def _expression(layout: Layout, given: Any, at: list[str | int], otherwise: str = "") -> str:
    variable = functions.variable(str(given))
    if variable:
        layout.problem(at, f"{at[-1]}: {variable}.")
    elif isinstance(given, bool):
        # A column may be called "no", and YAML reads that as false: every article would have that number.
        layout.problem(at, f"{at[-1]} is read as {str(given).lower()}; put the column's name in quotes.")
    elif isinstance(given, str | int | float) and str(given).strip():
        return str(given).strip()
    else:
        layout.problem(at, f"{at[-1]} needs a Spark SQL expression{otherwise}.")
    return ""


def _fill_down(layout: Layout, keys: dict[str, Any], at: list[str | int], form: str) -> FillDown | None:
    if "fill_down" not in keys:
        return None
    here = [*at, "fill_down"]
    if form != "csv":
        layout.problem(here, f"'fill_down' is for csv files; {at[-1]} is {form}.")
    table = layout.keys(keys["fill_down"], here, required=("columns",), optional=("by",))
    return FillDown(layout.names(table, here, "columns"), layout.text(table, here, "by", words="a column"))


def _nobody(layout: Layout, keys: dict[str, Any], at: list[str | int]) -> Nobody:
    if "nobody" not in keys:
        return Nobody()
    here = [*at, "nobody"]
    table = layout.keys(keys["nobody"], here, required=(), optional=("also", "except"))
    return Nobody(layout.texts(table, here, "also"), layout.texts(table, here, "except"))


def _patterns(layout: Layout, keys: dict[str, Any], at: list[str | int]) -> tuple[str, ...]:
    given = keys.get("files")
    patterns = given if isinstance(given, list) and given else [given]
    here = [*at, "files"]
    for pattern in patterns:
        if not isinstance(pattern, str) or not pattern.strip():
            layout.problem(here, "files is a path under the landing zone, or a list of paths.")
            continue
        for code in (found[1] or "" for found in DAY.finditer(pattern)):
            if "%" in _CODES.sub("", code):
                layout.problem(
                    here,
                    f"'{pattern}': {{day:{code}}} may hold the codes %Y %y %m %d %e %j %b %B %a %A %G %V "
                    "%u %F %-d %-m %-j; no other is of a day.",
                )
        if _CONTROL.search(pattern) or "\\" in pattern or not _below(_filled(pattern, _SPECIMEN)):
            layout.problem(
                here, f"{pattern!r} must be a path under the landing zone, with '/' and without '..'."
            )
        rest = DAY.sub("", pattern)
        if "{" in rest or "}" in rest:
            layout.problem(here, f"'{pattern}': only {{day}} and {{day:%Y%m%d}} may stand in braces.")
    return tuple(str(pattern) for pattern in patterns)


def _filled(pattern: str, day: date) -> str:
    return DAY.sub(lambda found: day.strftime(found[1]) if found[1] else day.isoformat(), pattern)


def _below(path: str) -> bool:
    """Whether a path, its day filled in, stays under the folder it is taken from. The codes give letters and
    digits alone, so that what holds for one day holds for all."""
    return not path.startswith(("/", "~")) and ".." not in path.split("/")
