"""Writing to a terminal, or to whatever stands in its place.

On a terminal tables take its width and have some colour; in a file or a pipe they are plain text of their
natural width, so that nothing is cut where nobody can widen the window.
"""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_PIPE_WIDTH = 10_000


def console() -> "Console":
    from rich.console import Console

    width = None if sys.stdout.isatty() else _PIPE_WIDTH
    return Console(highlight=False, markup=False, emoji=False, soft_wrap=False, width=width)


def say(text: str = "") -> None:
    """One line of plain text, never wrapped and never cut."""
    sys.stdout.write(f"{text}\n")


def table(*columns: str, right: Sequence[str] = ()) -> "Table":
    """An empty table with a rule under its head; columns named in ``right`` hold numbers."""
    from rich import box
    from rich.table import Table

    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    for name in columns:
        made.add_column(name, justify="right" if name in right else "left", overflow="fold")
    return made


def count(number: int | None) -> str:
    return "–" if number is None else f"{number:,}"


def size(number: int) -> str:
    amount = float(number)
    for unit in ("B", "kB", "MB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:,.1f} GB"
