"""What an application says of its tables while it goes on: a line of its output for each thing that happens.

Whoever started it reads the lines: Airflow's task of the application hands them to the tasks of the tables,
and ``nightmarket night`` shows them. A line is ``nightmarket: `` and JSON, so that it is found in any log.
"""

import json
from dataclasses import asdict, dataclass
from typing import Literal

State = Literal["started", "published", "failed", "left"]
"""left: not begun, because something it reads was not published by this application."""

APPLICATION = "application"
"""Airflow's task of the application."""
PAGE = "report"
"""The subject of what is said of the night's page."""

_MARK = "nightmarket: "
_FIELDS = {"subject": str, "state": str, "run_key": str, "words": str, "seconds": float, "retryable": bool}


@dataclass(frozen=True)
class Announcement:
    subject: str
    """The table, or another step of a night such as its page."""
    state: State
    run_key: str
    words: str = ""
    """What was published, or why not: the error's sentences, lines joined by newlines."""
    seconds: float = 0.0
    """Since it was started."""
    retryable: bool = False
    """Of what failed: whether trying again may help before a person has mended something."""

    def line(self) -> str:
        return f"{_MARK}{json.dumps(asdict(self), ensure_ascii=False)}"


def announced(line: str) -> Announcement | None:
    """The announcement in a line of output; None when it is something else."""
    _, mark, text = line.partition(_MARK)
    if not mark:
        return None
    try:
        fields = json.loads(text)
    except ValueError:
        return None
    if not isinstance(fields, dict) or fields.keys() != _FIELDS.keys():
        return None
    if any(type(fields[name]) is not kind for name, kind in _FIELDS.items()):
        return None
    return Announcement(**fields)
