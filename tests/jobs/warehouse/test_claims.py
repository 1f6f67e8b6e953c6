"""Whose tables a catalog holds and which key they began with: said once, in the catalog."""

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from nightmarket import sources
from nightmarket.contracts import Contracts
from nightmarket.errors import PlanError
from nightmarket.runner.ownership import confirm_key, confirm_shop
from nightmarket.warehouse import Warehouse

Open = Callable[..., Warehouse]
ONE, OTHER = bytes(range(32)), bytes(range(1, 33))


@pytest.fixture
def shop(root: Path, contracts: Contracts) -> sources.Shop:
    return replace(sources.load(root / "infra" / "sources" / "demo.yaml", contracts), name="Ann's \\ 夜市")


def test_the_first_claim_is_believed_for_good(open_warehouse: Open) -> None:
    assert open_warehouse().claimed("shop", "it's \\ ${env:HOME} 夜市") == "it's \\ ${env:HOME} 夜市"
    assert open_warehouse().claimed("shop", "another") == "it's \\ ${env:HOME} 夜市"
    assert open_warehouse().claimed("pseudonyms", "none") == "none"


def test_of_first_nights_at_once_one_wins_and_all_read_which(open_warehouse: Open) -> None:
    with ThreadPoolExecutor(8) as threads:
        read = list(threads.map(lambda n: open_warehouse().claimed("shop", f"shop {n}"), range(8)))
    assert len(set(read)) == 1
    assert open_warehouse().claimed("shop", "late") == read[0]


def test_a_claim_lies_in_the_catalog_and_not_beside_it(
    spark: SparkSession, catalog: str, open_warehouse: Open
) -> None:
    open_warehouse().claimed("shop", "first")
    assert [row.tableName for row in spark.sql(f"SHOW TABLES IN {catalog}.ops").collect()] == ["claim_shop"]
    spark.sql(f"DROP TABLE {catalog}.ops.claim_shop")
    assert open_warehouse().claimed("shop", "second") == "second"


def test_the_catalog_of_one_shop_is_refused_to_another(open_warehouse: Open, shop: sources.Shop) -> None:
    for _ in range(2):
        confirm_shop(open_warehouse(), shop)
    with pytest.raises(PlanError) as raised:
        confirm_shop(open_warehouse(), replace(shop, name="Corner"))
    assert "holds the tables of Ann's \\ 夜市, and " in str(raised.value)
    assert "is the mapping of Corner; set NIGHTMARKET_HOME" in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("began", "now", "says"),
    [
        (ONE, None, "were made with a pseudonym key; set NIGHTMARKET_PSEUDONYM_KEY to that one"),
        (ONE, OTHER, "were made with another pseudonym key; set NIGHTMARKET_PSEUDONYM_KEY"),
        (None, ONE, "were begun without a pseudonym key"),
    ],
)
def test_a_catalog_stays_with_the_key_it_began_with(
    open_warehouse: Open, began: bytes | None, now: bytes | None, says: str
) -> None:
    for _ in range(2):
        confirm_key(open_warehouse(), began)
    with pytest.raises(PlanError) as raised:
        confirm_key(open_warehouse(), now)
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_warehouse_that_was_moved_takes_its_claims_along(
    spark: SparkSession, open_warehouse: Open, tmp_path: Path
) -> None:
    """As a second machine sees it: other settings, no file of the first one's home, the same tables."""
    import catalogs

    open_warehouse().claimed("shop", "first")
    assert not [path for path in tmp_path.iterdir() if path.name != "ware house"]
    shutil.copytree(tmp_path / "ware house", tmp_path / "elsewhere")
    name = catalogs.add(spark, f"moved_{abs(hash(tmp_path)):x}", tmp_path / "elsewhere")
    with catalogs.current(spark, name):
        assert open_warehouse().claimed("shop", "second") == "first"
