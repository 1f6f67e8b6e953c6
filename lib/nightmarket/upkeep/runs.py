"""runs: what Airflow remembers of runs older than the shop's ``logs`` days (90), by ``airflow db clean``.

Only this machine's own Airflow, whose metadata lie under the home; of an Airflow of the shop's own its
operators decide. The newest run of each DAG stays, for the next is scheduled from it.
"""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from urllib.parse import quote

from nightmarket.upkeep.operation import Due, Site

AFTER: tuple[str, ...] = ()


def plan(site: Site) -> list[Due]:
    from nightmarket.night import embedded_airflow

    database = embedded_airflow.database(site.home)
    if not database.is_file():
        return []
    query = (
        "select count(*) from dag_run r where start_date < ? and exists "
        "(select 1 from dag_run newer where newer.dag_id = r.dag_id and newer.start_date > r.start_date)"
    )
    try:
        with closing(sqlite3.connect(f"file:{quote(str(database))}?mode=ro", uri=True, timeout=30)) as db:
            (count,) = db.execute(query, (f"{_before(site):%Y-%m-%d %H:%M:%S.%f}",)).fetchone()
    except sqlite3.OperationalError as error:
        if "no such table" not in str(error):
            raise
        return []  # nobody has prepared it yet
    return [Due(str(database), f"runs older than {site.shop.ages.logs} days", count)] if count else []


def apply(site: Site, due: Due) -> None:
    from nightmarket.night import embedded_airflow

    embedded_airflow.clean(site.home, _before(site))


def _before(site: Site) -> datetime:
    return site.ago(site.shop.ages.logs).astimezone(UTC)
