"""The house rules that a machine can check: imports, lint, types, names, places."""

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BAD_ROOMS = re.compile(r"(utils?|common|helpers?|misc|manager|base)(\.py)?")
DOMAINS = "lib/nightmarket/domains/*"
MAY_IMPORT = {
    "jobs/*": {"pyspark", "numpy", "pandas", "pyarrow", "scipy", "nightmarket"},
    "dags": {"airflow", "application", "nightmarket"},
    DOMAINS: {"numpy", "scipy", "sklearn", "implicit", "threadpoolctl", "nightmarket"},
    f"{DOMAINS}/frames": {"pyspark", "numpy", "pandas", "crawleruseragents", "nightmarket"},
}
JOB_ROOMS = {"plan", "spark", "text", "models", "domains", "errors"}
DAG_ROOMS = {
    "plan", "contracts", "sources", "project", "errors", "visible", "upkeep",
    "spark.embedded", "runner.announcement",
}  # fmt: skip
"""Of Spark's room only the place that reads its configuration, which starts none; of the runner's only what
it says of its tables."""
PURE_ROOMS = {"domains", "text", "evaluation", "errors"}


def tracked(root: Path) -> list[Path]:
    """Files of the project: what git tracks or would track."""
    listed = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-co", "--exclude-standard"],
        capture_output=True,
        text=True,
        check=True,
    )
    return [root / line for line in listed.stdout.splitlines() if (root / line).is_file()]


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["mypy"],
        ["lint-imports"],
    ],
    ids=lambda command: " ".join(command),
)
def test_tools_find_nothing(root: Path, command: list[str]) -> None:
    program = shutil.which(command[0], path=str(Path(sys.executable).parent))
    assert program, f"{command[0]} is not installed beside {sys.executable}"
    answer = subprocess.run([program, *command[1:]], cwd=root, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_top_level_holds_the_agreed_entries(root: Path) -> None:
    agreed = {"pyproject.toml", "README.md", "LICENSE", "dags", "jobs", "lib", "schemas", "tests", "infra"}
    found = {path.relative_to(root).parts[0] for path in tracked(root)}
    assert {name for name in found if not name.startswith(".")} == agreed


def test_rooms_are_named_for_their_subject(root: Path) -> None:
    parts = {part for path in tracked(root) for part in path.relative_to(root).parts}
    assert [part for part in sorted(parts) if BAD_ROOMS.fullmatch(part.lower())] == []


@pytest.mark.parametrize(
    ("folder", "rooms"),
    [
        ("jobs/*", JOB_ROOMS),
        ("dags", DAG_ROOMS),
        (DOMAINS, PURE_ROOMS),
        (f"{DOMAINS}/frames", PURE_ROOMS | {"spark"}),
    ],
)
def test_each_imports_what_it_may(root: Path, folder: str, rooms: set[str]) -> None:
    """By name; what comes along with that, import-linter looks through."""
    wrong = []
    paths = sorted(root.glob(f"{folder}/*.py"))
    assert paths
    for path in paths:
        for name in imports(path):
            top, *rest = name.split(".")
            if top in sys.stdlib_module_names:
                continue
            known = not rest or bool(rooms & {rest[0], ".".join(rest[:2])})
            if top not in MAY_IMPORT[folder] or (top == "nightmarket" and not known):
                wrong.append(f"{path.relative_to(root)} imports {name}")
    assert wrong == []


def test_a_job_is_read_in_one_go(root: Path) -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in root.glob("jobs/*/*.py")}
    assert lengths
    assert [f"{path.relative_to(root)}: {lines}" for path, lines in lengths.items() if lines >= 120] == []


def test_jobs_leave_reading_and_writing_to_the_warehouse(root: Path) -> None:
    forbidden = re.compile(
        r"\bspark\.read\b|\.write(To|Stream)?\b|\.saveAsTable\b|\brand(n)?\(|current_date\(|now\("
    )
    wrong = [
        f"{path.relative_to(root)}: {match.group(0)}"
        for path in sorted((root / "jobs").rglob("*.py"))
        for match in forbidden.finditer(path.read_text(encoding="utf-8"))
    ]
    assert wrong == []


def test_nothing_unpickles_or_trusts_remote_code(root: Path) -> None:
    forbidden = re.compile(
        r"\bpickle\.loads?\(|yaml\.load\(|trust_remote_code\s*=\s*True|weights_only\s*=\s*False"
    )
    wrong = [
        f"{path.relative_to(root)}: {match.group(0)}"
        for path in tracked(root)
        if path.suffix == ".py" and path != Path(__file__)
        for match in forbidden.finditer(path.read_text(encoding="utf-8"))
    ]
    assert wrong == []


def test_yaml_of_people_is_read_in_one_place(root: Path) -> None:
    """Everything that :mod:`nightmarket.documents` refuses would come in by a second way."""
    reads = re.compile(r"yaml\.(safe_load|compose|parse|scan|SafeLoader)")
    own = {"lib/nightmarket/documents.py", "lib/nightmarket/demo/words.py"}  # the demo's lists are our own
    found = {
        str(path.relative_to(root))
        for path in tracked(root)
        if path.suffix == ".py" and path.is_relative_to(root / "lib")
        for _ in reads.finditer(path.read_text(encoding="utf-8"))
    }
    assert found == own


def test_every_table_has_one_job_and_every_job_a_test(root: Path, contracts) -> None:
    from nightmarket.plan import Plan, discover

    jobs = discover(root)
    assert set(Plan.of(jobs).tables) == set(contracts.tables)
    untested = [
        t
        for t in jobs
        if not (root / "tests" / "jobs" / t.split(".")[0] / f"test_{t.split('.')[1]}.py").is_file()
    ]
    assert untested == []


def test_jobs_reject_into_the_tables_that_contracts_name(root: Path, contracts) -> None:
    from nightmarket.plan import discover

    named = {
        table: contract.rejects.table for table, contract in contracts.tables.items() if contract.rejects
    }
    assert len(named) == 4
    assert {table: job.rejects for table, job in discover(root).items() if job.rejects} == named


def test_references_are_published_before_they_are_checked(root: Path, contracts) -> None:
    from nightmarket.plan import Plan, discover

    plan = Plan.of(discover(root))
    for table in plan.order:
        for column in contracts.tables[table].columns:
            if column.reference:
                assert table in plan.downstream(column.reference.table), (table, column.reference)
