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


@pytest.mark.parametrize(
    ("text", "master"),
    [
        ("spark.master spark://host:7077\n", "spark://host:7077"),
        ("  spark.master = spark://host:7077\n", "spark://host:7077"),
        ("spark.master:yarn\n", "yarn"),
        ("spark.master a\nspark.master b\n", "b"),
        ("# spark.master local[*]\nspark.app.name spark.master\n", None),
        ("", None),
    ],
)
def test_the_master_is_the_one_that_the_configuration_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, master: str | None
) -> None:
    (tmp_path / "spark-defaults.conf").write_text(text)
    monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path))
    assert embedded.master() == master


def test_a_configuration_of_ones_own_gives_its_python_to_a_driver_that_starts_spark_itself(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "spark-defaults.conf").write_text("spark.pyspark.python /opt/python\n")
    monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path))
    assert embedded.environment(tmp_path)["PYSPARK_PYTHON"] == "/opt/python"
    (tmp_path / "spark-defaults.conf").write_text("spark.master yarn\n")
    assert "PYSPARK_PYTHON" not in embedded.environment(tmp_path)


def test_embedded_spark_is_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SPARK_CONF_DIR", str(embedded.configure(tmp_path)))
    assert not embedded.own_configuration()
    assert embedded.master() == "local[*]"
