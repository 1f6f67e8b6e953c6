"""The slow ring: whose tables a catalog holds, where it lies in PostgreSQL and no folder's lock helps.

Needs Debian's postgresql and libpostgresql-jdbc-java, and the extra `cluster`.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nightmarket.spark import embedded

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
CLUSTER = ROOT / "infra" / "cluster"
PASSWORD = "of-a-test"


@pytest.fixture
def found() -> Iterator[dict[str, Any]]:
    """What tests/claims.py says, on an empty catalog."""
    pytest.importorskip("psycopg2")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(CLUSTER))
        import postgres
        from processes import Processes
    # Not under pytest's own, which the database's user may not enter.
    folder = Path(tempfile.mkdtemp(prefix="nightmarket-claims-"))
    processes = Processes(folder)
    processes.prepare()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    database = postgres.Postgres(processes, port, PASSWORD)
    (folder / "log4j2.properties").write_text(embedded.LOGGING)
    (folder / "spark-defaults.conf").write_text(
        (CLUSTER / "spark-defaults.conf").read_text().format(
            master="local[2]",
            jars=f"{embedded.iceberg_jar().as_uri()},{postgres.JDBC.as_uri()}",
            catalog=f"jdbc:postgresql://{database.address('iceberg')}",
            warehouse=(folder / "warehouse").as_uri(),
            python=sys.executable, driver_python=sys.executable,
            driver_host="127.0.0.1", driver_bind="127.0.0.1", partitions=2,
        )
    )  # fmt: skip
    try:
        database.start()
        done = subprocess.run(
            [sys.executable, ROOT / "tests" / "claims.py", port, PASSWORD],
            env={
                **os.environ,
                "NIGHTMARKET_PROJECT": str(ROOT),
                "PGPASSFILE": str(processes.passwords),
                "SPARK_CONF_DIR": str(folder),
                "SPARK_HOME": str(embedded.spark_home()),
                "SPARK_LOCAL_IP": "127.0.0.1",
                "JAVA_HOME": str(embedded.java_home()),
            },
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-8000:]
        yield json.loads(done.stdout.splitlines()[-1])
    finally:
        processes.end([], ["postgres"])
        shutil.rmtree(folder, ignore_errors=True)


def test_of_first_nights_at_once_one_wins_and_all_read_which(found: dict[str, Any]) -> None:
    assert found["raced"] == "mine", "another made the namespace first, and the night went on"
    assert len(set(found["read"])) == 1
    assert found["read"][0] in {f"shop {n}" for n in range(8)}
    same, another, none = found["told"]
    assert same == ""
    assert "were made with another pseudonym key" in another
    assert "were made with a pseudonym key" in none
