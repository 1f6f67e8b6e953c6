"""Embedding over nights: what changed is computed, and a killed night goes on where it was."""

from datetime import date
from pathlib import Path

import catalogs
import pytest
from pyspark.sql import functions as F

from nightmarket.run import run_table
from nightmarket.runner import table

FIRST, SECOND = date(2026, 3, 2), date(2026, 3, 3)
SHOP = """
shop: Corner
timezone: UTC
currency: EUR
sources:
  items: {files: "items-{day}.csv", format: csv, columns: {item_id: id, title: title}}
parameters:
  embeddings.items: {model: stand-in, texts_per_part: 30}
"""


class Killed(Exception):
    pass


class Shop:
    def __init__(self, spark, folder: Path) -> None:
        self.spark, self.folder = spark, folder
        self.catalog = catalogs.add(spark, folder.name.replace("-", "_"), folder / "warehouse")
        (folder / "landing").mkdir()
        (folder / "shop.yaml").write_text(SHOP)

    def night(
        self, day: date, titles: list[str], *, parts: int = 0, at: str = "part embeddings.items"
    ) -> dict[str, int]:
        """Run it, or kill it at a step, of the parts of vectors after so many; what the commit counts."""
        lines = [f"i{n:03d},{title}" for n, title in enumerate(titles)]
        (self.folder / "landing" / f"items-{day}.csv").write_text("\n".join(["id,title", *lines, ""]))
        written = []

        def after(step: str) -> None:
            written.append(step)
            if step == at and (written.count(step) == parts or not step.startswith("part")):
                raise Killed

        with pytest.MonkeyPatch.context() as patch:
            for name, path in (("HOME", ""), ("SHOP", "shop.yaml"), ("LANDING", "landing")):
                patch.setenv(f"NIGHTMARKET_{name}", str(self.folder / path))
            whole = table.Warehouse
            patch.setattr(table, "Warehouse", lambda *a, **k: whole(*a, **k, after_step=after))
            with catalogs.current(self.spark, self.catalog):
                run_table("catalogue.items", day, f"night {day}")
                run_table("embeddings.items", day, f"night {day}")
        summary = self.spark.table(f"{self.catalog}.embeddings.items.snapshots")
        newest = summary.where("summary['nightmarket.run_key'] is not null").orderBy(F.desc("committed_at"))
        facts = newest.first().summary
        return {name: int(facts[f"nightmarket.model_rows_{name}"]) for name in ("computed", "reused")} | {
            "rows": int(facts["nightmarket.rows_out"])
        }


@pytest.fixture
def shop(spark, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return Shop(spark, tmp_path_factory.mktemp("vectors"))


TITLES = [f"lamp number {n}" for n in range(100)]


def test_a_second_night_computes_exactly_what_changed(shop: Shop) -> None:
    assert shop.night(FIRST, TITLES) == {"computed": 100, "reused": 0, "rows": 100}
    changed = [*TITLES[:-1], "a rug instead"]
    assert shop.night(SECOND, changed) == {"computed": 1, "reused": 99, "rows": 100}


def test_a_night_killed_while_embedding_goes_on_where_it_was(shop: Shop) -> None:
    with pytest.raises(Killed):
        shop.night(FIRST, TITLES, parts=3)
    found = shop.night(FIRST, TITLES)
    assert found["rows"] == 100
    assert found["computed"] + found["reused"] == 100
    # Three of four parts of some 25 were written.
    assert 60 <= found["reused"] <= 90


def test_a_second_kill_loses_nothing_of_what_the_first_one_left(shop: Shop) -> None:
    with pytest.raises(Killed):
        shop.night(FIRST, TITLES, parts=3)
    with pytest.raises(Killed):
        shop.night(FIRST, TITLES, at="branch embeddings.items")
    assert shop.night(FIRST, TITLES)["reused"] >= 60
