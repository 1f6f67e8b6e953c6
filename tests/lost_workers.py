"""Builds tables on a cluster of this machine and kills its workers on the way; run by tests/night.

    python lost_workers.py FOLDER TABLE KILL…

Builds the table once undisturbed, unless it may be computed only once, and then in one more run per KILL, in
the middle of which that is killed: an ``executor``, a ``worker`` (Spark's daemon, which has executors), or a
``machine`` (the daemon and all it has started, at one blow). Says as JSON, one line each, what was published
and what the run's commit counted.
"""

import hashlib
import json
import os
import signal
import sys
import threading
import time
from datetime import date
from pathlib import Path

import psutil
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from nightmarket import contracts, project
from nightmarket.run import run_table
from nightmarket.spark import session
from nightmarket.warehouse import Warehouse

sys.path.insert(0, str(project.root() / "infra" / "cluster"))
from processes import Processes
from standalone import Standalone

DAY = date(2026, 11, 1)


class Workers:
    """Two, each with room for one executor."""

    def __init__(self, folder: Path) -> None:
        self.processes = Processes(folder)
        facts = json.loads((folder / "facts.json").read_text())
        self.cluster = Standalone(self.processes, facts["master"], facts["master_page"], cores=1)

    def executors(self, worker: str) -> list[psutil.Process]:
        found = []
        for pid in self.processes.group(worker):
            try:
                process = psutil.Process(pid)
                if "CoarseGrainedExecutorBackend" in " ".join(process.cmdline()):
                    found.append(process)
            except psutil.NoSuchProcess:
                continue
        return found

    def whole(self) -> None:
        """Start the workers that have died, and wait until each has its executor."""
        for worker in self.cluster.workers:
            if not self.processes.group(worker):
                self.cluster.start_worker(worker)
        spark = session("lost workers")
        while not all(map(self.executors, self.cluster.workers)) or _executors(spark) < len(
            self.cluster.workers
        ):
            time.sleep(0.2)
        spark.range(8, numPartitions=8).count()

    def kill(self, kind: str) -> int:
        """Kill one; how many processes that were."""
        # The executor that has been there longer: it has rows of the stages before.
        worker = min(
            self.cluster.workers,
            key=lambda name: min(process.create_time() for process in self.executors(name)),
        )
        pids = {
            "executor": [process.pid for process in self.executors(worker)],
            "worker": [self.processes.leader(worker)],
            "machine": self.processes.group(worker),
        }[kind]
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        return len(pids)


def _executors(spark: SparkSession) -> int:
    # The driver is among them.
    return len(spark.sparkContext._jsc.sc().statusTracker().getExecutorInfos()) - 1


class Killer(threading.Thread):
    """Kills once ``after`` stages of the run are done and a further one is under way."""

    def __init__(self, workers: Workers, kind: str, after: int) -> None:
        super().__init__(daemon=True)
        self.tracker = session("lost workers").sparkContext.statusTracker()
        self.workers, self.kind, self.after = workers, kind, after
        self.over, self.killed = False, 0

    def run(self) -> None:
        seen: set[int] = set()
        while not self.over and not self.killed:
            active = [self.tracker.getStageInfo(stage) for stage in self.tracker.getActiveStageIds()]
            under_way = {stage.stageId for stage in active if stage and stage.numActiveTasks}
            seen |= under_way
            if under_way and len(seen - under_way) >= self.after:
                self.killed = self.workers.kill(self.kind)
            time.sleep(0.02)


def build(table: str, key: str) -> dict[str, object]:
    spark = session("lost workers")
    # Rows of a model are computed once and then read: of an earlier run's none may be there.
    spark.sql("DROP TABLE IF EXISTS embeddings.items PURGE")
    run_table(table, DAY, key)
    warehouse = Warehouse(spark, contracts.load(project.root() / "schemas"))
    rows = warehouse.days(table, DAY, DAY)
    whole = rows.select(F.to_json(F.struct(*sorted(rows.columns))).alias("row")).collect()
    counts = warehouse.commits(DAY).where(F.col("table_name") == table).collect()
    newest = next(row.asDict() for row in counts if row["run_key"] == key)
    names = ("rows_in", "rows_out", "rows_rejected", "model_rows_computed", "model_rows_reused")
    return {
        "counts": {name: newest[name] for name in names},
        "rows": hashlib.sha256("\n".join(sorted(row.row for row in whole)).encode()).hexdigest(),
    }


def main() -> None:
    folder, table, kills = Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
    out = os.fdopen(os.dup(1), "w")
    workers = Workers(folder)
    workers.whole()
    found = [build(table, "undisturbed")]
    for number, (kind, _, after) in enumerate(kill.partition(":") for kill in kills):
        workers.whole()
        killer = Killer(workers, kind, int(after))
        killer.start()
        found.append({**build(table, f"round-{number}"), "killed": killer.killed})
        killer.over = True
        killer.join()
    for line in found:
        out.write(f"{json.dumps(line)}\n")
    out.flush()
    session("lost workers").stop()


if __name__ == "__main__":
    main()
