"""Mapping files: read into frozen objects, refused with file and line."""

import dataclasses
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from loose import loose

from nightmarket import sources
from nightmarket.contracts import Contracts
from nightmarket.errors import SourceError
from nightmarket.sources import layout, mapping, recut

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
most_conflicting: {catalogue.items: 1}
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
    assert shop.most_conflicting == {"catalogue.items": 1}
    assert shop.languages == ()
    events = shop.sources["events"]
    assert events.columns == {"event_id": "id", "quantity": "1", "event_name": "'purchase'"}
    assert events.lines["event_name"] == 12
    assert events.optional
    assert events.patterns(date(2024, 5, 1)) == ("web/2024-05-01/*.jsonl.gz", "till/20240501.jsonl")
    with pytest.raises(dataclasses.FrozenInstanceError):
        shop.name = "other"  # type: ignore[misc]


def test_upkeep_waits_as_long_as_the_shop_says(contracts: Contracts, tmp_path: Path) -> None:
    ages = loaded(contracts, tmp_path, GOOD).ages
    assert (ages.snapshots, ages.branches, ages.orphans, ages.logs) == (3, 7, 3, 90)
    ages = loaded(contracts, tmp_path, f"{GOOD}upkeep: {{snapshots: 1, logs: 365}}\n").ages
    assert (ages.snapshots, ages.branches, ages.orphans, ages.logs) == (1, 7, 3, 365)


@pytest.mark.parametrize(
    ("upkeep", "says"),
    [
        ("{snapshot: 3}", "'snapshot' is nothing that is kept for days; did you mean 'snapshots'?."),
        ("{snapshots: 0}", "snapshots is '0' but must be a whole number of days, 1 to 36500."),
        ("{branches: true}", "branches is 'True' but must be a whole number of days, 1 to 36500."),
        ("{orphans: 1.5}", "orphans is '1.5' but must be a whole number of days, 1 to 36500."),
        ("{logs: 36501}", "logs is '36501' but must be a whole number of days, 1 to 36500."),
        ("{logs: week}", "logs is 'week' but must be a whole number of days, 1 to 36500."),
    ],
)
def test_a_wrong_age_is_named(contracts: Contracts, tmp_path: Path, upkeep: str, says: str) -> None:
    with pytest.raises(SourceError) as failed:
        loaded(contracts, tmp_path, f"{GOOD}upkeep: {upkeep}\n")
    assert str(failed.value) == f"{tmp_path}/shop.yaml:17: {says}"


