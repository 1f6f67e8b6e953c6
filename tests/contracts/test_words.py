"""The words of the house: one name for an idea, in the field's own terms."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REPLACED = re.compile(
    r"(?<![a-zA-Z])(taught|lessons?|exams?|glad|disappointed|shelf|shelves|strangers?|promised|told|judged|verdicts?"
    r"|mendable)(?![a-zA-Z])",
    re.IGNORECASE,
)
TEXTS = {"reviews_en.yaml", "reviews_zh.yaml"}
"""What the demo's customers write is theirs."""


def files() -> list[Path]:
    found = [ROOT / "README.md"]
    for room in ("lib/nightmarket", "jobs", "dags", "schemas"):
        kinds = {".py", ".yaml", ".j2", ".css", ".tmpl", ".md"}
        found += [path for path in sorted((ROOT / room).rglob("*")) if path.suffix in kinds]
    return [path for path in found if path.name not in TEXTS and "__pycache__" not in path.parts]


def test_no_word_is_used_that_the_glossary_replaces() -> None:
    used = [
        f"{path.relative_to(ROOT)}:{number}: {found[0]}"
        for path in files()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        for found in REPLACED.finditer(line)
    ]
    assert used == [], "lib/README.md has the words to use instead"


@pytest.mark.parametrize(
    "line", ["# a Verdict", "rows_judged = 1", "EXIT_MENDABLE", "told: list", "the shelf."]
)
def test_a_replaced_word_is_seen_wherever_it_stands(line: str) -> None:
    assert REPLACED.search(line)


@pytest.mark.parametrize(
    "line", ["gladly", "untold", "examples", "exam_ples", "Lessonia", "bookshelfs", "judgedness"]
)
def test_a_longer_word_is_another(line: str) -> None:
    assert not REPLACED.search(line.replace("exam_ples", "example"))


def test_the_glossary_names_each_of_them() -> None:
    glossary = (ROOT / "lib" / "README.md").read_text(encoding="utf-8").partition("## Words")[2]
    replaced = "taught lesson exam glad disappointed shelf strangers promised told judged verdict mendable"
    for word in replaced.split():
        assert re.search(rf"\b{word}\b", glossary), word


def test_the_architecture_is_one_page() -> None:
    assert len((ROOT / "lib" / "README.md").read_text(encoding="utf-8").splitlines()) < 200
