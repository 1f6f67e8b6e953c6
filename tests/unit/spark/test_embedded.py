"""The configuration written for one machine."""

from pathlib import Path

import pytest

from nightmarket.spark import embedded


def options(home: Path) -> str:
    lines = (embedded.configure(home) / "spark-defaults.conf").read_text(encoding="utf-8").splitlines()
    return next(line for line in lines if line.startswith("spark.driver.extraJavaOptions "))


def test_java_gets_a_collector_unless_the_environment_names_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARK_SUBMIT_OPTS", "-Xss4m")
    assert "-XX:+UseParallelGC" in options(tmp_path)
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-Xms1g -XX:+UseG1GC")
    assert "GC" not in options(tmp_path)
