"""A process that publishes on command, and kills itself on command. Started by ``test_kill_points``.

Reads one JSON object a line: the domain, the days and the version of their rows to publish, the run's
key, and optionally where to die. Answers one JSON object a line. Dying is SIGKILL to its whole process group,
so that its JVM goes with it: nothing is flushed, closed or told.
"""

import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

from pyspark.sql import DataFrame, SparkSession
from stall import SALES

from nightmarket.contracts import Contract, Contracts, ddl
from nightmarket.contracts.rejects import contract_of
from nightmarket.warehouse import Published, Run, Warehouse
from nightmarket.warehouse.draft import Draft, Drafts

DAY = date(2026, 3, 2)
VERSIONS = {
    # reject_reason last: null for rows to keep.
    "old": [("s1", 1, None), ("s2", 2, None), ("x1", None, "duplicate")],
    "new": [
        ("s2", 22, None),
        ("s3", 33, None),
        ("s4", 44, None),
        ("x2", None, "bad_value"),
        ("x3", None, "duplicate"),
    ],
}


def contracts(domain: str) -> tuple[Contract, Contract]:
    """The stall's sales and rejects, in a domain of their own."""
    plain = tuple(replace(column, reference=None) for column in SALES.columns)
    assert SALES.rejects
    rejects = replace(SALES.rejects, table=f"{domain}.rejects")
    sales = replace(SALES, table=f"{domain}.sales", columns=plain, maximum_reject_rate=None, rejects=rejects)
    return sales, contract_of(sales, rejects)


def reasoned(spark: SparkSession, domain: str, day: date, version: str) -> DataFrame:
    sales, _ = contracts(domain)
    more = "reject_reason string, reject_detail string, raw string, source_file string"
    rows = [
        (sale, None, pieces, "EUR", None, 1.0, day, reason, None, f"{version} {sale}", "f.csv")
        for sale, pieces, reason in VERSIONS[version]
    ]
    return spark.createDataFrame(rows, f"{ddl(sales)}, {more}").repartition(2, "sale_id")


def publish(
    spark: SparkSession,
    domain: str,
    version: str,
    *,
    day: date = DAY,
    key: str = "night",
    after_step: Callable[[str], None] = lambda step: None,
    frame: Callable[[DataFrame], DataFrame] = lambda frame: frame,
) -> Published:
    sales, rejects = contracts(domain)
    known = Contracts(tables={sales.table: sales, rejects.table: rejects}, sources={})
    run = Run(day=day, key=key, code_version="1", started_at=datetime(2026, 3, 5, 2, tzinfo=UTC))
    rows = frame(reasoned(spark, domain, day, version))
    counts = {"rows_in": len(VERSIONS[version])}
    warehouse = Warehouse(spark, known, after_step=after_step)
    return warehouse.publish(sales, rows, run, rejects=rejects, readings=lambda: counts)


def die() -> None:
    os.killpg(os.getpgid(0), signal.SIGKILL)


def die_after(step: str) -> Callable[[str], None]:
    return lambda taken: die() if taken == step else None


def dies_while_written(frame: DataFrame) -> DataFrame:
    """The frame, one of whose rows kills the driver's processes while others may be written already."""
    group = os.getpgid(0)

    def poisoned(batches):
        for batch in batches:
            if (batch["sale_id"] == "s4").any():
                os.killpg(group, signal.SIGKILL)
            yield batch

    return frame.mapInPandas(poisoned, frame.schema)


def die_while_restaging(spark: SparkSession, domain: str) -> Callable[[str], None]:
    """Another day is published once the rows are sealed; dies with its own on top, before main moves."""
    restage = Drafts._restage

    def restage_and_die(drafts: Drafts, draft: Draft, properties: Mapping[str, str]) -> None:
        restage(drafts, draft, properties)
        if draft.table == f"{domain}.sales":
            die()

    def overtake(step: str) -> None:
        if step == f"seal {domain}.sales":
            publish(spark, domain, "old", day=date(2026, 3, 1), key="other")
            Drafts._restage = restage_and_die  # type: ignore[method-assign]

    return overtake


def obey(spark: SparkSession, order: dict[str, str]) -> dict[str, object]:
    domain, at = order["domain"], order.get("die", "")
    if at == "while writing":
        publish(spark, domain, order["version"], frame=dies_while_written)
    elif at == "while restaging":
        publish(spark, domain, order["version"], after_step=die_while_restaging(spark, domain))
    elif at:
        publish(spark, domain, order["version"], after_step=die_after(at))
    else:
        day = date.fromisoformat(order["day"])
        done = publish(spark, domain, order["version"], day=day, key=order["key"])
        return {"snapshot": done.snapshot_id, "rows_out": done.rows_out}
    return {"survived": at}


def main() -> None:
    from nightmarket.spark import session

    spark = session("publisher")
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        print(json.dumps(obey(spark, json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
