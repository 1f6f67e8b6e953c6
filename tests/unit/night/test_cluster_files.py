"""infra/cluster: what its descriptions of one cluster say is the same, and none of them says a secret."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from nightmarket.spark import embedded

CLUSTER = Path(__file__).parents[3] / "infra" / "cluster"
OF_THE_PLACE = {
    "spark.master", "spark.jars", "spark.sql.catalog.shop.uri", "spark.sql.catalog.shop.warehouse",
    "spark.pyspark.python", "spark.pyspark.driver.python", "spark.driver.host", "spark.driver.bindAddress",
}  # fmt: skip
"""Settings that name machines and folders, which containers have others of."""


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((CLUSTER / "compose.yaml").read_text())
    return found


@pytest.fixture(scope="module")
def kubernetes() -> dict[tuple[str, str], dict[str, Any]]:
    documents = [
        document
        for path in sorted((CLUSTER / "kubernetes").glob("*.yaml"))
        for document in yaml.safe_load_all(path.read_text())
    ]
    found = {(document["kind"], document["metadata"]["name"]): document for document in documents}
    assert len(found) == len(documents), "two things of one name"
    return found


def settings(text: str, folder: Path) -> dict[str, str]:
    path = folder / "spark-defaults.conf"
    path.write_text(text)
    return embedded.settings(path)


def test_spark_is_set_alike(compose, kubernetes, tmp_path: Path) -> None:
    ours = settings((CLUSTER / "spark-defaults.conf").read_text().replace("{partitions}", "4"), tmp_path)
    composed = settings(compose["configs"]["spark"]["content"], tmp_path)
    in_pods = settings(kubernetes["ConfigMap", "spark"]["data"]["spark-defaults.conf"], tmp_path)
    assert composed == in_pods
    assert set(composed) == set(ours)
    assert {name for name in ours if ours[name] != composed[name]} == OF_THE_PLACE


def test_the_environment_is_set_alike(compose, kubernetes) -> None:
    composed = dict(compose["services"]["scheduler"]["environment"])
    in_pods = dict(kubernetes["ConfigMap", "nightmarket"]["data"])
    secret = {name for name in composed if name not in in_pods}
    assert secret == {"AIRFLOW__API_AUTH__JWT_SECRET", "AIRFLOW__API__SECRET_KEY"}
    differing = {name for name in in_pods if in_pods[name] != composed[name]}
    # A secret's folder, and a shop that may be named when it is started.
    assert differing == {"PGPASSFILE", "NIGHTMARKET_SHOP"}


def test_every_part_runs_the_same_command(compose, kubernetes) -> None:
    hosts = {"--host master": "--host 0.0.0.0"}
    for name in ("master", "worker", "api-server", "dag-processor", "scheduler"):
        pod = kubernetes["Deployment", name]["spec"]["template"]["spec"]
        command = compose["services"][name]["command"]
        for ours, theirs in hosts.items():
            command = command.replace(ours, theirs)
        assert " ".join(pod["containers"][0]["command"]) == command
        assert pod["containers"][0]["image"] == compose["services"][name]["image"] == "nightmarket"
    (prepare,) = kubernetes["Deployment", "api-server"]["spec"]["template"]["spec"]["initContainers"]
    assert f'sh -c "{prepare["command"][2]}"' == compose["services"]["prepare"]["command"]
    database = kubernetes["StatefulSet", "postgres"]["spec"]["template"]["spec"]["containers"][0]
    assert database["image"] == compose["services"]["postgres"]["image"]
    assert (
        kubernetes["ConfigMap", "databases"]["data"]["databases.sql"]
        == (compose["configs"]["databases"]["content"])
    )


def test_ports_are_those_that_are_asked_for(compose, kubernetes) -> None:
    ports = {
        name: kubernetes["Service", name]["spec"]["ports"][0]["port"]
        for name in ("postgres", "master", "api-server")
    }
    assert ports == {"postgres": 5432, "master": 7077, "api-server": 8080}
    text = (CLUSTER / "compose.yaml").read_text()
    for name, port in ports.items():
        asked = re.findall(rf"{name}:(\d{{4,5}})\b", text)
        assert set(asked) == {str(port)}, name
    assert compose["services"]["api-server"]["ports"] == ["127.0.0.1:8080:8080"], "for this machine alone"


def test_secrets_come_from_outside() -> None:
    for path in [
        *CLUSTER.glob("*.yaml"),
        *CLUSTER.glob("kubernetes/*.yaml"),
        CLUSTER / "spark-defaults.conf",
    ]:
        for line in path.read_text().splitlines():
            if line.lstrip().startswith("#") or not re.search(r"(?i)password|secret_key|jwt", line):
                continue
            assert "${NIGHTMARKET_" in line or "secretKeyRef" in line, f"{path.name}: {line}"


def test_the_image_has_what_is_pinned() -> None:
    text = (CLUSTER / "Dockerfile").read_text()
    assert "--constraint infra/constraints.txt torch==2.13.0" in text
    assert "python:3.11" in text
    pins = (CLUSTER.parent / "constraints.txt").read_text().splitlines()
    assert {pin.split("==")[0] for pin in pins} >= {"asyncpg", "psycopg2-binary", "pyspark", "apache-airflow"}


def test_what_has_to_be_installed_is_said_by_name(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(str(CLUSTER))
    import loopback
    import postgres
    import processes

    monkeypatch.setattr(postgres, "programs", lambda: None)
    monkeypatch.setattr(postgres, "JDBC", tmp_path / "none.jar")
    cluster = loopback.Cluster(tmp_path / "cluster")
    with pytest.raises(processes.Refused) as refused:
        cluster.start(print)
    assert "apt-get install postgresql;" in str(refused.value)
    assert "apt-get install libpostgresql-jdbc-java" in str(refused.value)
    assert not (tmp_path / "cluster").exists(), "and nothing is made"