@pytest.mark.parametrize(
    ("said", "languages"),
    [("[de]", ("de",)), ("zh-Hant", ("zh-Hant",)), ('["no", en_GB]', ("no", "en_GB")), ("[]", ())],
)
def test_a_shop_names_its_languages(
    contracts: Contracts, tmp_path: Path, said: str, languages: tuple
) -> None:
    text = GOOD.replace("currency: EUR", f"currency: EUR\nlanguages: {said}")
    assert loaded(contracts, tmp_path, text).languages == languages


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
        ("    optional: true", "    wher: x > 1", 8, "unknown key 'wher'; did you mean 'where'?"),
        ("    optional: true", "    where: [x]", 8, "where needs a Spark SQL expression."),
        ("    optional: true", "    where: '${env:HOME}'", 8, "where: ${env:HOME} would read"),
        ("    optional: true", "    rows: [items]", 8, "rows is '['items']' but must be the name of a list"),
        ("    optional: true", "    fill_down: {columns: [a]}", 8, "'fill_down' is for csv files"),
        ("    optional: true", "    fill_down: Title", 8, "fill_down must have the keys columns"),
        ("    optional: true", "    nobody: {also: [no]}", 8, "also must be a list of texts, each in quotes"),
        ("    optional: true", "    nobody: {except: ''}", 8, "except must be a list of texts"),
        ("    optional: true", "    nobody: [x]", 8, "nobody must have the keys also, except"),
        ("    optional: true", "    options: {sep: ','}", 8, "jsonl has no option 'sep'"),
        ("    optional: true", "    options: {encoding: UTF-9}", 8, "'UTF-9' is no encoding"),
        ("    optional: true", "    options: {encoding: idna}", 8, "'idna' is no encoding"),
        ("    optional: true", "    options: {encoding: base64}", 8, "'base64' is no encoding"),
        ("    optional: true", "    options: {decimal: ','}", 8, "jsonl has no option 'decimal'"),
        ("    optional: true", "    header: [a, b]", 8, "'header' is for csv files"),
        ("event_id: id", "event_id:", 10, "event_id needs a Spark SQL expression"),
        ("event_id: id", "event_id: no", 10, "event_id is read as false; put the column's name in quotes."),
        (
            "    optional: true",
            "    where: yes",
            8,
            "where is read as true; put the column's name in quotes.",
        ),
        ("quantity: 1", "event_id: other", 11, "'event_id' is given twice"),
        ("web/{day}", "/web/{day}", 6, "must be a path under the landing zone"),
        ("web/{day}", "../{day}", 6, "must be a path under the landing zone"),
        ("web/{day}", "{day:..}", 6, "must be a path under the landing zone"),
        ("web/{day}", "{day:../../%Y}", 6, "must be a path under the landing zone"),
        ("web/{day}", "web/{day:.}{day:.}/x", 6, "must be a path under the landing zone"),
        ("web/{day}", "web{day:/..}/{day:..}/x", 6, "must be a path under the landing zone"),
        ("web/{day}", "{day:/}etc/{day}", 6, "must be a path under the landing zone"),
        ("web/{day}", "{day:~}{day}", 6, "must be a path under the landing zone"),
        ("web/{day}", "web\\\\{day}", 6, "must be a path under the landing zone"),
        ("web/{day}", "web\\0{day}", 6, "must be a path under the landing zone"),
        ("web/{day}", "web/{day:%H}", 6, "{day:%H} may hold the codes %Y"),
        ("web/{day}", "web/{day:%D}", 6, "{day:%D} may hold the codes %Y"),
        ("web/{day}", "web/{day:%n}", 6, "{day:%n} may hold the codes %Y"),
        ("web/{day}", "web/{day:%%%}", 6, "{day:%%%} may hold the codes %Y"),
        ("event_id: id", "event_id: \"'${env:NIGHTMARKET_PSEUDONYM_KEY}'\"", 10, "event_id: ${env:NIGHT"),
        ("event_id: id", "event_id: concat(id, '${system:user.home}')", 10, "${system:user.home} would read"),
        ("event_id: id", "event_id: \"'${spark.app.name}'\"", 10, "${spark.app.name} would read"),
        ("web/{day}", "web/{date}", 6, "only {day} and {day:%Y%m%d} may stand in braces"),
        ("web/{day}", "web/{day", 6, "only {day} and {day:%Y%m%d} may stand in braces"),
        ("web/{day}", "web/day}", 6, "only {day} and {day:%Y%m%d} may stand in braces"),
        ("reviews.clean", "reviews.cleaned", 15, "no table 'reviews.cleaned'; did you mean 'reviews.clean'?"),
        ("0.4", "40%", 15, "reviews.clean is '40%' but must be a share of its rows, from 0 to 1"),
        (
            "reviews.clean",
            "reviews.sentiment",
            15,
            "the contract of reviews.sentiment limits no rejected rows",
        ),
        ("0.4", "true", 15, "reviews.clean is 'True' but must be a share of its rows, from 0 to 1"),
        ("0.4", "-0.001", 15, "reviews.clean is '-0.001' but must be a share of its rows"),
        ("0.4", "1.001", 15, "reviews.clean is '1.001' but must be a share of its rows"),
        ("0.4", "", 15, "reviews.clean is 'None' but must be a share of its rows"),
        ("catalogue.items: 1}", "catalogue.items: false}", 16, "catalogue.items is 'False' but must be"),
        ("catalogue.items: 1}", "reviews.sentiment: 1}", 16, "reviews.sentiment limits no conflicting rows"),
        ('["web/{day}/*.jsonl.gz", "till/{day:%Y%m%d}.jsonl"]', "3", 6, "files is a path under the landing"),
        ('["web/{day}/*.jsonl.gz", "till/{day:%Y%m%d}.jsonl"]', "' '", 6, "files is a path under the"),
        ('["web/{day}/*.jsonl.gz", "till/{day:%Y%m%d}.jsonl"]', "[a, 3]", 6, "files is a path under the"),
        ('["web/{day}/*.jsonl.gz", "till/{day:%Y%m%d}.jsonl"]', "[]", 6, "files is a path under the"),
        ('    files: ["web/{day}/*.jsonl.gz", "till/{day:%Y%m%d}.jsonl"]\n', "", 5, "files"),
        ('["web/{day}/*.jsonl.gz", "till/{day:%Y%m%d}.jsonl"]', "", 6, "files is a path under the"),
        ("catalogue.items", "catalog.items", 14, "no table 'catalog.items'; did you mean 'catalogue.items'?"),
        ("currency: EUR", "currency: EUR\nlanguages: [german]", 4, "'german' is no language tag such as de"),
        ("currency: EUR", "currency: EUR\nlanguages: [de, no]", 4, 'or (in quotes) "no"'),
        ("currency: EUR", "currency: EUR\nlanguages:", 4, "'None' is no language tag"),
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


