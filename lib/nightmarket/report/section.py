"""What a section of the night's page is, and how the sections are found.

A section is one module, ``nightmarket/domains/<domain>/sections/<name>.py`` (those that are about every table
alike: ``nightmarket/report/sections/<name>.py``), which declares one ``SECTION``. Nothing else names it.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal, Protocol

from markupsafe import Markup

from nightmarket.errors import NightMarketError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Place = Literal["merchant", "operator", "details"]
"""For whoever owns the shop; for whoever runs the nights; folded away with its domain's tables."""


class Look(Protocol):
    """What a section sees of the warehouse: the tables it declares, at the same snapshots for all of them."""

    @property
    def day(self) -> date: ...

    @property
    def timezone(self) -> str:
        """IANA zone of the shop."""

    def rows(self, table: str) -> "DataFrame":
        """The night's own rows of a table."""

    def newest(self, table: str) -> "DataFrame":
        """The rows of a table's newest day at or before the night's; none before its first."""

    def newest_day(self, table: str) -> date | None:
        """That day."""


@dataclass(frozen=True)
class Section:
    """A section's declaration.

    ``read`` queries the warehouse and gives plain frozen objects, or None when there is nothing to show;
    ``show`` makes markup of them, and no markup is no section. Without ``read``, ``show`` is given the
    :class:`~nightmarket.report.night.Night`. What either raises costs this section alone.
    """

    title: str
    chinese: str
    place: Place
    rank: int
    """Lower stands earlier within its place; ties by name."""
    show: Callable[[Any], Markup]
    read: Callable[[Look], Any] | None = None
    needs: tuple[str, ...] = ()
    """Tables without whose rows of the night the section is left out."""
    uses: tuple[str, ...] = ()
    """More tables that it reads, on their newest day."""
    name: str = ""
    """``<domain>.<module>``, given to it where it is found; ``report.<module>`` for the page's own."""

    @property
    def domain(self) -> str:
        return self.name.partition(".")[0]


_PLACES: tuple[Place, ...] = ("merchant", "operator", "details")


def discover() -> tuple[Section, ...]:
    """All sections in the order of the page. One whose module cannot be loaded fails when it is read."""
    found = [_section(domain, module) for domain, module in _modules()]
    return tuple(sorted(found, key=lambda s: (_PLACES.index(s.place), s.rank, s.name)))


def _modules() -> Iterator[tuple[str, str]]:
    """Domain and full name of each module of a section."""
    domains = importlib.import_module("nightmarket.domains").__path__
    packages = {one.name: f"nightmarket.domains.{one.name}" for one in pkgutil.iter_modules(domains)}
    for domain, package in {"report": "nightmarket.report", **packages}.items():
        spec = find_spec(f"{package}.sections")
        for one in pkgutil.iter_modules(spec.submodule_search_locations if spec else ()):
            yield domain, f"{package}.sections.{one.name}"


def _section(domain: str, module: str) -> Section:
    name = f"{domain}.{module.rpartition('.')[2]}"
    try:
        declared = getattr(importlib.import_module(module), "SECTION", None)
        if not isinstance(declared, Section) or declared.place not in _PLACES:
            raise NightMarketError(
                f"{module} declares no section; give it SECTION = Section(…) whose place is one of "
                f"{', '.join(_PLACES)}."
            )
    except Exception as failure:
        return _failing(name, failure)
    return replace(declared, name=name)


def _failing(name: str, failure: Exception) -> Section:
    def read(_: Look) -> None:
        raise failure

    def show(_: object) -> Markup:
        return Markup()

    return Section(name, "", "operator", 0, show, read, name=name)
