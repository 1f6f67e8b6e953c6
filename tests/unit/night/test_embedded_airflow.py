"""Airflow by hand: whoever ends the command ends Airflow, with all it started."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

CALL = """
import sys
from nightmarket.night import embedded_airflow
embedded_airflow.environment = lambda _: None
embedded_airflow.prepare = lambda *_: None
embedded_airflow.command = lambda: [sys.executable, "-c", sys.argv[1]]
sys.exit(embedded_airflow.call([]))
"""
STANDALONE = """
import sys, time
try:
    print("ready", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    time.sleep(0.5)
    print("servers ended", flush=True)
    sys.exit(3)
"""


@pytest.mark.parametrize(
    ("started", "sent"),
    [("", signal.SIGINT), ("", signal.SIGTERM), ("trap '' INT;", signal.SIGTERM)],
    ids=["by a terminal", "by a supervisor", "in a script's background"],
)
def test_airflow_is_waited_for_until_it_has_ended_its_servers(
    tmp_path: Path, started: str, sent: signal.Signals
) -> None:
    with subprocess.Popen(
        ["sh", "-c", f'{started} exec "$0" -c "$1" "$2"', sys.executable, CALL, STANDALONE],
        env={"NIGHTMARKET_HOME": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as called:
        assert called.stdout
        assert called.stdout.readline() == "ready\n"
        if sent is signal.SIGINT:  # as a terminal does, to all of the group
            subprocess.run(["kill", "-INT", "--", f"-{called.pid}"], check=True)
        else:
            called.send_signal(sent)
        assert called.communicate(timeout=20)[0] == "servers ended\n"
        assert called.returncode == 3
