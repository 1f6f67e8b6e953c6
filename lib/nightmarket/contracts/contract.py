"""A table's contract as frozen objects: what everyone else reads instead of the YAML.

The YAML follows the Open Data Contract Standard 3.1 (https://bitol-io.github.io/open-data-contract-standard/);
:mod:`nightmarket.contracts.load` turns it into these. No Spark here: types are spelled as Spark SQL spells
them ("string", "timestamp", "decimal(18,4)", "array<float>", "map<string,string>").
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal, TypeVar

from nightmarket.contracts.reasons import Reason
from nightmarket.contracts.rules import Required, Rule

Kind = TypeVar("Kind", bound=Rule)
KindOf = type[Kind]

Determinism = Literal["exact", "tolerance", "sampled"]
Distribution = Literal["hash", "none"]
"""In Iceberg's words: before the write, rows are shuffled by the day's hash, or not at all."""


@dataclass(frozen=True)
class Reference:
    """Values of a column must be found in another table's column, on the newest day at or before."""

    table: str
    column: str

    def explained(self) -> str:
        """What it asks, for the index of the contracts."""
        return f"found in {self.table}"

    def broken(self, newest: date | None) -> str:
        """What is said of the column when rows break it.

        Args:
            newest: the other table's newest day up to the run's; None when it has none.
        """
        where = f" on {newest}" if newest else ", which has no day up to this one,"
        return f"not among {self.table}.{self.column}{where}"


@dataclass(frozen=True)
class Column:
    name: str
    type: str
    description: str
    required: bool = False
    unique: bool = False
    key: bool = False
    """Part of the primary key."""
    partition: bool = False
    rules: tuple[Rule, ...] = ()
    """What its values have to be beside being there, see :mod:`nightmarket.contracts.rules`."""
    classification: str = "internal"
    """public, internal, pseudonymous, or personal (a person can be named from it)."""
    reference: Reference | None = None

    @property
    def checks(self) -> tuple[Rule, ...]:
        """All that its contract asks of single values."""
        return (Required(), *self.rules) if self.required or self.key else self.rules

    def rule(self, kind: KindOf[Kind]) -> Kind | None:
        """Its rule of one kind, None when it has none."""
        return next((rule for rule in self.rules if isinstance(rule, kind)), None)


@dataclass(frozen=True)
class Rejects:
    """Where the rows go that a table's job rejects, see :mod:`nightmarket.contracts.rejects`."""

    table: str
    """Full name of the table that keeps them."""
    retention_days: int
    reasons: tuple[Reason, ...]
    """The closed list of reasons a row can have."""
    raw_classification: str = "personal"
    """Of the rows as they came."""

    def reason(self, name: str) -> Reason | None:
        return next((reason for reason in self.reasons if reason.name == name), None)


PROPERTY = "custom property"


def _property(name: str) -> Any:
    """A field that is read as it is from the custom property of a name; None where the contract has none."""
    return field(default=None, metadata={PROPERTY: name})


@dataclass(frozen=True)
class Contract:
    """Everything agreed about one table, or about one kind of export when ``domain`` is ``source``."""

    table: str
    """Full name, ``domain.table``."""
    title: str
    purpose: str
    version: str
    owner: str
    columns: tuple[Column, ...]
    determinism: Determinism
    distribution: Distribution
    """How a day's rows come to its files: shuffled into files of a good size, or as the job laid them out."""
    retention_days: int | None
    minimum_rows: int
    """Fewest rows a day may have; 0 allows an empty day."""
    path: Path
    maximum_drop: float | None = _property("maximumDrop")
    """Largest share by which a day with rows may fall short of the newest day before it; None: any."""
    drop_counts: str | None = _property("dropCounts")
    """Boolean column whose true rows the drop counts; None: all rows. A catalogue keeps what has left the
    shop, so its rows never get fewer, but its active rows do when half an export arrives."""
    maximum_reject_rate: float | None = _property("maximumRejectRate")
    """Largest share of rows in that may be unusable before the table stops; repeats do not count, for they
    lose nothing. None: any."""
    maximum_conflict_rate: float | None = _property("maximumConflictRate")
    """Largest share of rows in that may be conflicting: of an id that another row has, and saying
    something else. They have this limit of their own. None: any."""
    rejects: Rejects | None = None
    """None when the table's job rejects no rows."""

    @property
    def domain(self) -> str:
        return self.table.split(".")[0]

    @property
    def name(self) -> str:
        return self.table.split(".")[1]

    @property
    def keys(self) -> tuple[str, ...]:
        """The primary key's columns in their declared order; empty when rows have no key."""
        return tuple(column.name for column in self.columns if column.key)

    @property
    def partition(self) -> str | None:
        """The partition column's name; every table of the warehouse has one, ``day``."""
        return next((column.name for column in self.columns if column.partition), None)

    def column(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.table} has no column {name}")


@dataclass(frozen=True)
class Contracts:
    """All contracts of a project: the tables it publishes, tables of rejected rows included, and the exports
    it understands."""

    tables: Mapping[str, Contract]
    sources: Mapping[str, Contract]
    """By the source's short name: ``events`` for ``source.events``."""

    def __iter__(self) -> Iterator[Contract]:
        return iter((*self.sources.values(), *self.tables.values()))