@pytest.mark.parametrize(
    ("pattern", "filled"),
    [
        ("web/{day:%Y/%m/%d}/*", "web/2024/05/01/*"),
        ("{day:%d.%m.%y} {day:%-d}-{day:%b}/{day:%%}", "01.05.24 1-May/%"),
        ("{day:}..csv", "2024-05-01..csv"),
        ("夜/{day:%Y年%m月%d日}.csv", "夜/2024年05月01日.csv"),
    ],
)
def test_days_are_spelled_as_the_shop_spells_them(
    contracts: Contracts, tmp_path: Path, pattern: str, filled: str
) -> None:
    shop = loaded(contracts, tmp_path, GOOD.replace("web/{day}/*.jsonl.gz", pattern))
    assert shop.sources["events"].patterns(date(2024, 5, 1))[0] == filled


def test_what_a_mapping_says_of_rows(contracts: Contracts, tmp_path: Path) -> None:
    keys = (
        "    rows: ecommerce.items\n    where: _position > 0\n"
        "    nobody: {also: [Gast, 4711], except: ['0']}\n    optional: true"
    )
    events = loaded(contracts, tmp_path, GOOD.replace("    optional: true", keys)).sources["events"]
    assert (events.rows, events.where, events.fill_down) == ("ecommerce.items", "_position > 0", None)
    assert (events.nobody.also, events.nobody.unless) == (("Gast", "4711"), ("0",))
    assert (events.lines["rows"], events.lines["where"]) == (8, 9)
    csv = GOOD.replace("format: jsonl", "format: csv\n    fill_down: {columns: [Title, Vendor], by: Handle}")
    filled = loaded(contracts, tmp_path, csv).sources["events"].fill_down
    assert filled is not None
    assert (filled.columns, filled.by) == (("Title", "Vendor"), "Handle")
    text = csv.replace("{columns: [Title, Vendor], by: Handle}", "{columns: [sku, name]}")
    filled = loaded(contracts, tmp_path, text).sources["events"].fill_down
    assert filled is not None
    assert filled.by == ""


def test_rows_are_of_records_with_lists(contracts: Contracts, tmp_path: Path) -> None:
    text = GOOD.replace("    optional: true", "    rows: items").replace("format: jsonl", "format: csv")
    with pytest.raises(SourceError, match="'rows' names a list of jsonl or parquet records; events is csv"):
        loaded(contracts, tmp_path, text)


