"""Builds tables on a cluster of processes and kills its executors on the way; run by tests/night.

    python lost_workers.py TABLE ROUNDS

Builds the table once undisturbed and then in ROUNDS more runs, in each of which an executor is killed in the
middle; says as JSON, one line each, what was published and what the run's commit counted.
"""

import hashlib
import json
import os
import sys
import threading
import time
from datetime import date

import psutil
from pyspark.sql import functions as F

from nightmarket import contracts, project
from nightmarket.run import run_table
from nightmarket.spark import session
from nightmarket.warehouse import Warehouse

DAY = date(2026, 11, 1)


def executors() -> list[psutil.Process]:
    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            if "CoarseGrainedExecutorBackend" in " ".join(process.cmdline()):
                found.append(process)
        except psutil.NoSuchProcess:
            continue
    return found


class Killer(threading.Thread):
    """Kills an executor once ``after`` stages of the run are done and a further one is under way."""

    def __init__(self, after: int) -> None:
        super().__init__(daemon=True)
        self.tracker = session("lost workers").sparkContext.statusTracker()
        self.after, self.over, self.killed = after, False, 0

    def run(self) -> None:
        seen: set[int] = set()
        while not self.over and not self.killed:
            active = [self.tracker.getStageInfo(stage) for stage in self.tracker.getActiveStageIds()]
            under_way = {stage.stageId for stage in active if stage and stage.numActiveTasks}
            seen |= under_way
            if under_way and len(seen - under_way) >= self.after:
                # Of the two, the one that has been there longer: it has rows of the stages before.
                min(executors(), key=lambda process: process.create_time()).kill()
                self.killed = 1
            time.sleep(0.02)


def build(table: str, key: str) -> dict[str, object]:
    run_table(table, DAY, key)
    spark = session("lost workers")
    warehouse = Warehouse(spark, contracts.load(project.root() / "schemas"))
    rows = warehouse.days(table, DAY, DAY)
    whole = rows.select(F.to_json(F.struct(*sorted(rows.columns))).alias("row")).collect()
    counts = warehouse.commits(DAY).where(F.col("table_name") == table).collect()[0].asDict()
    names = ("rows_in", "rows_out", "rows_rejected", "model_rows_computed", "model_rows_reused")
    return {
        "counts": {name: counts[name] for name in names},
        "rows": hashlib.sha256("\n".join(sorted(row.row for row in whole)).encode()).hexdigest(),
    }


def main() -> None:
    table, rounds = sys.argv[1], int(sys.argv[2])
    out = os.fdopen(os.dup(1), "w")
    spark = session("lost workers")
    fresh = table.startswith("embeddings.")
    before = [] if fresh else [build(table, "undisturbed")]
    for number in range(rounds):
        while len(executors()) < 2:
            time.sleep(0.2)
        spark.range(8, numPartitions=8).count()
        killer = Killer(1 + number)
        killer.start()
        found = build(table, f"round-{number}")
        killer.over = True
        before.append({**found, "killed": killer.killed})
    for line in before:
        out.write(f"{json.dumps(line)}\n")
    out.flush()
    spark.stop()


if __name__ == "__main__":
    main()
