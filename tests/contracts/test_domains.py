"""The rooms of the domains: a new one comes under the rules by itself, and what they forbid is refused."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DOMAINS = "lib/nightmarket/domains"
PURE = "from nightmarket.errors import PlanError\nfrom nightmarket.text import normalise\n"
FRAMES = (
    f"from pyspark.sql import DataFrame\nimport pandas\nfrom nightmarket.domains.orders import lines\n{PURE}"
)


@pytest.fixture
def project(root: Path, tmp_path: Path) -> Path:
    """A copy of the project with one more domain, ``orders``: a pure module, and one of Spark frames."""
    shutil.copy(root / "pyproject.toml", tmp_path)
    shutil.copytree(root / "lib", tmp_path / "lib", ignore=shutil.ignore_patterns("__pycache__"))
    orders = tmp_path / DOMAINS / "orders"
    (orders / "frames").mkdir(parents=True)
    for name, text in {
        "__init__.py": "",
        "lines.py": PURE,
        "frames/__init__.py": "",
        "frames/baskets.py": FRAMES,
    }.items():
        (orders / name).write_text(text, encoding="utf-8")
    return tmp_path


def refusals(project: Path) -> list[str]:
    """What lint-imports says is not allowed; each as ``importer imports imported``."""
    program = Path(sys.executable).with_name("lint-imports")
    answer = subprocess.run(
        [program, "--no-cache"],
        cwd=project,
        env={"PYTHONPATH": str(project / "lib"), "COLUMNS": "500"},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = answer.stdout.splitlines()
    refused = [line.strip().rstrip(":") for line in lines if " is not allowed to import " in line]
    assert (answer.returncode == 0) == (not refused), answer.stdout + answer.stderr
    return refused


def test_a_new_domain_needs_no_new_rule(project: Path) -> None:
    assert refusals(project) == []


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        ("lines", "pyspark"),
        ("lines", "pandas"),
        ("lines", "torch"),
        ("lines", "nightmarket.spark.rejects"),
        ("lines", "nightmarket.models.registry"),
        ("lines", "nightmarket.warehouse.tables"),
        ("lines", "nightmarket.contracts"),
        ("lines", "nightmarket.sources.mapping"),
        ("lines", "nightmarket.plan"),
        ("lines", "nightmarket.domains.orders.frames.baskets"),
        ("lines", "nightmarket.domains.catalogue.listings"),
        ("frames/baskets", "torch"),
        ("frames/baskets", "nightmarket.models"),
        ("frames/baskets", "nightmarket.warehouse.tables"),
        ("frames/baskets", "nightmarket.contracts"),
        ("frames/baskets", "nightmarket.plan"),
        ("frames/baskets", "nightmarket.domains.behaviour.frames.bots"),
    ],
)
def test_what_a_domain_may_not_know_is_refused(project: Path, module: str, forbidden: str) -> None:
    path = project / DOMAINS / "orders" / f"{module}.py"
    path.write_text(f"{path.read_text(encoding='utf-8')}import {forbidden}\n", encoding="utf-8")
    said = refusals(project)
    assert any(line.startswith("nightmarket.domains.orders") for line in said), said


def test_a_folder_of_a_domain_holds_modules_frames_and_sections_only(root: Path) -> None:
    """The rules go by the depth of a module: in a folder of another name it would come under none."""
    folders = [
        path
        for path in (root / DOMAINS).glob("*/**/*")
        if path.is_dir() and any(path.rglob("*.py")) and path.name != "__pycache__"
    ]
    names = {str(path.relative_to(root / DOMAINS).as_posix()).partition("/")[2] for path in folders}
    assert names <= {"frames", "sections"}


def test_domains_are_those_of_the_tables(root: Path) -> None:
    of_code = {path.parent.name for path in (root / DOMAINS).glob("*/__init__.py")}
    of_tables = {path.parent.name for path in (root / "jobs").glob("*/*.py")}
    assert of_code <= of_tables
