"""Counts of rows when a machine is lost in the middle of a night: Spark computes again what went with it."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

ROWS, PARTITIONS = 800, 4


def test_rows_that_are_computed_again_are_counted_once(tmp_path: Path) -> None:
    # A session of its own: executors that are processes, one of which is killed.
    script = f"""
        import json, os, sys, threading, time
        from contextlib import suppress
        from pathlib import Path
        import psutil
        from nightmarket.spark import counted, embedded, readings, session

        os.environ.update(embedded.environment(Path(sys.argv[1])))
        os.environ["PYSPARK_SUBMIT_ARGS"] = (
            "--master local-cluster[2,1,600] --driver-memory 600m "
            "--conf spark.executor.memory=600m pyspark-shell"
        )
        spark = session("lost executor")
        tracker = spark.sparkContext.statusTracker()
        killed, marker = [], Path(sys.argv[1]) / "killed"

        def kill():
            # The first stage is done and its rows lie with the executors: half of them go.
            while not killed:
                time.sleep(0.2)
                stages = [tracker.getStageInfo(n) for n in tracker.getActiveStageIds()]
                if any(stage and stage.stageId > 0 for stage in stages):
                    for process in psutil.Process().children(recursive=True):
                        # One that ended meanwhile has no command line any more.
                        with suppress(psutil.Error):
                            if "CoarseGrainedExecutorBackend" in " ".join(process.cmdline()):
                                process.kill()
                                killed.append(process.pid)
                                marker.touch()
                                break

        def slowly(batches):
            end = time.monotonic() + 120
            while not marker.exists() and time.monotonic() < end:
                time.sleep(0.1)
            yield from batches

        rows = spark.range(0, {ROWS}, 1, {PARTITIONS}).selectExpr("id", "id % 50 AS k")
        some = counted(counted(rows, "rows_in"), "rows_carried", where=rows.k < 7)
        shuffled = some.repartition({PARTITIONS}, "k").mapInArrow(slowly, "id long, k long")
        threading.Thread(target=kill, daemon=True).start()
        found = shuffled.groupBy("k").count().collect()
        print(json.dumps([sum(row["count"] for row in found), dict(readings()), len(killed)]))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(tmp_path / "home")],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    rows, counts, killed = json.loads(done.stdout.splitlines()[-1])
    assert (rows, killed) == (ROWS, 1)
    carried = sum(1 for n in range(ROWS) if n % 50 < 7)
    assert counts == {"rows_in": ROWS, "rows_carried": carried}
