"""``nightmarket new``: what it writes is found, parsed and planned at once, and its test fails."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nightmarket import cli, contracts, scaffold
from nightmarket.errors import PlanError
from nightmarket.plan import Plan, discover

TABLE = "pricing.elasticity_7d"


@pytest.fixture
def checkout(root: Path, tmp_path: Path, monkeypatch) -> Path:
    """A project of its own with our contracts and no jobs but the one that writes the catalogue."""
    shutil.copytree(root / "schemas", tmp_path / "schemas")
    (tmp_path / "jobs" / "catalogue").mkdir(parents=True)
    (tmp_path / "jobs" / "catalogue" / "items.py").write_text(
        "from nightmarket.plan import job, source\n\n\n"
        "@job(writes='catalogue.items', items=source('items'))\ndef build(items):\n    return items\n"
    )
    (tmp_path / "tests").mkdir()
    monkeypatch.setenv("NIGHTMARKET_PROJECT", str(tmp_path))
    return tmp_path


def test_the_new_table_is_a_table_like_any_other(checkout: Path, capsys):
    assert cli.main(["new", TABLE]) == 0
    said = capsys.readouterr().out
    assert said.index("wrote schemas/pricing/elasticity_7d.yaml") < said.index(
        "wrote jobs/pricing/elasticity_7d.py"
    )
    assert "wrote tests/jobs/pricing/test_elasticity_7d.py" in said
    assert [line[:5] for line in said.splitlines()[-3:]] == ["  1. ", "  2. ", "  3. "]

    promised = contracts.load(checkout / "schemas").tables[TABLE]
    assert promised.title == "Elasticity 7d"
    assert promised.keys == ("item_id", "day")
    assert promised.partition == "day"
    plan = Plan.of(discover(checkout), {"items"})
    assert plan.order == ("catalogue.items", TABLE)


def test_its_job_and_test_are_clean_python(checkout: Path, root: Path):
    made = scaffold.write(checkout, TABLE)
    for path in (made.job, made.test):
        compile(path.read_text(), str(path), "exec")
    ruff = [sys.executable, "-m", "ruff"]
    settings = ["--config", str(root / "pyproject.toml"), "--no-cache", str(made.job), str(made.test)]
    linted = subprocess.run([*ruff, "check", *settings], capture_output=True, text=True, check=False)
    assert linted.returncode == 0, linted.stdout
    formatted = subprocess.run(
        [*ruff, "format", "--check", *settings], capture_output=True, text=True, check=False
    )
    assert formatted.returncode == 0, formatted.stdout


STANDING_IN = """
from types import SimpleNamespace

import pytest


@pytest.fixture
def spark():
    return SimpleNamespace(createDataFrame=lambda rows, ddl: SimpleNamespace(rows=rows, ddl=ddl))


@pytest.fixture
def contracts():
    from pathlib import Path

    from nightmarket import contracts

    return contracts.load(Path(__file__).parents[1] / "schemas")


@pytest.fixture
def job():
    {job}
"""
UNTOUCHED = """
    from pathlib import Path

    from nightmarket.plan import discover

    return lambda table: discover(Path(__file__).parents[1])[table]
"""
BUILT = """
    return lambda table: SimpleNamespace(build=lambda items: SimpleNamespace(columns=["item_id", "value"]))
"""


@pytest.mark.parametrize(
    ("job", "why"),
    [(UNTOUCHED, "NotImplementedError"), (BUILT, "which rows should come of them")],
    ids=["nothing done", "job written, test not"],
)
def test_its_test_fails_until_its_author_has_written_it(checkout: Path, job: str, why: str):
    made = scaffold.write(checkout, TABLE)
    (checkout / "tests" / "conftest.py").write_text(STANDING_IN.replace("    {job}\n", job))
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(made.test)],
        cwd=checkout, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 1, run.stdout + run.stderr
    assert "1 failed" in run.stdout
    assert why in run.stdout


@pytest.mark.parametrize(
    "name",
    ["elasticity", "a.b.c", "Pricing.x", "pricing.", ".x", "pricing.7d", "pricing.a-b", "pricing.a__b",
     "pricing.a_", "../etc.passwd", "pricing.class", "source.prices", "价格.弹性", "pricing.x y", ""],
)  # fmt: skip
def test_a_name_that_cannot_be_a_table_writes_nothing(checkout: Path, name: str, capsys):
    before = sorted(checkout.rglob("*"))
    assert cli.main(["new", name]) == 1
    assert capsys.readouterr().err.startswith("error: ")
    assert sorted(checkout.rglob("*")) == before


@pytest.mark.parametrize("part", ["contract", "job", "test"])
def test_nothing_is_overwritten_and_nothing_half_written(checkout: Path, part: str):
    made = scaffold.write(checkout, TABLE)
    there = getattr(made, part)
    for path in (made.contract, made.job, made.test):
        path.unlink()
    there.write_text("mine")
    with pytest.raises(PlanError, match="already"):
        scaffold.write(checkout, TABLE)
    assert there.read_text() == "mine"
    assert [p for p in (made.contract, made.job, made.test) if p.exists()] == [there]
