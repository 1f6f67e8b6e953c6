"""Mapping files: read into frozen objects, refused with file and line."""

import dataclasses
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from nightmarket import sources
from nightmarket.contracts import Contracts
from nightmarket.errors import SourceError

GOOD = """\
shop: Corner Bookshop
timezone: Europe/Berlin
currency: EUR
sources:
  events:
    files: ["web/{day}/*.jsonl.gz", "till/{day:%Y%m%d}.jsonl"]
    format: jsonl
    optional: true
    columns:
      event_id: id
      quantity: 1
      event_name: "'purchase'"
parameters:
  catalogue.items: {delist_after_days: 30}
most_rejected: {reviews.clean: 0.4}
"""


def loaded(contracts: Contracts, folder: Path, text: str) -> sources.Shop:
    path = folder / "shop.yaml"
    path.write_text(text, encoding="utf-8")
    return sources.load(path, contracts)


def test_a_mapping_becomes_a_frozen_shop(contracts: Contracts, tmp_path: Path) -> None:
    shop = loaded(contracts, tmp_path, GOOD)
    assert (shop.name, shop.timezone, shop.currency) == ("Corner Bookshop", "Europe/Berlin", "EUR")
    assert shop.parameters == {"catalogue.items": {"delist_after_days": 30}}
    assert shop.most_rejected == {"reviews.clean": 0.4}
    events = shop.sources["events"]
    assert events.columns == {"event_id": "id", "quantity": "1", "event_name": "'purchase'"}
    assert events.lines["event_name"] == 12
    assert events.optional
    assert events.patterns(date(2024, 5, 1)) == ("web/2024-05-01/*.jsonl.gz", "till/20240501.jsonl")
    with pytest.raises(dataclasses.FrozenInstanceError):
        shop.name = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("before", "after", "line", "says"),
    [
        ("shop:", "shopp:", 1, "unknown key 'shopp'; did you mean 'shop'?"),
        ("Europe/Berlin", "Berlin", 2, "'Berlin' is no IANA time zone"),
        ("Europe/Berlin", "Europe", 2, "'Europe' is no IANA time zone"),
        ("EUR", "euro", 3, "currency is 'euro' but must be an ISO 4217 code"),
        ("  events:", "  event:", 5, "no source contract 'event'; did you mean 'events'?"),
        (
            "    format: jsonl",
            "    format: json",
            7,
            "format is 'json' but must be one of csv, jsonl, parquet",
        ),
        ("    optional: true", "    optional: maybe", 8, "optional is 'maybe' but must be true or false"),
        ("    optional: true", "    where: x > 1", 8, "unknown key 'where'"),
        ("    optional: true", "    options: {sep: ','}", 8, "jsonl has no option 'sep'"),
        ("    optional: true", "    options: {encoding: UTF-9}", 8, "'UTF-9' is no encoding"),
        ("    optional: true", "    header: [a, b]", 8, "'header' is for csv files"),
        ("event_id: id", "event_id:", 10, "event_id needs a Spark SQL expression"),
        ("quantity: 1", "event_id: other", 11, "'event_id' is given twice"),
        ("web/{day}", "/web/{day}", 6, "must be a path under the landing zone"),
        ("web/{day}", "../{day}", 6, "must be a path under the landing zone"),
        ("web/{day}", "web/{date}", 6, "only {day} and {day:%Y%m%d} may stand in braces"),
        ("reviews.clean", "reviews.cleaned", 15, "no table 'reviews.cleaned'; did you mean 'reviews.clean'?"),
        ("0.4", "40%", 15, "reviews.clean is '40%' but must be a share of its rows, from 0 to 1"),
        ("reviews.clean", "reviews.sentiment", 15, "the contract of reviews.sentiment limits no rejects"),
        ("catalogue.items", "catalog.items", 14, "no table 'catalog.items'; did you mean 'catalogue.items'?"),
        ("currency: EUR", "currency: [", 5, "not readable as YAML"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(
    contracts: Contracts, tmp_path: Path, before: str, after: str, line: int, says: str
) -> None:
    assert before in GOOD
    with pytest.raises(SourceError) as raised:
        loaded(contracts, tmp_path, GOOD.replace(before, after, 1))
    assert says in str(raised.value)
    assert f"shop.yaml:{line}: " in str(raised.value)


def test_all_problems_at_once_in_order(contracts: Contracts, tmp_path: Path) -> None:
    text = GOOD.replace("EUR", "€").replace("jsonl\n", "xml\n", 1).replace("Europe/Berlin", "here")
    with pytest.raises(SourceError) as raised:
        loaded(contracts, tmp_path, text)
    assert [line.split(":")[1] for line in str(raised.value).splitlines()] == ["2", "3", "7"]


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "shop", "sources: 3"])
def test_something_else_than_a_mapping(contracts: Contracts, tmp_path: Path, text: str) -> None:
    with pytest.raises(SourceError, match=r"shop\.yaml:1: "):
        loaded(contracts, tmp_path, text)


def test_no_such_file(contracts: Contracts, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="set NIGHTMARKET_SHOP"):
        sources.load(tmp_path / "none.yaml", contracts)


def test_our_own_mappings_load_and_their_notes_are_there(root: Path, contracts: Contracts) -> None:
    paths = sorted((root / "infra" / "sources").glob("*.yaml"))
    assert {"online_retail", "myntra", "womens_clothing"} <= {path.stem for path in paths}
    for path in paths:
        shop = sources.load(path, contracts)
        for name, mapping in shop.sources.items():
            columns = {column.name for column in contracts.sources[name].columns}
            assert set(mapping.columns) <= columns, path
        assert path.stem == "demo" or path.with_suffix(".md").is_file()


def test_the_readme_s_example_loads(root: Path, contracts: Contracts, tmp_path: Path) -> None:
    readme = (root / "infra" / "sources" / "README.md").read_text(encoding="utf-8")
    shop = loaded(contracts, tmp_path, readme.split("```yaml\n")[1].split("```")[0])
    assert set(shop.sources) == {"events", "items", "pictures"}


def test_loading_needs_no_spark() -> None:
    code = "import sys, nightmarket.sources; sys.exit('pyspark' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
