"""Airflow parses the DAG file again and again: that must be cheap and start nothing."""

from typing import Any


def test_importing_the_dag_takes_under_three_seconds_beyond_airflow(told: dict[str, Any]) -> None:
    """In the processor's seconds: neighbours on a busy machine are not what is tested here."""
    assert told["import"]["seconds"] < 3


def test_importing_the_dag_starts_no_java_and_no_process(told: dict[str, Any]) -> None:
    assert told["java_was_started"] is False
    assert told["import"]["children"] == []


def test_importing_the_dag_loads_no_model_library(told: dict[str, Any]) -> None:
    heavy = {"torch", "transformers", "sklearn", "implicit", "matplotlib", "openvino", "lingua"}
    assert heavy.isdisjoint(told["import"]["loaded"])


def test_the_dag_fits_airflows_metadata(told: dict[str, Any]) -> None:
    """Airflow keeps the serialised DAG as one value; far below a megabyte it is quick to load."""
    assert told["dag"]["serialised"] < 500_000
