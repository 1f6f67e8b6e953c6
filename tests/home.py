"""A shop's home for tests of upkeep, and a clock to set: nothing here waits for a day to pass."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from math import ceil
from pathlib import Path
from typing import Any

from nightmarket.contracts import Contracts
from nightmarket.sources import Shop
from nightmarket.sources.mapping import Ages
from nightmarket.upkeep import Site


def site(home: Path, later: float = 0, *, ages: Ages | None = None, **more: Any) -> Site:
    """The place so many days from now; ``more`` are its fields, by default a Monday, no tables, no jobs."""
    shop = Shop(
        name="stall",
        timezone="UTC",
        currency="EUR",
        languages=(),
        sources={},
        parameters={},
        most_rejected={},
        most_conflicting={},
        path=home / "shop.yaml",
        # The procedure that removes files goes by the real clock, and takes none younger than a day.
        ages=replace(ages or Ages(), orphans=3 + ceil(later)),
    )
    fields: dict[str, Any] = {
        "day": date(2026, 3, 2),
        "now": datetime.now(UTC) + timedelta(days=later),
        "home": home,
        "shop": shop,
        "contracts": Contracts({}, {}),
        "jobs": {},
    }
    return Site(**fields | more)
