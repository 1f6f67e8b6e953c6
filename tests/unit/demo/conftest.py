"""A demo shop of the default size, its opening day and the two days after, written once for all tests."""

import gzip
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from nightmarket import demo

OPENING = date(2026, 11, 1)


@dataclass(frozen=True)
class Written:
    """Folders of a written shop, and how to read what lies there."""

    landing: Path
    truth: Path
    summaries: dict[date, dict[str, Any]]

    def lines(self, day: date) -> list[str]:
        """The lines of the day's events, as text."""
        folder = self.landing / "events" / str(day)
        texts = (gzip.decompress(path.read_bytes()).decode() for path in sorted(folder.iterdir()))
        return [line for text in texts for line in text.split("\n")[:-1]]

    def events(self, day: date) -> pl.DataFrame:
        """The truth of the day's events, joined with what their lines say: null where a line says nothing."""
        folder = self.truth / "events" / str(day)
        truth = pl.concat([pl.read_parquet(path) for path in sorted(folder.iterdir())])
        said = [_said(line) for line in self.lines(day)]
        return pl.concat(
            [
                truth.with_columns(pl.col("plant").cast(pl.String)),
                pl.DataFrame(said, infer_schema_length=None),
            ],
            how="horizontal",
        )

    def items(self, day: date) -> pl.DataFrame:
        """The dump of the day, joined with its truth, without the rows of no use."""
        dump = pl.read_csv(
            gzip.decompress((self.landing / f"items/{day}.csv.gz").read_bytes()), infer_schema=False
        )
        return dump.join(pl.read_parquet(self.truth / f"items/{day}.parquet"), on="item_id", suffix="_true")

    def reviews(self, day: date) -> pl.DataFrame:
        """The reviews of the day, joined with their truth."""
        export = pl.read_csv((self.landing / f"reviews/{day}.csv").read_bytes(), infer_schema=False)
        return export.join(
            pl.read_parquet(self.truth / f"reviews/{day}.parquet"), on="review_id", suffix="_true"
        )


def _said(line: str) -> dict[str, Any]:
    """What a line says, for a reader who gives up on the line when anything is wrong with it."""
    columns = (
        "said_id",
        "said_event",
        "said_at",
        "user",
        "device",
        "item",
        "quantity",
        "order",
        "query",
        "ua",
        "ip",
    )
    try:
        event = json.loads(line)
        item = event.get("item") or {}
        at = datetime.fromisoformat(event["ts"]).astimezone(UTC)
        float(item.get("price", 0))
        values = (
            event["id"], event["event"], at, (event["user"] or {}).get("id"), event["device"], item.get("id"),
            item.get("qty"), event.get("order"), event.get("search", {}).get("q"), event["ua"], event["ip"],
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, AttributeError):
        values = (None,) * len(columns)
    return dict(zip(columns, values, strict=True))


@pytest.fixture(scope="session")
def shop() -> demo.Shop:
    return demo.Shop.sized(OPENING)


@pytest.fixture(scope="session")
def days() -> list[date]:
    return [OPENING + timedelta(number) for number in range(3)]


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory, days: list[date]) -> Written:
    folder = tmp_path_factory.mktemp("demo")
    landing, truth = folder / "landing", folder / "truth"
    return Written(landing, truth, {day: demo.write_day(day, landing, truth) for day in days})
