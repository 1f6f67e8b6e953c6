"""A place without tables: what upkeep does to folders needs no Spark."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from nightmarket.contracts import Contracts
from nightmarket.sources import Shop
from nightmarket.sources.mapping import Ages
from nightmarket.upkeep import Site


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Site]:
    """The same home so many days from now."""
    monkeypatch.delenv("NIGHTMARKET_MODELS", raising=False)

    def made(later: float = 0, ages: Ages | None = None) -> Site:
        shop = Shop(
            name="stall",
            timezone="UTC",
            currency="EUR",
            languages=(),
            sources={},
            parameters={},
            most_rejected={},
            most_conflicting={},
            path=tmp_path / "shop.yaml",
            ages=ages or Ages(),
        )
        now = datetime.now(UTC) + timedelta(days=later)
        return Site(date(2026, 3, 2), now, tmp_path, shop, Contracts({}, {}), {})

    return made
