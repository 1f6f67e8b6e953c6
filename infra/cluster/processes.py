"""The processes of one folder: started apart from whoever starts them, found again, and ended.

Every process has a pid file, which also says when it started, and leads a session of its own: by these it is
found again when it is to end. What left its session is found by the folder that it carries in its
environment.
"""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

MARK = "NIGHTMARKET_CLUSTER"
LOOPBACK = "127.0.0.1"
_PATIENCE_SECONDS = 30


class Refused(Exception):
    """The cluster cannot be started or a step of it failed, in one sentence."""


class Processes:
    """Those of one folder: its logs, its pid files, its passwords."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.pids, self.logs = self.folder / "pids", self.folder / "logs"
        self.passwords = self.folder / "pgpass"

    def prepare(self) -> None:
        """Make the folder.

        Raises:
            Refused: processes of an earlier start are named in it.
        """
        if any(self.pids.glob("*")):
            raise Refused(f"{self.folder} has pid files: it runs, or was killed; infra/cluster/stop first.")
        for folder in (self.pids, self.logs):
            folder.mkdir(parents=True, exist_ok=True)

    def private(self, path: Path, text: str) -> None:
        """A file that its owner alone reads."""
        path.touch(mode=0o600)
        path.write_text(text)

    def start(
        self,
        name: str,
        command: Sequence[str | Path],
        variables: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        """One that goes on; the variables are all it has, this process's own by default."""
        with self.log(name).open("ab") as log:
            process = subprocess.Popen(
                [str(word) for word in command],
                env={**(os.environ if variables is None else variables), MARK: str(self.folder)},
                cwd=cwd or self.folder,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        (self.pids / name).write_text(f"{process.pid} {_started(process.pid)}")

    def run(
        self, command: Sequence[str | Path], log: str, variables: Mapping[str, str] | None = None
    ) -> None:
        """One that ends.

        Raises:
            Refused: it failed.
        """
        with self.log(log).open("ab") as written:
            done = subprocess.run(
                [str(word) for word in command], env=self._environment(variables),
                cwd=self.folder, stdin=subprocess.DEVNULL, stdout=written, stderr=written, check=False,
            )  # fmt: skip
        if done.returncode:
            raise Refused(f"{_shown(command)} … failed; see {self.log(log)}")

    def output(self, command: Sequence[str | Path], variables: Mapping[str, str] | None = None) -> str:
        """What one says.

        Raises:
            Refused: it failed.
        """
        done = subprocess.run(
            [str(word) for word in command], env=self._environment(variables),
            cwd=self.folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise Refused(f"{_shown(command)} … failed: {done.stderr[-500:]}")
        return done.stdout

    def until(self, true: Callable[[], bool], name: str, seconds: float = 90) -> None:
        """Wait for something of a process.

        Raises:
            Refused: it did not come true in time.
        """
        deadline = time.monotonic() + seconds
        while not true():
            if time.monotonic() > deadline:
                raise Refused(f"{name} did not start in {seconds:.0f} s; see {self.log(name)}")
            time.sleep(0.5)

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def group(self, name: str) -> list[int]:
        """The processes that were started under a name and those they started.

        The session is theirs for as long as one of them lives. A pid that was given to somebody else since
        has another start.
        """
        path = self.pids / name
        if not path.exists():
            return []
        leader, started = self.leader(name), path.read_text().split()[1]
        if _started(leader) not in {None, started}:
            return []
        found = []
        for process in _everybody():
            try:
                if os.getsid(process) == leader:
                    found.append(process)
            except ProcessLookupError:
                continue
        return found

    def leader(self, name: str) -> int:
        """The process that was started under a name."""
        return int((self.pids / name).read_text().split()[0])

    def end(self, clients: Iterable[str], servers: Sequence[str]) -> int:
        """End what was started under the clients' names; then whatever else carries the folder, for tasks of
        Airflow, drivers and executors may lead groups of their own; then the servers, on which all of them
        hang. How many processes there were."""
        ended = sum(map(self._end_named, clients))
        serve = {process for name in servers for process in self.group(name)}
        ended += _end([process for process in self._marked() if process not in serve])
        return ended + sum(map(self._end_named, servers)) + _end(self._marked())

    def _end_named(self, name: str) -> int:
        ended = _end(self.group(name))
        (self.pids / name).unlink(missing_ok=True)
        return ended

    def _marked(self) -> list[int]:
        """The processes that carry the folder in their environment, this one left out; not those that gave
        themselves a title, which Linux keeps where the environment was."""
        sign = f"{MARK}={self.folder}".encode()
        found = []
        for process in _everybody():
            try:
                if sign in Path(f"/proc/{process}/environ").read_bytes().split(b"\0"):
                    found.append(process)
            except OSError:
                continue
        return [process for process in found if process != os.getpid()]

    def _environment(self, variables: Mapping[str, str] | None) -> dict[str, str]:
        given = os.environ if variables is None else variables
        return {**given, "PGPASSFILE": str(self.passwords), MARK: str(self.folder)}


def listens(port: str) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex((LOOPBACK, int(port))) == 0


def _shown(command: Sequence[str | Path]) -> str:
    return " ".join(str(word) for word in command[:4])


def _end(processes: Sequence[int]) -> int:
    for sign in (signal.SIGTERM, signal.SIGKILL):
        for process in filter(_lives, processes):
            try:
                os.kill(process, sign)
            except ProcessLookupError:
                continue
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline and any(map(_lives, processes)):
            time.sleep(0.1)
    return len(processes)


def _everybody() -> list[int]:
    return [int(place.name) for place in Path("/proc").glob("[0-9]*")]


def _lives(process: int) -> bool:
    return (_stat(process) or ["Z"])[0] != "Z"


def _started(process: int) -> str | None:
    """When it started, in ticks since the machine did; None when there is none."""
    stat = _stat(process)
    return stat[19] if stat else None


def _stat(process: int) -> list[str]:
    """What ``/proc`` says of a process, from its state on (field 3 of proc(5)); empty when there is none."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
