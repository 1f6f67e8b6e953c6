"""A contract file that is wrong says so with file and line, all problems at once."""

from pathlib import Path

import pytest
import yaml
from loose import loose
from noodles import GOOD, schemas

from nightmarket import contracts
from nightmarket.contracts import ddl, load
from nightmarket.contracts.load import _line, _validator
from nightmarket.contracts.rules import Form, Listed, Within
from nightmarket.errors import ContractError


def test_everything_a_contract_says_is_read(tmp_path: Path) -> None:
    contract = load(schemas(tmp_path, GOOD)).tables["stall.noodles"]
    assert contract.keys == ("bowl_id", "day")
    assert contract.partition == "day"
    assert (contract.minimum_rows, contract.maximum_drop, contract.maximum_reject_rate) == (1, 0.5, None)
    assert contract.retention_days == 30
    assert contract.owner == "cooks"
    assert contract.column("spice").rules == (Within(0, 5),)
    assert contract.column("broth").rules == (Listed(("beef", "miso")),)
    assert ddl(contract) == "`bowl_id` string, `spice` int, `broth` string, `day` date"


@pytest.mark.parametrize(
    ("was", "becomes", "line", "says"),
    [
        (
            "        required: true\n        primaryKey: true\n        primaryKeyPosition: 1",
            "        requird: true",
            20,
            "requird",
        ),
        ("name: Noodles", "nam: Noodles", 4, "nam"),
        ("logicalType: integer", "logicalType: whole", 24, "whole"),
        ("id: stall.noodles", "id: stall.soup", 3, "stall.soup"),
        ("value: exact", "value: maybe", 13, "determinism"),
        ("property: maximumDrop", "property: maximumFall", 45, "maximumFall"),
        (
            "{property: maximumDrop, value: 0.5}",
            "{property: dropCounts, value: spice}",
            45,
            "no boolean column",
        ),
        ("        description: The bowl.\n", "", 16, "bowl_id"),
        ("        partitioned: true\n        partitionKeyPosition: 1\n", "", 13, "partitioned"),
        ("kind: DataContract", "kind: [", 4, "YAML"),
        ("  purpose: Which noodles are sold.", "  usage: eating", 3, "purpose"),
        ("team:\n  name: cooks\n", "", 3, "team"),
        ("  - name: noodles", "  - name: soup", 13, "the table is named soup"),
        (
            "{property: maximumDrop, value: 0.5}",
            "{property: distribution, value: range}",
            45,
            "distribution must be one of hash, none",
        ),
        (
            "        description: How hot, 0 to 5.",
            "        description: How hot.\n        classification: secret",
            27,
            "classification of spice must be one of internal, personal, pseudonymous, public",
        ),
        ("        logicalType: string\n", "", 16, "column bowl_id has no logicalType"),
        ("        physicalType: int\n", "", 23, "column spice has no physicalType"),
        ("      - name: spice", "      - name: spice\n        partitioned: true", 13, "['spice', 'day']"),
    ],
)
def test_a_mistake_is_named_with_file_and_line(
    tmp_path: Path, was: str, becomes: str, line: int, says: str
) -> None:
    assert was in GOOD
    with pytest.raises(ContractError) as caught:
        load(schemas(tmp_path, GOOD.replace(was, becomes, 1)))
    text = str(caught.value)
    assert f"schemas/stall/noodles.yaml:{line}:" in text
    assert says in text


def test_two_tables_in_one_contract_are_refused(tmp_path: Path) -> None:
    second = "  - name: soups\n    physicalType: table\nslaProperties:"
    with pytest.raises(ContractError, match="describes one table; this one has 2"):
        load(schemas(tmp_path, GOOD.replace("slaProperties:", second)))


@pytest.mark.parametrize(
    ("quality", "rows"),
    [
        ("{type: library, metric: rowCount, mustBeGreaterThan: 0}", 1),
        ("{type: library, metric: rowCount, mustBeGreaterThan: 4}", 5),
        ("{type: library, metric: rowCount, mustBeGreaterOrEqualTo: 4}", 4),
        ("{type: library, metric: duplicateValues, mustBe: 4}", 0),
    ],
)
def test_the_fewest_rows_a_day_may_have(tmp_path: Path, quality: str, rows: int) -> None:
    text = GOOD.replace("{type: library, metric: rowCount, mustBeGreaterThan: 0}", quality)
    assert load(schemas(tmp_path, text)).tables["stall.noodles"].minimum_rows == rows


def test_what_a_contract_leaves_out(tmp_path: Path) -> None:
    text = GOOD.replace("      - {property: maximumDrop, value: 0.5}\n", "").partition("slaProperties")[0]
    contract = load(schemas(tmp_path, text)).tables["stall.noodles"]
    assert (contract.retention_days, contract.maximum_drop, contract.drop_counts) == (None, None, None)
    assert contract.distribution == "hash"
    spice = contract.column("spice")
    assert (spice.required, spice.unique, spice.key, spice.partition) == (False, False, False, False)
    assert (spice.rule(Form), spice.rule(Listed), spice.reference) == (None, None, None)
    assert spice.classification == "internal"
    assert (contract.title, contract.domain, contract.name) == ("Noodles", "stall", "noodles")
    with pytest.raises(KeyError, match=r"stall\.noodles has no column broccoli"):
        contract.column("broccoli")


