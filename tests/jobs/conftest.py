"""What job tests share: tables and exports drawn in the test, with the columns of their contracts."""

from collections.abc import Callable, Mapping
from datetime import date
from types import SimpleNamespace

import pytest
from drawn import table
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from nightmarket.contracts import Contracts, ddl
from nightmarket.models import Route
from nightmarket.runner.encoders import routes

Draw = Callable[..., DataFrame]


@pytest.fixture(scope="session")
def drawn(spark, contracts: Contracts) -> Draw:
    """``drawn("behaviour.events", "| event_id | … |")``: rows of a table, undrawn columns null."""

    def draw(name: str, drawing: str) -> DataFrame:
        return table(spark, ddl(contracts.tables[name]), drawing)

    return draw


@pytest.fixture(scope="session")
def export(spark, contracts: Contracts) -> Draw:
    """``export("events", "| event_id | … |")``: an export as the sources room hands it over.

    ``contents`` are the bytes of binary cells by their names. Without a drawn ``raw`` or ``source_file`` the
    row as it came is its line of the drawing.
    """

    def draw(name: str, drawing: str, contents: Mapping[str, bytes] | None = None) -> DataFrame:
        more = "raw string, source_file string, reject_reason string, reject_detail string"
        frame = table(spark, f"{ddl(contracts.sources[name])}, {more}", drawing, contents)
        cells = [F.coalesce(F.col(c).cast("string"), F.lit("")) for c in frame.columns if c != "raw"]
        return frame.withColumns(
            {
                "raw": F.coalesce("raw", F.concat_ws(",", *cells)),
                "source_file": F.coalesce("source_file", F.lit("export.csv")),
            }
        )

    return draw


@pytest.fixture
def readers(job, drawn) -> Callable[..., list[Route]]:
    """``readers("embeddings.items", trials, model="tiny")``: what a table reads with when the shop says so,
    ``trials`` being the rows of embeddings.encoders.
    """

    def found(name: str, trials: str = "| base |", **said: object) -> list[Route]:
        (declared,) = job(name).encoders.values()
        shop = SimpleNamespace(path="shop.yaml", parameters={declared.of or name: said})
        warehouse = SimpleNamespace(days=lambda *_: drawn("embeddings.encoders", trials))
        of_shop = SimpleNamespace(shop=shop, job=job)
        return routes(job(name), date(2026, 3, 10), of_shop, warehouse)["readers"]  # type: ignore[arg-type]

    return found
