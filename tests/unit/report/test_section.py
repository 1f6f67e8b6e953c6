"""Sections of the page: found beside their domains, in their order, and each failing by itself."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nightmarket import domains
from nightmarket.contracts import Contracts
from nightmarket.errors import NightMarketError
from nightmarket.report.night import Night
from nightmarket.report.page import page
from nightmarket.report.section import discover


@pytest.fixture
def declared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Adds a section's module, by its domain and name, to those that are found."""
    monkeypatch.setattr(domains, "__path__", [*domains.__path__, str(tmp_path)])
    before = set(sys.modules)

    def add(name: str, text: str) -> None:
        domain, _, module = name.partition(".")
        (tmp_path / domain / "sections").mkdir(parents=True, exist_ok=True)
        for package in (tmp_path / domain, tmp_path / domain / "sections"):
            (package / "__init__.py").touch()
        (tmp_path / domain / "sections" / f"{module}.py").write_text(text, encoding="utf-8")

    yield add
    for name in set(sys.modules) - before:
        if name.startswith("nightmarket.domains."):
            del sys.modules[name]


def section(show: str, place: str = "operator", rank: int = 1) -> str:
    """A module that shows by an expression over ``found``."""
    return (
        "from markupsafe import Markup\nfrom nightmarket.report.section import Section\n\n\n"
        f"def read(look):\n    return 1\n\n\ndef show(found):\n    return {show}\n\n\n"
        f"SECTION = Section('A probe', '', {place!r}, {rank}, show, read)\n"
    )


def test_a_section_is_found_beside_its_domain_and_stands_in_its_place(declared, night: Night):
    # None of these domains has a table or another module.
    declared("orders.late", section("Markup('seen last')", "merchant", 99))
    declared("orders.first", section("Markup('seen first')", "merchant", 0))
    declared("support.open", section("Markup('seen below')", "operator", 0))
    declared("prices.folded", section("Markup('seen folded')", "details"))
    read = dict.fromkeys(("orders.late", "orders.first", "support.open", "prices.folded"), 1)
    html = page(night, read)
    places = [html.index(f"seen {word}") for word in ("first", "last", "below", "folded")]
    assert places == sorted(places)
    assert html.index("For the merchant") < places[0]
    assert places[1] < html.index('id="operator"') < places[2] < html.index('id="domain-prices"') < places[3]


def test_first_what_a_merchant_wants_then_what_an_operator_must_see_then_the_rest(html: str, bad_html: str):
    parts = ['id="recommendation-shoppers"', 'id="reviews-sentiment"', 'id="content-descriptions"',
             'id="behaviour-day"', 'id="report-numbers"', 'id="report-timeline"', 'id="report-rejects"',
             'id="behaviour-apart"', 'id="embeddings-tuning"', 'id="domain-behaviour"']  # fmt: skip
    places = [html.index(part) for part in parts]
    assert places == sorted(places)
    assert "Not published tonight" not in html
    assert bad_html.index("Not published tonight") < bad_html.index('id="recommendation-shoppers"')


def test_a_domain_is_folded_unless_one_of_its_tables_is_missing(html: str, bad_html: str):
    assert '<details class="domain" id="domain-reviews">' in html
    assert '<details class="domain" id="domain-reviews" open>' in bad_html
    assert '<details class="domain" id="domain-catalogue">' in bad_html


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("x = 1\n", "nightmarket.domains.orders.sections.odd declares no section; give it SECTION = Section"),
        (section("Markup('x')", "nowhere"), "whose place is one of merchant, operator, details"),
        ("SECTION = gone\n", "NameError"),
        ("SECTION = (\n", "SyntaxError"),
    ],
)
def test_a_module_that_is_no_section_is_named(declared, night: Night, text: str, why: str):
    declared("orders.odd", text)
    (odd,) = [one for one in discover() if one.name == "orders.odd"]
    assert odd.read is not None
    with pytest.raises(Exception) as failed:
        odd.read(None)
    html = page(night, {"orders.odd": failed.value})
    assert "orders.odd" in html
    assert why in html
    assert "Rows rejected, and why" in html


