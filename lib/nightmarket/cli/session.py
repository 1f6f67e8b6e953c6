"""The warehouse as the commands open it."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nightmarket.warehouse import Warehouse


def opened() -> "Warehouse":
    """The warehouse of this project, in an embedded session or as the caller's SPARK_CONF_DIR says.

    Raises:
        NightMarketError: a contract is wrong, or there is no Java or no Iceberg.
    """
    from nightmarket import contracts, project

    known = contracts.load(project.root() / "schemas")
    embed()
    from nightmarket.spark import session
    from nightmarket.warehouse import Warehouse

    return Warehouse(session("nightmarket"), known)


def embed() -> None:
    """Give this process the environment in which pyspark finds its Java, its catalog and its Python.

    Raises:
        NightMarketError: there is no Java or no Iceberg, or a configuration of the caller's names no master.
    """
    from nightmarket import project
    from nightmarket.errors import NightMarketError
    from nightmarket.spark import embedded

    os.environ.update(embedded.environment(project.home()))
    if embedded.master() is None and "--master" not in os.environ.get("PYSPARK_SUBMIT_ARGS", ""):
        raise NightMarketError(
            f"the spark-defaults.conf of {os.environ['SPARK_CONF_DIR']} names no spark.master, and Spark "
            "would take this machine for the cluster; write it there."
        )
