"""Commands about this machine: doctor, env, airflow."""

import argparse
import os
import shlex

from nightmarket.cli import terminal
from nightmarket.cli.command import Arguments, Commands, command

_MARKS = {"good": ("✓", "green"), "note": ("·", "yellow"), "bad": ("✗", "bold red")}


def add(commands: Commands) -> None:
    command(
        commands, "doctor", doctor, "check everything a night needs and say what to do about each problem",
        "nightmarket doctor",
    )  # fmt: skip
    command(
        commands, "env", env, "print the environment in which spark-submit, pyspark and airflow work here",
        'eval "$(nightmarket env)"',
    )  # fmt: skip
    made = command(
        commands, "airflow", airflow, "run airflow in the environment of this machine's nights",
        "nightmarket airflow standalone",
    )  # fmt: skip
    made.add_argument("arguments", nargs=argparse.REMAINDER, metavar="ARGUMENT", help="what airflow takes")


def doctor(arguments: Arguments) -> int:
    from rich.text import Text

    from nightmarket.doctor import examine

    screen = terminal.console()
    bad = 0
    for finding in examine():
        mark, style = _MARKS[finding.state]
        bad += finding.state == "bad"
        screen.print(Text.assemble((f"{mark} ", style), (f"{finding.what:<14}", "bold"), finding.found))
        if finding.remedy:
            screen.print(Text(f"  {'':<14}→ {finding.remedy}"))
    screen.print()
    if bad:
        screen.print(f"A night cannot run here yet: {bad} {'problem' if bad == 1 else 'problems'} marked ✗.")
        return 1
    screen.print("A night can run here.")
    return 0


def airflow(arguments: Arguments) -> int:
    from nightmarket import night

    return night.call(arguments.arguments)


def env(arguments: Arguments) -> int:
    from nightmarket import night, project

    variables = night.environment(project.home())
    variables["PATH"] = os.pathsep.join(dict.fromkeys(variables["PATH"].split(os.pathsep)))
    for name, value in sorted(variables.items()):
        # Colours are taken from the night's log, which this is not.
        if os.environ.get(name) != value and name != "NO_COLOR":
            terminal.say(f"export {name}={shlex.quote(value)}")
    return 0
