"""The ``nightmarket`` command.

What is wrong and can be mended is one sentence on stderr and exit 1; a wrong command line is exit 2. A
defect of ours keeps its traceback. Every command imports what it needs when it runs, so that asking for
help starts neither Spark nor a model.
"""

import argparse
import os
import sys
from collections.abc import Sequence

from nightmarket import __version__, outage
from nightmarket.cli import look, machine, models, show, start, upkeep, work
from nightmarket.errors import NightMarketError
from nightmarket.visible import visible

_INTERRUPTED = 130
_EXTRAS = {
    "airflow": "airflow",
    "torch": "models",
    "transformers": "models",
    "openvino": "models",
    "sklearn": "models",
    "implicit": "models",
    "lingua": "models",
    "matplotlib": "report",
    "jinja2": "report",
    "polars": "demo",
}
"""Packages a user may have left out, and the extra of ours that brings them."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status. ``arguments`` are the process's own when None."""
    parsed = parser().parse_args(arguments)
    try:
        status: int = parsed.run(parsed)
        sys.stdout.flush()
        return status
    except NightMarketError as error:
        return _failed(str(error))
    except ModuleNotFoundError as missing:
        extra = _EXTRAS.get((missing.name or "").partition(".")[0])
        if extra is None:
            raise
        return _failed(
            f"this needs {missing.name}, which is not installed; run `pip install 'nightmarket[{extra}]'`."
        )
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        # The reader (head, less) has gone; without this Python complains once more while it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        beneath = outage.explained(error)
        if beneath is None:
            raise
        return _failed(str(beneath))


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    whole = argparse.ArgumentParser(
        prog="nightmarket",
        description="A shop's own exports in, the warehouse tables of a smart shop out, every night.",
        epilog="nightmarket COMMAND --help says more, with an example.",
    )
    whole.add_argument("--version", action="version", version=f"nightmarket {__version__}")
    commands = whole.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for group in (look, show, work, upkeep, start, models, machine):
        group.add(commands)
    return whole


def _failed(sentence: str) -> int:
    sys.stdout.flush()
    for number, line in enumerate(sentence.split("\n")):
        sys.stderr.write(f"{'' if number else 'error: '}{visible(line)}\n")
    return 1