def test_an_export_is_partitioned_by_nothing(tmp_path: Path) -> None:
    folder = schemas(tmp_path, GOOD)
    (folder / "source").mkdir()
    text = GOOD.replace("stall.noodles", "source.noodles").replace("domain: stall", "domain: source")
    (folder / "source" / "noodles.yaml").write_text(text)
    with pytest.raises(ContractError, match=r"source/noodles.yaml:13: partitioned by \['day'\]"):
        load(folder)
    bare = text.replace("        partitioned: true\n        partitionKeyPosition: 1\n", "")
    (folder / "source" / "noodles.yaml").write_text(bare)
    found = load(folder)
    assert (set(found.tables), set(found.sources)) == ({"stall.noodles"}, {"noodles"})
    assert found.sources["noodles"].partition is None
    assert [contract.table for contract in found] == ["source.noodles", "stall.noodles"]
    # Domains before and behind it by name are none of the exports.
    for domain in ("bazaar", "zoo"):
        (folder / domain).mkdir()
        text = GOOD.replace("stall", domain)
        (folder / domain / "noodles.yaml").write_text(text)
    found = load(folder)
    assert list(found.tables) == ["bazaar.noodles", "stall.noodles", "zoo.noodles"]
    assert list(found.sources) == ["noodles"]


def test_all_problems_come_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("value: exact", "value: maybe").replace(
        "property: maximumDrop", "property: maximumFall"
    )
    with pytest.raises(ContractError) as caught:
        load(schemas(tmp_path, text))
    assert len(str(caught.value).splitlines()) == 2


def test_a_reference_to_nowhere_is_refused(tmp_path: Path) -> None:
    relation = (
        "        relationships:\n          - to: ../stall/broths.yaml#/schema/broths/properties/broth\n"
    )
    text = GOOD.replace(
        "        description: What it swims in.\n", "        description: What it swims in.\n" + relation
    )
    with pytest.raises(ContractError, match=r"broth refers to stall\.broths\.broth"):
        load(schemas(tmp_path, text))
    # A table that exists has not the column; then one that has.
    path = tmp_path / "schemas" / "stall" / "noodles.yaml"
    text = text.replace(
        "broths.yaml#/schema/broths/properties/broth", "noodles.yaml#/schema/noodles/properties/soup"
    )
    path.write_text(text)
    with pytest.raises(ContractError, match=r"broth refers to stall\.noodles\.soup"):
        load(tmp_path / "schemas")
    path.write_text(path.read_text().replace("properties/soup\n", "properties/spice\n"))
    reference = load(tmp_path / "schemas").tables["stall.noodles"].column("broth").reference
    assert reference is not None
    assert (reference.table, reference.column) == ("stall.noodles", "spice")


def test_a_reference_in_short_is_refused_in_a_sentence(tmp_path: Path) -> None:
    """The standard knows "table.column"; here a reference names the file too."""
    relation = "        relationships:\n          - to: noodles.spice\n"
    text = GOOD.replace(
        "        description: What it swims in.\n", f"        description: Broth.\n{relation}"
    )
    with pytest.raises(ContractError, match=r"broth refers to .*, which no contract describes"):
        load(schemas(tmp_path, text))


def test_a_problem_of_the_whole_contract_stands_at_its_first_line(tmp_path: Path) -> None:
    text = "# Ours.\n# And theirs.\n# Not yours.\n" + GOOD.replace("version: 1.0.0\n", "")
    with pytest.raises(ContractError) as caught:
        load(schemas(tmp_path, text))
    assert str(caught.value) == (
        "schemas/stall/noodles.yaml:4: the contract: 'version' is a required property."
    )


def test_what_the_standard_says_is_cut_at_two_hundred_letters(tmp_path: Path) -> None:
    with pytest.raises(ContractError) as caught:
        load(schemas(tmp_path, GOOD.replace("logicalType: integer", f"logicalType: {'x' * 300}")))
    assert str(caught.value) == (
        f"schemas/stall/noodles.yaml:24: schema.0.properties.1.logicalType: '{'x' * 199}."
    )


@pytest.mark.parametrize(
    ("at", "line"),
    [
        ([], 2),
        (["a"], 2),
        (["a", "b"], 3),
        (["a", "b", 0], 4),
        (["a", "b", 1], 5),
        # What is not there stands where the deepest part of it is that is there.
        (["a", "b", 2], 3),
        (["a", "b", "first"], 3),
        (["a", "c"], 2),
        (["a", "b", 1, "deeper"], 5),
        (["d"], 6),
    ],
)
def test_the_line_of_a_key_or_an_entry(at: list, line: int) -> None:
    assert _line(yaml.compose("# A note.\na:\n  b:\n    - one\n    - two\nd: 3\n"), at) == line


def test_the_standard_is_read_once() -> None:
    assert _validator() is _validator()


def test_what_a_contract_says_cannot_be_changed() -> None:
    assert loose(contracts) == []


def test_an_empty_folder_is_no_project(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="no contracts"):
        load(tmp_path)
