"""The slow ring: the demo's night on a cluster of this machine, against the same night in one process.

Needs Debian's postgresql and libpostgresql-jdbc-java, and the extra `cluster`.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import polars
import pytest

from nightmarket import contracts

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
DAY = "2026-11-01"
CLUSTER = ROOT / "infra" / "cluster"
OF_THE_RUN = {"ops.metrics": ["run_key", "started_at", "published_at", "seconds", "bytes"]}
"""Columns that tell one run from another."""
NEAR = 1e-5
"""How far apart the floats of a table of the tier ``tolerance`` may be: models compute in other batches."""


def command(*words: str | Path, **variables: str) -> str:
    given = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AIRFLOW", "SPARK_")) and name not in {"NIGHTMARKET_HOME", "NIGHTMARKET_SHOP"}
    }
    done = subprocess.run(
        [str(word) for word in words], env={**given, **variables}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Not under pytest's own, which the database's user may not enter."""
    place = Path(tempfile.mkdtemp(prefix="nightmarket-cluster-"))
    yield place
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture(scope="module")
def tables(folder: Path) -> Iterator[dict[str, str]]:
    """The metadata file of each table that the cluster's night has published."""
    psycopg2 = pytest.importorskip("psycopg2")
    try:
        command(CLUSTER / "start", "--folder", folder, "--day", DAY)
        facts = json.loads((folder / "facts.json").read_text())

        def asked(database: str, query: str) -> list[tuple[str, ...]]:
            connection = psycopg2.connect(
                host="127.0.0.1", port=facts["postgres"], user="nightmarket", password=facts["password"],
                dbname=database,
            )  # fmt: skip
            with closing(connection), connection.cursor() as cursor:
                cursor.execute(query)
                return list(cursor)

        # PostgreSQL is what Airflow worked with, and no database of its own beside it.
        runs = asked("airflow", "select dag_id, run_id, state from dag_run")
        assert runs == [("nightly", f"demo_{DAY}", "success")]
        assert list((folder / "home").rglob("airflow.db")) == []
        tables = asked("iceberg", "select table_namespace, table_name, metadata_location from iceberg_tables")
        yield {f"{domain}.{name}": place.removeprefix("file:") for domain, name, place in tables}
    finally:
        command(CLUSTER / "stop", "--folder", folder)


@pytest.fixture(scope="module")
def embedded(folder: Path) -> dict[str, str]:
    home = folder / "embedded"
    nightmarket = Path(sys.executable).with_name("nightmarket")
    variables = {"NIGHTMARKET_HOME": str(home), "NIGHTMARKET_PROJECT": str(ROOT)}
    for arguments in (["models", "prepare"], ["demo", "write", "--day", DAY], ["night", "--day", DAY]):
        command(nightmarket, *arguments, **variables)
    found = {}
    for hint in (home / "warehouse").glob("*/*/metadata/version-hint.text"):
        table = hint.parents[1]
        found[f"{table.parent.name}.{table.name}"] = str(
            hint.parent / f"v{hint.read_text().strip()}.metadata.json"
        )
    return found


def test_every_table_is_the_embedded_nights_column_by_column(
    tables: dict[str, str], embedded: dict[str, str]
) -> None:
    assert set(tables) == set(embedded)
    assert len(tables) >= 16
    known = contracts.load(ROOT / "schemas").tables
    differing: dict[str, str] = {}
    for name in sorted(tables):
        rows, expected = (
            polars.scan_iceberg(place).drop(OF_THE_RUN.get(name, [])).collect()
            for place in (tables[name], embedded[name])
        )
        # A claim is a table of no contract.
        named = known[name].keys if name in known else ()
        keys = [key for key in named if key in rows.columns] or rows.columns
        near = NEAR if name in known and known[name].determinism == "tolerance" else 0.0
        for column in rows.columns:
            ours, theirs = (frame.sort(keys)[column].to_list() for frame in (rows, expected))
            if not same(ours, theirs, near):
                differing[f"{name}.{column}"] = apart(ours, theirs)
    assert differing == {}


def same(ours: list[Any], theirs: list[Any], near: float) -> bool:
    """Whether two columns say the same: floats and lists of them within ``near``, all else to the letter."""
    if len(ours) != len(theirs):
        return False
    for one, other in zip(ours, theirs, strict=True):
        first = one[0] if isinstance(one, list) and one else one
        if near and other is not None and isinstance(first, float):
            if np.shape(one) != np.shape(other) or not np.allclose(one, other, rtol=0, atol=near):
                return False
        elif one != other:
            return False
    return True


def apart(ours: list[Any], theirs: list[Any]) -> str:
    """How many rows differ and, of numbers, by how much at most."""
    rows = [pair for pair in zip(ours, theirs, strict=False) if pair[0] != pair[1]]
    said = f"{len(rows)} of {len(theirs)} rows, {len(ours)} here"
    try:
        return f"{said}, by at most {max(float(np.abs(np.subtract(*pair)).max()) for pair in rows)}"
    except (TypeError, ValueError):
        return said


def test_nothing_is_left_when_it_is_stopped(folder: Path, tables: dict[str, str]) -> None:
    # After the comparison: pytest runs a file from top to bottom.
    command(CLUSTER / "stop", "--folder", folder)
    mark = f"NIGHTMARKET_CLUSTER={folder.resolve()}".encode()
    left = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            # Airflow's servers give themselves titles, which lie where their environment was.
            here = (place / "cwd").readlink().is_relative_to(folder.resolve())
            if here or mark in (place / "environ").read_bytes().split(b"\0"):
                left.append((place / "cmdline").read_bytes())
        except OSError:
            continue
    assert left == []
    assert list((folder / "pids").iterdir()) == []
