"""The contract of a table of rejected rows follows from what the table's own says of them."""

from pathlib import Path

import pytest
from noodles import GOOD, schemas

from nightmarket.contracts import ddl, load
from nightmarket.errors import ContractError

ASKED = """\
      - property: rejects
        value:
          table: stall.leftovers
          retentionDays: 20
          reasons:
            - duplicate
            - {name: sold_out, english: no bowl was left, chinese: 已售罄}
            - {name: same_bowl, english: the bowl came twice, chinese: 同一碗, effect: repeated}
"""
REJECTING = GOOD.replace("slaProperties:", f"{ASKED}slaProperties:")
OF_ANY_EXPORT = ("unparseable", "bad_value", "missing_required", "not_listed", "out_of_range", "wrong_form")


def test_all_of_it_follows_from_the_tables_contract(tmp_path: Path) -> None:
    contracts = load(schemas(tmp_path, REJECTING))
    assert list(contracts.tables) == ["stall.leftovers", "stall.noodles"]
    found = contracts.tables["stall.leftovers"]
    assert ddl(found) == "`reason` string, `detail` string, `raw` string, `source_file` string, `day` date"
    assert (found.title, found.owner, found.version) == ("Noodles: rejected rows", "cooks", "1.0.0")
    assert (found.keys, found.partition, found.retention_days, found.determinism) == ((), "day", 20, "exact")
    assert [column.name for column in found.columns if column.required] == ["reason", "day"]
    assert [column.name for column in found.columns if column.classification == "personal"] == ["raw"]
    assert (found.minimum_rows, found.maximum_drop, found.rejects) == (0, None, None)


def test_reasons_are_those_of_any_export_and_then_the_tables_in_their_order(tmp_path: Path) -> None:
    contracts = load(schemas(tmp_path, REJECTING))
    rejects = contracts.tables["stall.noodles"].rejects
    assert rejects is not None
    names = tuple(reason.name for reason in rejects.reasons)
    assert names == (*OF_ANY_EXPORT, "duplicate", "sold_out", "same_bowl")
    said = [(reason.english, reason.chinese, reason.effect) for reason in rejects.reasons[-3:]]
    assert said == [
        ("the same row came twice", "重复", "repeated"),
        ("no bowl was left", "已售罄", "lost"),
        ("the bowl came twice", "同一碗", "repeated"),
    ]
    (listed,) = contracts.tables["stall.leftovers"].column("reason").rules
    assert listed.broken("string") == f"none of {', '.join(names)}"
    assert rejects.reason("sold_out") == rejects.reasons[-2]
    assert rejects.reason("burnt") is None


def test_what_is_no_persons_says_so(tmp_path: Path) -> None:
    text = REJECTING.replace(
        "          reasons:\n", "          rawClassification: internal\n          reasons:\n"
    )
    found = load(schemas(tmp_path, text)).tables["stall.leftovers"]
    assert found.column("raw").classification == "internal"


@pytest.mark.parametrize(
    ("was", "becomes", "says"),
    [
        ("table: stall.leftovers", "table: kitchen.leftovers", "name a table of the domain stall"),
        ("table: stall.leftovers", "tabel: stall.leftovers", "unknown key 'tabel'"),
        ("retentionDays: 20", "retentionDays: 0", "rejects.retentionDays is 0"),
        ("retentionDays: 20", "retentionDays: yes", "rejects.retentionDays is"),
        ("- duplicate", "- duplicates", "duplicates is none of the general ones"),
        ("- duplicate", "- bad_value", "the reason bad_value is there already"),
        ("name: same_bowl", "name: sold_out", "the reason sold_out is there already"),
        ("name: sold_out", "name: out_of_window", "out_of_window is a general one and explained already"),
        ("name: sold_out", "name: Sold out", "a reason is named Sold out; use small letters"),
        (", chinese: 已售罄", "", "the reason sold_out has no chinese"),
        ("english: no bowl was left, ", "", "the reason sold_out has no english"),
        (
            "effect: repeated",
            "effect: none",
            "the effect of the reason same_bowl must be one of lost, repeated",
        ),
        ("chinese: 同一碗", "chinese: 同一碗, german: x", "the reason same_bowl has an unknown key 'german'"),
    ],
)
def test_a_mistake_is_named_with_file_and_line(tmp_path: Path, was: str, becomes: str, says: str) -> None:
    assert was in REJECTING
    with pytest.raises(ContractError) as caught:
        load(schemas(tmp_path, REJECTING.replace(was, becomes, 1)))
    assert str(caught.value).startswith("schemas/stall/noodles.yaml:48: ")
    assert says in str(caught.value)


@pytest.mark.parametrize("value", ["[duplicate]", "stall.leftovers"])
def test_what_is_no_mapping_is_refused(tmp_path: Path, value: str) -> None:
    text = GOOD.replace("slaProperties:", f"      - {{property: rejects, value: {value}}}\nslaProperties:")
    with pytest.raises(
        ContractError, match="rejects must be a mapping with table, retentionDays and reasons"
    ):
        load(schemas(tmp_path, text))


def test_reasons_that_are_no_list_are_refused(tmp_path: Path) -> None:
    text = REJECTING.partition("          reasons:")[0] + "          reasons: duplicate\n"
    with pytest.raises(ContractError, match="reasons must be a list"):
        load(schemas(tmp_path, text))


def test_rejected_rows_are_kept_no_longer_than_the_tables_own(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="rejected rows are kept for 31 days and the table's own for 30"):
        load(schemas(tmp_path, REJECTING.replace("retentionDays: 20", "retentionDays: 31")))


def test_a_table_of_rejected_rows_is_of_one_table_and_has_no_contract_file(tmp_path: Path) -> None:
    folder = schemas(tmp_path, REJECTING)
    (folder / "stall" / "soups.yaml").write_text(REJECTING.replace("noodles", "soups"), encoding="utf-8")
    with pytest.raises(ContractError) as caught:
        load(folder)
    assert str(caught.value).startswith(
        "schemas/stall/soups.yaml: rejects go to stall.leftovers, which stall/noodles.yaml describes too; "
    )
    written = GOOD.replace("noodles", "leftovers")
    (folder / "stall" / "soups.yaml").unlink()
    (folder / "stall" / "leftovers.yaml").write_text(written, encoding="utf-8")
    with pytest.raises(ContractError, match=r"stall/leftovers\.yaml describes too"):
        load(folder)
