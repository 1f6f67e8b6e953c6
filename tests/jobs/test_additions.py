"""What is added to a project is added in one place: a reject reason, and a kind of rule."""

import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from drawn import rows
from pyspark.sql import functions as F

from nightmarket import sources
from nightmarket.contracts import Contracts, index, load, rules
from nightmarket.errors import AuditError
from nightmarket.plan import discover
from nightmarket.report.gather import gather
from nightmarket.report.page import page
from nightmarket.spark import ship
from nightmarket.warehouse import Run, Warehouse

DAY = date(2026, 3, 2)
RUN = Run(day=DAY, key="first", code_version="1", started_at=datetime(2026, 3, 3, 2, tzinfo=UTC))
REVIEWS = """
    | review_id | item_id | text     | reject_reason |
    | r1        | i1      | A lamp   |               |
    | r2        | i1      | A BAD 1! |               |
    | r3        | i1      |          | bad_value     |
    | r4        | i1      | A lamp 2 |               |
"""
WORDLESS = '(wordless, "missing_required", "text: nothing is left of it")'
SHOUTED = '(F.col("text") == F.upper("text"), "all_capitals", "text: all of it in capitals")'
EXPLAINED = (
    "            - {name: all_capitals, english: a text in capitals, chinese: 全部大写, effect: repeated}\n"
)


@pytest.fixture
def project(root: Path, tmp_path: Path) -> Iterator[Path]:
    """A throw-away copy of the project, whose reviews job gives a reason more."""
    before = {name: module for name, module in sys.modules.items() if name.startswith("jobs.")}
    for folder in ("jobs", "schemas"):
        shutil.copytree(root / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    path = tmp_path / "jobs" / "reviews" / "clean.py"
    text = path.read_text()
    assert text.count(WORDLESS) == 1
    path.write_text(text.replace(WORDLESS, f"{WORDLESS}, {SHOUTED}"))
    yield tmp_path
    sys.modules.update(before)


def a_shop(folder: Path) -> Path:
    """The mapping of a shop that has reviews."""
    columns = {"review_id": "id", "item_id": "item", "text": "'x'"}
    mapping = {"files": "{day}.csv", "format": "csv", "columns": columns}
    shop = {"shop": "Test", "timezone": "UTC", "currency": "EUR", "sources": {"reviews": mapping}}
    path = folder / "shop.yaml"
    path.write_text(yaml.safe_dump(shop), encoding="utf-8")
    return path


def published(spark, contracts: Contracts, project: Path, drawn: Any) -> Warehouse:
    declared = discover(project)["reviews.clean"]
    ship(declared.build)
    contract = contracts.tables["reviews.clean"]
    frame = declared.build(drawn).withColumn("day", F.lit(DAY))
    warehouse = Warehouse(spark, contracts)
    warehouse.publish(contract, frame, RUN, rejects=contracts.tables[declared.rejects])
    return warehouse


def rejected_on_the_page(warehouse: Warehouse) -> list[tuple[str, str]]:
    night, found = gather(warehouse, DAY)
    text = page(night, found)
    assert all(reject.english in text and reject.chinese in text for reject in night.rejects)
    return [(reject.english, reject.chinese) for reject in night.rejects]


def test_a_reason_takes_a_line_of_its_tables_contract_and_those_of_the_job(
    spark, warehouse, project: Path, export, contracts: Contracts, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = project / "schemas" / "reviews" / "clean.yaml"
    lines = path.read_text(encoding="utf-8")
    listed = "          reasons:\n"
    assert lines.count(listed) == 1
    path.write_text(lines.replace(listed, listed + EXPLAINED), encoding="utf-8")
    changed = load(project / "schemas")
    found = published(spark, changed, project, export("reviews", REVIEWS))
    assert rows(found.days("reviews.rejects", DAY, DAY), "reason", "detail") == [
        ("all_capitals", "text: all of it in capitals"), ("bad_value", None)
    ]  # fmt: skip
    assert "| all_capitals | a text in capitals | 全部大写 |" in index.markdown(changed)
    (known,) = changed.tables["reviews.rejects"].column("reason").rules
    assert "`all_capitals`" in known.explained()
    monkeypatch.setenv("NIGHTMARKET_PROJECT", str(project))
    monkeypatch.setenv("NIGHTMARKET_SHOP", str(a_shop(project)))
    broken = ("a value of the wrong kind", "格式错误")
    assert rejected_on_the_page(Warehouse(spark, changed)) == [("a text in capitals", "全部大写"), broken]
    # By a contract that does not list it any more it is said as it is spelled.
    assert rejected_on_the_page(Warehouse(spark, contracts)) == [("all capitals", ""), broken]


def test_a_reason_that_no_contract_lists_is_refused_with_what_to_write_where(
    spark, warehouse, project: Path, export
) -> None:
    with pytest.raises(AuditError) as failure:
        published(spark, load(project / "schemas"), project, export("reviews", REVIEWS))
    said = "reason=all_capitals; list the reason in schemas/reviews/clean.yaml under customProperties,"
    assert said in str(failure.value)


@dataclass(frozen=True)
class Short(rules.Rule):
    """A text has no more letters than some number: ODCS's maxLength."""

    most: int
    reason = "wrong_form"

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> "Short | None":
        most = (written.get("logicalTypeOptions") or {}).get("maxLength")
        return None if most is None else cls(most)

    def faults(self, name: str, kind: str) -> tuple[rules.Fault, ...]:
        return (rules.Fault(f"length({rules.quoted(name)}) > {self.most}", f"is longer than {self.most}"),)

    def explained(self) -> str:
        return f"at most {self.most} letters"

    def broken(self, kind: str) -> str:
        return f"longer than {self.most}"


def test_a_kind_of_rule_is_one_class(
    spark, warehouse, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "KINDS", (*rules.KINDS, Short.read))
    shutil.copytree(root / "schemas", tmp_path / "schemas")
    for table, column in (("source/reviews", "item_id"), ("reviews/clean", "item_id")):
        path = tmp_path / "schemas" / f"{table}.yaml"
        text = path.read_text(encoding="utf-8")
        named = f"        name: {column}\n"
        assert text.count(named) == 1
        path.write_text(
            text.replace(named, f"{named}        logicalTypeOptions: {{maxLength: 3}}\n"), encoding="utf-8"
        )
    contracts = load(tmp_path / "schemas")
    assert index.markdown(contracts).count("at most 3 letters") == 2

    shop = sources.load(a_shop(tmp_path), contracts)
    (tmp_path / "2026-03-02.csv").write_text("id,item\nr1,abc\nr2,abcd\n")
    read = sources.read(spark, shop, contracts, "reviews", DAY, tmp_path)
    assert rows(read, "review_id", "reject_reason", "reject_detail") == [
        ("r1", None, None), ("r2", "wrong_form", "item_id: 'abcd' is longer than 3")
    ]  # fmt: skip

    items = contracts.tables["reviews.clean"]
    frame = spark.createDataFrame([("r2", "abcd")], "review_id string, item_id string").withColumns(
        {c.name: F.lit(None).cast(c.type) for c in items.columns if c.name not in {"review_id", "item_id"}}
    )
    with pytest.raises(
        AuditError, match=r"item_id is longer than 3 in 1 row; e\.g\. review_id=r2, item_id=abcd"
    ):
        Warehouse(spark, contracts).publish(items, frame.withColumn("day", F.lit(DAY)), RUN)
