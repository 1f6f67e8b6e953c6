"""A place without tables: what upkeep does to folders needs no Spark."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import home
import pytest

from nightmarket.upkeep import Site


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Site]:
    """The same home so many days from now."""
    monkeypatch.delenv("NIGHTMARKET_MODELS", raising=False)
    return partial(home.site, tmp_path)
