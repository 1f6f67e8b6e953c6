"""infra/cluster: its processes are found again by the folder they carry, and end in an order."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

CLUSTER = Path(__file__).parents[3] / "infra" / "cluster"
CLIENT = """
import subprocess, sys, time
# As a task of Airflow does: it leads a group of its own.
stray = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
print(stray.pid, flush=True)
time.sleep(60)
"""
SERVER = """
import signal, sys, time
import psutil
def over(*_):
    stray = int(open(sys.argv[1]).read())
    there = psutil.pid_exists(stray) and psutil.Process(stray).status() != psutil.STATUS_ZOMBIE
    print("the stray is there" if there else "the stray is gone", flush=True)
    sys.exit()
signal.signal(signal.SIGTERM, over)
print("ready", flush=True)
time.sleep(60)
"""


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(CLUSTER))
    import processes

    return processes


@pytest.fixture
def ours(module: Any, tmp_path: Path) -> Iterator[Any]:
    made = module.Processes(tmp_path)
    made.prepare()
    yield made
    made.end(["client"], ["server"])


def python(script: str, *arguments: str | Path) -> list[str | Path]:
    return [sys.executable, "-c", script, *arguments]


def test_clients_end_before_their_servers_and_nothing_stays(ours: Any) -> None:
    ours.start("client", python(CLIENT))
    ours.until(lambda: ours.log("client").read_text() != "", "client")
    ours.start("server", python(SERVER, ours.log("client")))
    ours.until(lambda: ours.log("server").read_text() == "ready\n", "server")
    others = subprocess.Popen(python("import time; time.sleep(60)"))
    stray = int(ours.log("client").read_text())
    assert ours.end(["client"], ["server"]) == 3
    assert ours.log("server").read_text() == "ready\nthe stray is gone\n"
    assert not psutil.pid_exists(stray) or psutil.Process(stray).status() == psutil.STATUS_ZOMBIE
    assert list(ours.pids.iterdir()) == []
    assert others.poll() is None, "somebody else's"
    others.kill()
    others.wait()
    assert ours.end(["client"], ["server"]) == 0


CHILD_OF_THE_SESSION = """
import subprocess, sys
print(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], env={}).pid, flush=True)
"""
TITLED = """
import setproctitle, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], env={})
setproctitle.setproctitle("a server")
print(child.pid, flush=True)
time.sleep(60)
"""


def test_one_with_a_title_of_its_own_ends_and_what_it_started(ours: Any) -> None:
    """As Airflow's API server does; the title lies where its environment was."""
    ours.start("client", python(TITLED))
    ours.until(lambda: ours.log("client").read_text() != "", "client")
    leader = ours.leader("client")
    assert b"NIGHTMARKET_CLUSTER" not in Path(f"/proc/{leader}/environ").read_bytes()
    child = int(ours.log("client").read_text())
    assert sorted(ours.group("client")) == sorted([leader, child])
    assert ours.end(["client"], []) == 2
    for process in (leader, child):
        assert not psutil.pid_exists(process) or psutil.Process(process).status() == psutil.STATUS_ZOMBIE


def test_what_outlives_its_leader_is_found(ours: Any) -> None:
    ours.start("client", python(CHILD_OF_THE_SESSION))
    ours.until(lambda: ours.log("client").read_text() != "", "client")
    leader, child = ours.leader("client"), int(ours.log("client").read_text())
    psutil.Process(leader).wait()
    assert child in ours.group("client")
    assert ours.end(["client"], []) >= 1
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE


def test_a_pid_that_was_given_to_somebody_else_is_left_alone(ours: Any) -> None:
    with subprocess.Popen(python("import time; time.sleep(60)"), start_new_session=True) as others:
        (ours.pids / "client").write_text(f"{others.pid} 17")
        assert ours.group("client") == []
        assert ours.end(["client"], []) == 0
        assert others.poll() is None
        others.kill()


def test_one_that_does_not_listen_is_killed(module: Any, ours: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PATIENCE_SECONDS", 0.5)
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True)"
    ours.start("client", python(f"{deaf}; time.sleep(60)"))
    ours.until(lambda: ours.log("client").read_text() == "deaf\n", "client")
    began = time.monotonic()
    assert ours.end(["client"], []) == 1
    assert 0.4 < time.monotonic() - began < 20
    assert ours.group("client") == []


def test_a_folder_that_runs_is_not_started_again(module: Any, ours: Any) -> None:
    (ours.pids / "client").write_text("1 17")
    with pytest.raises(module.Refused, match="it runs, or was killed; infra/cluster/stop first"):
        ours.prepare()


def test_a_step_that_fails_is_one_sentence_and_its_log(module: Any, ours: Any) -> None:
    with pytest.raises(module.Refused, match=rf"failed; see {ours.log('step')}$"):
        ours.run(python("raise SystemExit('it did not work')"), "step")
    assert ours.log("step").read_text() == "it did not work\n"
    with pytest.raises(module.Refused, match="failed: it said nothing else"):
        ours.output(python("raise SystemExit('it said nothing else')"))
    with pytest.raises(module.Refused, match="nobody did not start in 0 s"):
        ours.until(lambda: False, "nobody", 0)


def test_variables_are_all_that_one_has(ours: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIGHTMARKET_OF_THE_STARTER", "yes")
    said = "import os; print(sorted(name for name in os.environ if name.startswith(('NIGHT', 'PG'))))"
    assert "NIGHTMARKET_OF_THE_STARTER" in ours.output(python(said))
    assert ours.output(python(said), {}) == "['NIGHTMARKET_CLUSTER', 'PGPASSFILE']\n"
    ours.start("client", python(said), {})
    ours.until(lambda: ours.log("client").read_text() != "", "client")
    assert ours.log("client").read_text() == "['NIGHTMARKET_CLUSTER']\n"


def test_passwords_are_their_owners(ours: Any) -> None:
    ours.private(ours.passwords, "secret")
    assert ours.passwords.stat().st_mode & 0o777 == 0o600
