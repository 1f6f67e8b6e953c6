"""Which catalogs need a lock, and that the lock outlives nobody."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import Event, Thread
from types import SimpleNamespace

import pytest

from nightmarket.warehouse.lock import lock_folder, locked

HOLDER = """
import sys, time
from pathlib import Path
from nightmarket.warehouse.lock import locked
with locked(Path(sys.argv[1]), "stall.items"):
    print("held", flush=True)
    time.sleep(600)
"""


def session(**settings: str) -> SimpleNamespace:
    """As much of a Spark session as has a configuration."""
    known = {f"spark.sql.catalog.c.{key.replace('_', '-')}": value for key, value in settings.items()}
    known["spark.hadoop.fs.defaultFS"] = settings.get("fs", "file:///")
    return SimpleNamespace(conf=SimpleNamespace(get=lambda key, default=None: known.get(key, default)))


@pytest.mark.parametrize(
    ("settings", "folder"),
    [
        ({"type": "hadoop", "warehouse": "/data/night market"}, "/data/night market"),
        ({"type": "hadoop", "warehouse": "file:///data/a%20b"}, "/data/a%20b"),
        ({"type": "hadoop", "warehouse": "file:/data"}, "/data"),
        ({"catalog_impl": "org.apache.iceberg.hadoop.HadoopCatalog", "warehouse": "/data"}, "/data"),
        ({"type": "hadoop", "warehouse": "/data", "fs": "hdfs://cluster"}, None),
        ({"type": "hadoop", "warehouse": "s3a://bucket/data"}, None),
        ({"type": "rest", "warehouse": "/data"}, None),
        ({"type": "jdbc", "warehouse": "file:///data"}, None),
    ],
)
def test_only_a_hadoop_catalog_on_a_local_disk_is_locked(settings, folder):
    assert lock_folder(session(**settings), "c") == (Path(folder) if folder else None)


def test_a_lock_waits_for_its_holder_and_is_free_once_that_is_killed(tmp_path):
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, tmp_path], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        taken = Event()

        def take() -> None:
            with locked(tmp_path, "stall.items"):
                taken.set()

        with locked(tmp_path, "stall.sales"):
            pass  # another table's lock is free
        waiting = Thread(target=take, daemon=True)
        waiting.start()
        assert not taken.wait(0.3)
        os.kill(holder.pid, signal.SIGKILL)
        assert taken.wait(30)
        waiting.join()
    finally:
        holder.kill()
        holder.communicate()


def test_without_folder_nothing_is_locked_or_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with locked(None, "stall.items"), locked(None, "stall.items"):
        assert list(tmp_path.iterdir()) == []
