"""What the jobs of a night say, read from Airflow's log while it grows.

Only for people: which task failed is Airflow's metadata to say; what it said is found here, or not at all
when a later Airflow writes its log in another form.
"""

import re
from pathlib import Path

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
    """Reads a growing log; :attr:`last` and :attr:`errors` are by task."""

    def __init__(self, path: Path) -> None:
        self._file = path.open(encoding="utf-8", errors="replace")
        self._rest = ""
        self._task = ""
        self.last: dict[str, str] = {}
        """The newest line each task's job has printed."""
        self.errors: dict[str, str] = {}
        """The error of each task's newest try, in the job's own words, lines joined by newlines."""

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
            self.last.pop(self._task, None)
            self.errors.pop(self._task, None)
            return
        refused = _REFUSED.match(line)
        if refused:
            self.errors[self._task] = refused[1]
            return
        printed = _PRINTED.match(line)
        if not printed or printed["hook"] not in _HOOKS or printed["text"].startswith(_OF_THE_HOOK):
            return
        text = printed["text"]
        if text.startswith(_ERROR):
            self.errors[self._task] = text.removeprefix(_ERROR)
        elif self._task in self.errors:
            said = self.errors[self._task]
            if said.count("\n") < _LONGEST_ERROR:
                self.errors[self._task] = f"{said}\n{text}"
        elif text:
            self.last[self._task] = text
