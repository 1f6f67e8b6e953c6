"""The shop's DAGs, looked at from outside: a process of its own imports it and tells what it found."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
KEY = "the key of the pseudonyms"


def look(folder: Path, dag: str, variables: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Import ``dags/shop.py`` in a fresh process; its state, if any, goes into ``folder``.

    Java is a script there that leaves a mark when somebody starts it.
    """
    java = folder / "java" / "bin" / "java"
    java.parent.mkdir(parents=True, exist_ok=True)
    java.write_text(f'#!/bin/sh\ntouch "{folder}/java-was-started"\nexit 1\n')
    java.chmod(0o755)
    environment = {
        **{
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AIRFLOW", "NIGHTMARKET"))
        },
        "NIGHTMARKET_PROJECT": str(ROOT),
        "NIGHTMARKET_HOME": str(folder / "home"),
        "AIRFLOW_HOME": str(folder / "airflow"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW_CONN_SPARK_DEFAULT": '{"conn_type": "spark", "host": "local[2]"}',
        # Where it is set no task asks Airflow for it, which has no database here.
        "NIGHTMARKET_PSEUDONYM_KEY": KEY,
        "JAVA_HOME": str(java.parents[1]),
        "PATH": f"{java.parent}{os.pathsep}{os.environ['PATH']}",
        **(variables or {}),
    }
    script = Path(__file__).with_name("told_by_the_dag.py")
    done = subprocess.run(
        [sys.executable, script, ROOT / "dags" / "shop.py", dag, folder / "told.json"],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told: dict[str, Any] = json.loads((folder / "told.json").read_text())
    told["java_was_started"] = (folder / "java-was-started").exists()
    return told


@pytest.fixture(scope="session", params=["nightly", "weekly"])
def dag_id(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory, dag_id: str) -> dict[str, Any]:
    """What ``told_by_the_dag.py`` says of a DAG of this checkout, for the demo shop."""
    return look(tmp_path_factory.mktemp("dag"), dag_id)