def test_all_problems_at_once_in_order(contracts: Contracts, tmp_path: Path) -> None:
    text = GOOD.replace("EUR", "€").replace("jsonl\n", "xml\n", 1).replace("Europe/Berlin", "here")
    with pytest.raises(SourceError) as raised:
        loaded(contracts, tmp_path, text)
    assert [line.split(":")[1] for line in str(raised.value).splitlines()] == ["2", "3", "7"]


def test_each_wrong_pattern_is_named(contracts: Contracts, tmp_path: Path) -> None:
    text = GOOD.replace('["web/{day}/*.jsonl.gz", "till/{day:%Y%m%d}.jsonl"]', '[3, "../a", "web/{date}"]')
    with pytest.raises(SourceError) as raised:
        loaded(contracts, tmp_path, text)
    words = [line.partition(".yaml:6: ")[2] for line in str(raised.value).splitlines()]
    assert words == [
        "'../a' must be a path under the landing zone, with '/' and without '..'.",
        "'web/{date}': only {day} and {day:%Y%m%d} may stand in braces.",
        "files is a path under the landing zone, or a list of paths.",
    ]


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
        for name, source in shop.sources.items():
            columns = {column.name for column in contracts.sources[name].columns}
            assert set(source.columns) <= columns, path
        assert path.stem == "demo" or path.with_suffix(".md").is_file()


def test_the_readme_s_example_loads(root: Path, contracts: Contracts, tmp_path: Path) -> None:
    readme = (root / "infra" / "sources" / "README.md").read_text(encoding="utf-8")
    shop = loaded(contracts, tmp_path, readme.split("```yaml\n")[1].split("```")[0])
    assert set(shop.sources) == {"events", "items", "pictures"}


def test_the_readme_s_other_examples_load(root: Path, contracts: Contracts, tmp_path: Path) -> None:
    readme = (root / "infra" / "sources" / "README.md").read_text(encoding="utf-8")
    blocks = [part.split("```")[0] for part in readme.split("```yaml\n")[2:]]
    head = "shop: S\ntimezone: UTC\ncurrency: EUR\nsources:\n"
    found = [loaded(contracts, tmp_path, head + block).sources for block in blocks]
    assert [list(sources) for sources in found] == [["events"], ["items"]]
    assert found[0]["events"].rows == "items"
    assert found[1]["items"].fill_down is not None
    assert found[1]["items"].fill_down.columns == ("Title", "Body (HTML)", "Vendor", "Type")


