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

    promised = contracts.load(project.root() / "schemas")
    embed()
    from nightmarket.spark import session
    from nightmarket.warehouse import Warehouse

    return Warehouse(session("nightmarket"), promised)


def embed() -> None:
    """Give this process the environment in which pyspark finds its Java, its catalog and its Python."""
    from nightmarket import project
    from nightmarket.spark import embedded

    os.environ.update(embedded.environment(project.home()))
