"""The night in a terminal: a table that fills in on a screen, one line per finished task elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

REPORT = "report"
_EARLY = frozenset({"day", "application"})
"""Tasks that come before the tables; shown only when they fail."""


@dataclass(frozen=True)
class Step:
    """One task as Airflow's metadata has it just now."""

    state: str
    seconds: float | None
    """Since it started, or from its start to its end; None before."""


@dataclass(frozen=True)
class _Look:
    word: str
    style: str
    over: bool = False


_LOOKS = {
    "running": _Look("runs", "bold yellow"),
    "up_for_retry": _Look("will try again", "yellow"),
    "success": _Look("published", "green", over=True),
    "failed": _Look("failed", "bold red", over=True),
    "upstream_failed": _Look("not run, an input failed", "red", over=True),
    "skipped": _Look("not asked for", "dim", over=True),
}
_WAITS = _Look("waits", "dim")


class Progress:
    """Shows the steps of one night; use as a context, and call :meth:`show` as often as you like."""

    def __init__(self, console: Console, tables: Sequence[str]) -> None:
        self._console = console
        self._names = [*tables, REPORT]
        self._width = max(len(name) for name in self._names)
        self._printed: set[str] = set()
        self._live = Live(console=console, auto_refresh=False) if console.is_terminal else None

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def show(self, steps: Mapping[str, Step], said: Mapping[str, str]) -> None:
        """Bring the picture up to date.

        Args:
            steps: tasks by id; those not there yet are waiting.
            said: the newest line each task's job printed.
        """
        names = self._names + [n for n in _EARLY if n in steps and steps[n].state == "failed"]
        if self._live:
            self._live.update(self._table(names, steps, said), refresh=True)
            return
        for name in names:
            step = steps.get(name)
            if step and _look(name, step).over and name not in self._printed:
                self._printed.add(name)
                self._console.print(
                    f"{name:{self._width}}  {_time(step)}  {_words(name, step, said)}",
                    markup=False,
                    soft_wrap=True,
                )

    def _table(self, names: Sequence[str], steps: Mapping[str, Step], said: Mapping[str, str]) -> Table:
        grid = Table.grid(padding=(0, 2))
        grid.add_column(no_wrap=True, min_width=self._width)
        grid.add_column(no_wrap=True, justify="right", min_width=8)
        grid.add_column(no_wrap=True, overflow="ellipsis")
        for name in names:
            step = steps.get(name, Step("waiting", None))
            look = _look(name, step)
            grid.add_row(
                Text(name, look.style), Text(_time(step)), Text(_words(name, step, said), look.style)
            )
        return grid


def _look(name: str, step: Step) -> _Look:
    look = _LOOKS.get(step.state, _WAITS)
    return _Look("written", look.style, over=True) if name == REPORT and step.state == "success" else look


def _time(step: Step) -> str:
    began = step.seconds is not None and step.state in {"running", "success", "failed", "up_for_retry"}
    return f"{step.seconds:6.1f} s" if began else " " * 8


def _words(name: str, step: Step, said: Mapping[str, str]) -> str:
    word = _look(name, step).word
    last = said.get(name, "")
    if step.state != "success" or not last:
        return word
    return f"{word} · {last.removeprefix(name).strip(' :')}"