def test_loading_needs_no_spark() -> None:
    code = "import sys, nightmarket.sources; sys.exit('pyspark' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("before", "after", "line", "says"),
    [
        ("Corner Bookshop", "&a [*a]", 1, "alias"),
        ("format: jsonl", "format: " + "[" * 20_000, 7, "nested more than 30 deep"),
        ("delist_after_days: 30", "delist_after_days: 2024-02-31", 14, "'2024-02-31' is no date or number"),
    ],
)
def test_yaml_beyond_plain_data_is_one_sentence(
    contracts: Contracts, tmp_path: Path, before: str, after: str, line: int, says: str
) -> None:
    with pytest.raises(SourceError) as raised:
        loaded(contracts, tmp_path, GOOD.replace(before, after, 1))
    assert f"shop.yaml:{line}: " in str(raised.value)
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("owner", "at", "refused"),
    [(1, "file", True), (1, "folder", True), (0, "file", False), (2, "file", False), (1, "inside", False)],
)
def test_links_out_of_the_landing_zone_count_when_the_nights_user_made_them(
    contracts: Contracts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: int, at: str, refused: bool
) -> None:
    from nightmarket.sources.files import find

    shop = loaded(contracts, tmp_path, GOOD.replace("web/{day}/*.jsonl.gz", "web/{day}/a.jsonl"))
    landing = tmp_path / "landing"
    real = landing / "real" if at == "inside" else tmp_path / "outside"
    real.mkdir(parents=True)
    (real / "a.jsonl").write_text("{}\n")
    (landing / "web").mkdir(parents=True, exist_ok=True)
    if at == "folder":
        link = landing / "web" / "2024-05-01"
        link.symlink_to(real)
    else:
        (landing / "web" / "2024-05-01").mkdir()
        link = landing / "web" / "2024-05-01" / "a.jsonl"
        link.symlink_to(real / "a.jsonl")
    seen = Path.lstat

    def owned(path: Path) -> os.stat_result:
        found = list(seen(path))
        found[4] = owner
        return os.stat_result(found)

    monkeypatch.setattr(Path, "lstat", owned)
    monkeypatch.setattr(os, "geteuid", lambda: 2)
    if refused:
        with pytest.raises(
            SourceError, match=r"web/2024-05-01/a\.jsonl: a link that somebody else made leads"
        ):
            find(shop.sources["events"], date(2024, 5, 1), landing)
    else:
        files = find(shop.sources["events"], date(2024, 5, 1), landing)
        assert [file.name for file in files] == ["web/2024-05-01/a.jsonl"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"decimal": ",", "thousands": "."}, ""),
        ({"decimal": ","}, ""),
        ({"thousands": " "}, ""),
        ({"thousands": "'"}, ""),
        ({"thousands": "."}, "options decimal and thousands are the same sign; decimal is '.' by default"),
        ({"decimal": ",", "thousands": ","}, "the same sign"),
        ({"decimal": ";"}, "option decimal is '.' or ','"),
        ({"thousands": "x"}, "option thousands is one of"),
        ({"thousands": 1}, "option thousands is 1 but must be a text in quotes"),
    ],
)
def test_how_numbers_are_spelt(
    contracts: Contracts, tmp_path: Path, options: dict[str, str], says: str
) -> None:
    text = GOOD.replace("    format: jsonl", f"    format: csv\n    options: {options}")
    if not says:
        assert loaded(contracts, tmp_path, text).sources["events"].options == options
        return
    with pytest.raises(SourceError, match=says):
        loaded(contracts, tmp_path, text)


@pytest.mark.parametrize(
    ("named", "read"),
    [
        ("ISO-8859-1", "windows-1252"),
        ("latin1", "windows-1252"),
        ("us-ascii", "windows-1252"),
        ("windows-1252", "windows-1252"),
        ("ISO-8859-15", "ISO-8859-15"),
        ("GBK", "GBK"),
        ("windows-936", "windows-936"),
        (None, "UTF-8"),
    ],
)
def test_what_an_encoding_is_read_as(
    contracts: Contracts, tmp_path: Path, named: str | None, read: str
) -> None:
    options = f"\n    options: {{encoding: {named}}}" if named else ""
    events = loaded(contracts, tmp_path, GOOD.replace("jsonl\n    op", f"jsonl{options}\n    op")).sources[
        "events"
    ]
    assert (events.named_encoding, events.encoding) == (named or "UTF-8", read)


@pytest.mark.parametrize("share", ["0", "1", "0.0", "1.0"])
def test_a_limit_may_be_nothing_or_all(contracts: Contracts, tmp_path: Path, share: str) -> None:
    shop = loaded(contracts, tmp_path, GOOD.replace("0.4", share))
    assert shop.most_rejected == {"reviews.clean": float(share)}


def test_what_is_not_limited_by_the_shop_is_left_to_the_contracts(
    contracts: Contracts, tmp_path: Path
) -> None:
    lines = [line for line in GOOD.splitlines() if not line.startswith("most_")]
    shop = loaded(contracts, tmp_path, "\n".join(lines))
    assert (shop.most_rejected, shop.most_conflicting) == ({}, {})
    assert not shop.sources["events"].header


def test_values_of_the_room_cannot_be_changed() -> None:
    assert [*loose(mapping), *loose(layout), *loose(recut)] == []
