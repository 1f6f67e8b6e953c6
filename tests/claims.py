"""First nights at once on one catalog, as the Spark configuration of the environment names it; run by
tests/night.

    python claims.py PORT PASSWORD

PORT and PASSWORD are of the PostgreSQL that the catalog is in. Says as JSON what each night read, what the
one read whose namespace another was just making, and what a night with another key is told.
"""

import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg2

from nightmarket import contracts, project, run
from nightmarket.errors import PlanError
from nightmarket.spark import session
from nightmarket.warehouse import Warehouse

NIGHTS = 8


def main() -> None:
    out = os.fdopen(os.dup(1), "w")
    known = contracts.load(project.root() / "schemas")
    spark = session("claims")
    nights = [Warehouse(spark, known) for _ in range(NIGHTS + 1)]
    spark.sql("SHOW NAMESPACES").collect()  # makes the catalog's own tables
    place = {"host": "127.0.0.1", "port": sys.argv[1], "user": "nightmarket", "dbname": "iceberg"}
    other, watcher = (psycopg2.connect(**place, password=sys.argv[2]) for _ in range(2))
    watcher.autocommit = True
    with ThreadPoolExecutor(NIGHTS) as threads:
        with other.cursor() as made:
            made.execute("insert into iceberg_namespace_properties values ('shop', 'ops', 'exists', 'true')")
        waiting = threads.submit(nights[-1].claimed, "raced", "mine")
        with watcher.cursor() as asked:
            for _ in range(600):
                asked.execute("select count(*) from pg_locks where not granted")
                if asked.fetchone() != (0,):
                    break
                time.sleep(0.1)
            else:
                raise AssertionError("the night did not come to the namespace")
        other.commit()
        raced = waiting.result()
        read = list(threads.map(lambda n: nights[n].claimed("shop", f"shop {n}"), range(NIGHTS)))
    told = []
    run._one_key(nights[0], "12345678")
    for key in ("12345678", "87654321", "none"):
        try:
            run._one_key(nights[1], key)
            told.append("")
        except PlanError as error:
            told.append(str(error))
    out.write(json.dumps({"raced": raced, "read": read, "told": told}) + "\n")
    out.flush()
    spark.stop()


if __name__ == "__main__":
    main()
