"""A whole night under Airflow on this machine, watched task by task.

Airflow itself runs the ``nightly`` DAG, in its own process group and with its own SQLite metadata under
``$NIGHTMARKET_HOME/airflow``; we read its states while it works. The states come from the metadata, which
Airflow keeps exact; only the words beside them (what a job said last) come from the log.
"""

from nightmarket.night.embedded_airflow import call, environment
from nightmarket.night.watched import INTERRUPTED, run, run_range

__all__ = ["INTERRUPTED", "call", "environment", "run", "run_range"]
