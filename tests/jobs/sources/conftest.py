"""What the corpus tests share: files written as bytes, read through a small mapping, summed up per file."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from pyspark.sql import DataFrame

from nightmarket import sources
from nightmarket.contracts import Contracts

DAY = date(2024, 5, 1)


@dataclass
class Outcome:
    """What became of one file: rows by reject reason, ``good`` without one, and the rows."""

    reasons: Counter[str] = field(default_factory=Counter)
    rows: list[Any] = field(default_factory=list)

    @property
    def good(self) -> list[Any]:
        return [row for row in self.rows if row.reject_reason is None]

    @property
    def details(self) -> str:
        return "\n".join(str(row.reject_detail) for row in self.rows if row.reject_reason)


Shops = Callable[..., sources.Shop]
Reader = Callable[..., dict[str, Outcome]]


@pytest.fixture(scope="session")
def shop_of(contracts: Contracts, tmp_path_factory: pytest.TempPathFactory) -> Shops:
    """``shop_of(events={…}, timezone="Europe/Berlin")``: a shop loaded from a file that maps these."""

    def build(timezone: str = "UTC", **entries: Mapping[str, Any]) -> sources.Shop:
        path = tmp_path_factory.mktemp("mapping") / "shop.yaml"
        text = {"shop": "Test", "timezone": timezone, "currency": "EUR", "sources": entries}
        path.write_text(yaml.safe_dump(text, allow_unicode=True), encoding="utf-8")
        return sources.load(path, contracts)

    return build


@pytest.fixture(scope="session")
def frame_of(spark, contracts: Contracts) -> Callable[..., DataFrame]:
    """``frame_of(shop, files, landing)``: the files written under the landing zone and read."""

    def build(
        shop: sources.Shop, files: Mapping[str, bytes], landing: Path, source: str = "events"
    ) -> DataFrame:
        for name, data in files.items():
            (landing / name).parent.mkdir(parents=True, exist_ok=True)
            (landing / name).write_bytes(data)
        return sources.read(spark, shop, contracts, source, DAY, landing)

    return build


@pytest.fixture(scope="session")
def outcomes(frame_of, tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """``outcomes(shop, files)``: all files read at once, as a night reads them, then told apart by file."""

    def build(shop: sources.Shop, files: Mapping[str, bytes], source: str = "events") -> dict[str, Outcome]:
        landing = tmp_path_factory.mktemp("landing zone")
        found = {name: Outcome() for name in files}
        for row in frame_of(shop, files, landing, source).collect():
            found[row.source_file].rows.append(row)
            found[row.source_file].reasons[row.reject_reason or "good"] += 1
        return found

    return build
