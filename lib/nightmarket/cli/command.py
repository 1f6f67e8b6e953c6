"""How one command is declared on the command line, and the values commands share."""

import argparse
from collections.abc import Callable
from datetime import date
from typing import Any

Commands = Any
"""What argparse's add_subparsers returns; its class has no public name."""
Arguments = argparse.Namespace


def command(
    commands: Commands, name: str, run: Callable[[Arguments], int], purpose: str, *examples: str
) -> argparse.ArgumentParser:
    """Add a command: ``purpose`` is its line in the list of commands, ``examples`` end its own help."""
    added: argparse.ArgumentParser = commands.add_parser(
        name,
        help=purpose,
        description=f"{purpose[0].upper()}{purpose[1:]}.",
        epilog="\n".join(["example:" if len(examples) == 1 else "examples:", *(f"  {e}" for e in examples)]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    added.set_defaults(run=run)
    return added


def group(commands: Commands, name: str, purpose: str) -> Commands:
    """Add a word that takes a command of its own, such as ``sources check``."""
    added = commands.add_parser(name, help=purpose, description=f"{purpose[0].upper()}{purpose[1:]}.")
    return added.add_subparsers(title="commands", metavar="COMMAND", required=True)


def add_day(parser: argparse.ArgumentParser, words: str, *, required: bool = True) -> None:
    parser.add_argument("--day", type=day, required=required, metavar="YYYY-MM-DD", help=words)


def day(text: str) -> date:
    """Raises: ArgumentTypeError, which argparse prints with the usage."""
    try:
        if len(text) != len("2026-11-01"):
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a day; write it as in 2026-11-01") from None


def positive(text: str) -> int:
    """A whole number of at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number of 1 or more")
    return int(text)
