"""GPUs are leased from Spark, in a small cluster of its own whose devices are pretended."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("on_gpus.py")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, spark) -> dict:
    """``spark`` only for the environment that it has set."""
    place = tmp_path_factory.mktemp("gpus")
    discovery = place / "discover"
    discovery.write_text('#!/bin/sh\necho \'{"name": "gpu", "addresses": ["0", "1"]}\'\n')
    discovery.chmod(0o755)
    settings = {
        "spark.worker.resource.gpu.amount": 2,
        "spark.worker.resource.gpu.discoveryScript": discovery,
        "spark.executor.resource.gpu.amount": 2,
        "spark.executor.resource.gpu.discoveryScript": discovery,
        "spark.task.resource.gpu.amount": 1,
        "spark.executor.memory": "512m",
        "spark.executor.cores": 4,
        "spark.local.dir": place,
        "spark.ui.enabled": "false",
    }
    arguments = [part for name, value in settings.items() for part in ("--conf", f"{name}={value}")]
    environment = {
        **os.environ,
        "PYSPARK_SUBMIT_ARGS": " ".join(["--master local-cluster[1,4,1024]", *arguments, "pyspark-shell"]),
    }
    answer = subprocess.run(
        [sys.executable, SCRIPT], env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert answer.returncode == 0, answer.stderr[-3000:]
    found: dict = json.loads(answer.stdout)
    return found


def test_as_many_workers_as_gpus_each_with_its_own(told: dict) -> None:
    assert told["gpus"] == 2
    assert len({place for place, *_ in told["given"]}) == 2
    assert {device for _, device, *_ in told["given"]} == {0, 1}


def test_no_gpu_is_two_workers_at_once(told: dict) -> None:
    tasks = {place: (device, began, ended) for place, device, began, ended in told["more"]}
    assert len(tasks) == 8
    for place, (device, began, ended) in tasks.items():
        for other, (same, start, end) in tasks.items():
            if other != place and same == device:
                assert end <= began + 0.01 or ended <= start + 0.01, (place, other)