def test_a_section_that_cannot_be_read_costs_itself_alone(night: Night, found: dict):
    shut = NightMarketError("reviews.sentiment: a file is missing; restore it.")
    html = page(night, {**found, "reviews.sentiment": shut})
    assert "This section could not be made: reviews.sentiment: a file is missing; restore it." in html
    assert html.count("could not be made") == 1
    assert "How the reviews feel" in html
    assert "Descriptions written tonight" in html


def test_a_defect_of_a_section_is_said_by_its_place_and_never_in_its_own_words(
    declared, night: Night, caplog: pytest.LogCaptureFixture
):
    declared("orders.broken", section("Markup(found['ann@example.com'])"))
    html = page(night, {"orders.broken": {}})
    assert (
        "This section could not be made: KeyError in nightmarket.domains.orders.sections.broken, line 10; "
        "the log of the report has the rest."
    ) in html
    assert "ann@example.com" not in html
    assert "the section orders.broken of the page could not be shown" in caplog.text
    assert "What ran, and when" in html


def test_sections_read_tables_that_have_contracts(contracts: Contracts):
    for one in discover():
        assert {*one.needs, *one.uses} <= set(contracts.tables), one.name
        assert (one.read is None) == (not one.needs and not one.uses), f"{one.name} reads what it declares"


def test_sections_have_titles_in_both_languages():
    for one in discover():
        assert one.title
        assert any("\u4e00" <= character <= "\u9fff" for character in one.chinese), one.name


ADDED = '''
"""How many reviews there are to read."""

from markupsafe import Markup

from nightmarket.report.blocks import render
from nightmarket.report.section import Look, Section


def read(look: Look) -> int:
    return look.rows("reviews.clean").count()


def show(found: int) -> Markup:
    return render("<p>{{ say.count(found) }} {{ '<new>' }} reviews</p>", found=found)


SECTION = Section("Reviews to read", "新评论", "merchant", 15, show, read, needs=("reviews.clean",))
'''
NIGHT = """
import datetime, pathlib, sys
from nightmarket import contracts
from nightmarket.report.gather import write
from pyspark.sql import Row

class Days:
    def count(self):
        return 1234

class Warehouse:
    contracts = contracts.load(pathlib.Path("schemas"))
    def published_and_before(self, day):
        counts = dict.fromkeys("rows_in rows_rejected bytes model_rows_computed model_rows_reused".split())
        at = datetime.datetime(2026, 11, 2, 2, tzinfo=datetime.UTC)
        row = Row(started_at=at, published_at=at, seconds=0.0, rows_out=9, **counts)
        return {"reviews.clean": (row, None)}
    def newest_days(self, tables, day):
        return {}
    def newest_day(self, table, day):
        return None
    def days(self, table, first, last):
        assert (table, first, last) == ("reviews.clean", *[datetime.date(2026, 11, 1)] * 2)
        return Days()

print(write(Warehouse(), datetime.date(2026, 11, 1), pathlib.Path("reports")))
"""


def test_one_new_module_in_a_copy_of_the_project_is_a_section_of_its_page(root: Path, tmp_path: Path):
    """With a warehouse of which only one table was published; the real one is in tests/night/test_look.py."""
    for folder in ("lib", "jobs", "schemas", "infra/sources"):
        shutil.copytree(root / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    added = tmp_path / "lib" / "nightmarket" / "domains" / "reviews" / "sections" / "unread.py"
    added.write_text(ADDED, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NIGHTMARKET_")}
    subprocess.run(
        [sys.executable, "-c", NIGHT], cwd=tmp_path, check=True,
        env={**environment, "PYTHONPATH": str(tmp_path / "lib"), "NIGHTMARKET_PROJECT": str(tmp_path)},
    )  # fmt: skip
    html = (tmp_path / "reports" / "2026-11-01.html").read_text(encoding="utf-8")
    assert 'Reviews to read <span class="zh" lang="zh">新评论</span>' in html
    assert "<p>1,234 &lt;new&gt; reviews</p>" in html
    assert "could not be made" not in html
    assert "How the reviews feel" not in html, "its table was not published"
