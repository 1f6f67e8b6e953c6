"""What the jobs of a night say, read from Airflow's log while it grows.

Only for people: which task failed is Airflow's metadata to say; what it said is found here, or not at all
when a later Airflow writes its log in another form.
"""

import re
from pathlib import Path
from time import monotonic

from nightmarket.runner.announcement import APPLICATION, Announcement, announced

_STARTS = re.compile(r"\[DAG TEST\] starting task_id=(\S+)")
# The line of a process that a task started: time, level, what it printed, the hook that passed it on.
_PRINTED = re.compile(
    r"^\S+ \[\w+ *\] (?P<text>.*?) *\[airflow\.task\.hooks\.\S*\.(?P<hook>\w+)\] loc=(?P<place>\w+\.py):\d+$"
)
# What the DAG itself says of a task that it does not let run.
_REFUSED = re.compile(r"^\S*\bAirflowFailException: (.+)")
_HOOKS = frozenset({"SparkSubmitHook", "SubprocessHook"})
_OF_THE_HOOK = (
    "Spark-Submit cmd:",
    "Tmp dir root location:",
    "Running command:",
    "Output:",
    "Command exited",
)
_ERROR = "error: "
_LONGEST_ERROR = 40
"""Lines: a job that reports all its problems at once may name many."""


class JobLog:
    """Reads a growing log; :attr:`last`, :attr:`errors` and :attr:`announced` are by task."""

    def __init__(self, path: Path) -> None:
        self._file = path.open(encoding="utf-8", errors="replace")
        self._rest = ""
        self._task = ""
        self.last: dict[str, str] = {}
        """The newest line each task's job has printed."""
        self.errors: dict[str, str] = {}
        """The error of each task's newest try, in the job's own words, lines joined by newlines."""
        self.announced: dict[str, tuple[Announcement, float]] = {}
        """What the application said last of each table, and when, on the clock of ``time.monotonic``."""
        self._follows: set[str] = set()
        """Tables whose next task only ends as the application said."""

    def read(self) -> None:
        """Take in what was written since the last call; an unfinished line waits for its end."""
        *lines, self._rest = (self._rest + self._file.read()).split("\n")
        for line in lines:
            self._take(line)

    def close(self) -> None:
        self._file.close()

    def _take(self, line: str) -> None:
        starts = _STARTS.search(line)
        if starts:
            self._task = starts.group(1)
            if self._task in self._follows:
                self._follows.remove(self._task)
            else:
                self.last.pop(self._task, None)
                self.errors.pop(self._task, None)
            if self._task == APPLICATION:
                # What an earlier one was at when it ended, this one begins anew.
                before = self.announced.items()
                self.announced = {name: one for name, one in before if one[0].state == "published"}
            return
        refused = _REFUSED.match(line)
        if refused:
            self.errors[self._task] = refused[1]
            return
        printed = _PRINTED.match(line)
        if not printed or printed["hook"] not in _HOOKS or printed["text"].startswith(_OF_THE_HOOK):
            return
        text = printed["text"]
        said = announced(text)
        if said:
            self._hear(said)
        elif text.startswith(_ERROR):
            self.errors[self._task] = text.removeprefix(_ERROR)
        elif self._task in self.errors:
            error = self.errors[self._task]
            if error.count("\n") < _LONGEST_ERROR:
                self.errors[self._task] = f"{error}\n{text}"
        elif text:
            self.last[self._task] = text

    def _hear(self, said: Announcement) -> None:
        self.announced[said.subject] = said, monotonic()
        if said.state == "published":
            self.last[said.subject] = said.words
        elif said.state == "failed":
            self.errors[said.subject] = said.words
        if said.state in {"published", "failed"}:
            self._follows.add(said.subject)
