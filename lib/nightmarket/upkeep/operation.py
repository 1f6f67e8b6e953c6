"""What an operation of upkeep is, where it works, and how the operations are found."""

import importlib
import os
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

from nightmarket.contracts import Contracts
from nightmarket.plan import Job
from nightmarket.sources import Shop

if TYPE_CHECKING:
    from nightmarket.warehouse.catalog import Catalog


@dataclass(frozen=True)
class Due:
    """Something that would be done: one line for a person."""

    where: str
    """The table or folder."""
    what: str
    count: int
    bytes: int | None = None
    """Of what would go; None where that is not known beforehand."""
    names: tuple[str, ...] = ()
    """What exactly, where it is more than the place."""


@dataclass(frozen=True)
class Site:
    """What upkeep works on, and when it is.

    Raises:
        ValueError: ``now`` has no time zone.
    """

    day: date
    """The run's day: retention is counted from it."""
    now: datetime
    """Ages of commits, files and logs are counted from it."""
    home: Path
    shop: Shop
    contracts: Contracts
    jobs: Mapping[str, Job]

    def __post_init__(self) -> None:
        if self.now.tzinfo is None:
            raise ValueError("Site.now needs a time zone")

    @cached_property
    def catalog(self) -> "Catalog":
        from nightmarket.spark import session
        from nightmarket.warehouse.catalog import Catalog

        return Catalog(session("nightmarket upkeep"))

    @cached_property
    def tables(self) -> tuple[str, ...]:
        """Those of the contracts that exist, by name."""
        return tuple(table for table in sorted(self.contracts.tables) if self.catalog.exists(table))

    @property
    def models(self) -> Path:
        """The folder of models."""
        return Path(os.environ.get("NIGHTMARKET_MODELS") or self.home / "models").expanduser().resolve()

    def ago(self, days: int) -> datetime:
        return self.now - timedelta(days=days)

    def kept_from(self, table: str) -> date | None:
        """The oldest day that the contract's retention keeps; None where it names none."""
        retention = self.contracts.tables[table].retention_days
        return None if retention is None else self.day - timedelta(days=retention)


@dataclass(frozen=True)
class Operation:
    name: str
    doc: str
    after: tuple[str, ...]
    plan: Callable[[Site], Sequence[Due]]
    apply: Callable[[Site, Due], None]


def discover() -> dict[str, Operation]:
    """All operations by name, each behind those it comes after, ties by name. None of them loads Spark."""
    package = importlib.import_module(__package__)
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    modules = {
        name: importlib.import_module(f"{__package__}.{name}") for name in names if name != "operation"
    }
    sorter = TopologicalSorter({name: module.AFTER for name, module in modules.items()})
    sorter.prepare()
    found = {}
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        for name in ready:
            module = modules[name]
            doc = (module.__doc__ or "").strip()
            found[name] = Operation(name, doc, tuple(module.AFTER), module.plan, module.apply)
        sorter.done(*ready)
    return found
