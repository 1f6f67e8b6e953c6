"""The command line: its words, its exit codes, and how little it loads."""

import argparse
import re
import subprocess
import sys
from pathlib import Path

import pytest

from nightmarket import cli
from nightmarket.cli import terminal
from nightmarket.errors import NightMarketError

COMMANDS = [
    ("plan",), ("tables",), ("show",), ("run",), ("night",), ("report",), ("new",), ("sources", "check"),
    ("models", "list"), ("models", "verify"), ("models", "prepare"), ("demo", "write"), ("doctor",), ("env",),
    ("airflow",), ("upkeep",),
]  # fmt: skip


def leaves(
    parser: argparse.ArgumentParser, words: tuple[str, ...] = ()
) -> dict[tuple[str, ...], argparse.ArgumentParser]:
    inner = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    if not inner:
        return {words: parser}
    return {
        k: v for name, child in inner[0].choices.items() for k, v in leaves(child, (*words, name)).items()
    }


def test_these_are_all_the_commands():
    assert sorted(leaves(cli.parser())) == sorted(COMMANDS)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_each_command_says_its_purpose_and_an_example_that_parses(words, capsys):
    with pytest.raises(SystemExit) as left:
        cli.main([*words, "--help"])
    assert left.value.code == 0
    said = capsys.readouterr().out
    purpose = leaves(cli.parser())[words].description
    assert purpose
    assert purpose.endswith(".")
    assert "\n" not in purpose
    examples = re.findall(
        r'^  (?:eval "\$\()?(nightmarket [^)"\n]+)', said.partition("example")[2], re.MULTILINE
    )
    assert examples
    for example in examples:
        asked = cli.parser().parse_args(example.split()[1:])
        assert example.split()[1 : 1 + len(words)] == list(words)
        assert callable(asked.run)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["dance"],
        ["sources"],
        ["show"],
        ["run", "behaviour.events"],
        ["run", "behaviour.events", "--day", "2026-02-30"],
        ["run", "behaviour.events", "--day", "20261101"],
        ["run", "behaviour.events", "--day", "yesterday"],
        ["show", "behaviour.events", "--limit", "0"],
        ["show", "behaviour.events", "--limit", "ten"],
        ["show", "behaviour.events", "--json", "--csv"],
        ["demo", "write", "--day", "2026-11-01", "--events", "-5"],
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_is_exit_2(arguments, capsys):
    with pytest.raises(SystemExit) as left:
        cli.main(arguments)
    assert left.value.code == 2
    assert "usage: nightmarket" in capsys.readouterr().err


def test_a_day_is_explained(capsys):
    with pytest.raises(SystemExit):
        cli.main(["report", "--day", "1/11/2026"])
    assert "'1/11/2026' is not a day; write it as in 2026-11-01" in capsys.readouterr().err


def test_what_can_be_mended_is_one_sentence_and_exit_1(monkeypatch, capsys):
    def fail(asked):
        raise NightMarketError("the shop is closed; open it.")

    monkeypatch.setattr("nightmarket.cli.look.tables", fail)
    assert cli.main(["tables"]) == 1
    said = capsys.readouterr()
    assert said.err == "error: the shop is closed; open it.\n"
    assert said.out == ""


def test_a_missing_extra_is_named(monkeypatch, capsys):
    def fail(asked):
        raise ModuleNotFoundError("No module named 'matplotlib.figure'", name="matplotlib.figure")

    monkeypatch.setattr("nightmarket.cli.work.report", fail)
    assert cli.main(["report", "--day", "2026-11-01"]) == 1
    assert "pip install 'nightmarket[report]'" in capsys.readouterr().err


@pytest.mark.parametrize("defect", [ValueError("ours"), ModuleNotFoundError("no", name="nightmarket.gone")])
def test_a_defect_of_ours_keeps_its_traceback(monkeypatch, defect):
    def fail(asked):
        raise defect

    monkeypatch.setattr("nightmarket.cli.look.tables", fail)
    with pytest.raises(type(defect)):
        cli.main(["tables"])


def test_no_project_is_a_clear_error(monkeypatch, tmp_path: Path, capsys):
    monkeypatch.setenv("NIGHTMARKET_PROJECT", str(tmp_path))
    assert cli.main(["plan"]) == 1
    assert str(tmp_path) in capsys.readouterr().err


def test_an_unknown_table_is_refused_before_spark_starts(monkeypatch, root: Path, capsys):
    monkeypatch.setenv("NIGHTMARKET_PROJECT", str(root))
    monkeypatch.setattr("nightmarket.cli.show.opened", lambda: pytest.fail("Spark was started"))
    assert cli.main(["show", "behaviour.event"]) == 1
    assert capsys.readouterr().err == "error: no table behaviour.event; did you mean behaviour.events?\n"
    assert cli.main(["show", "behaviour.events", "--columns", "event_id,colour"]) == 1
    assert "behaviour.events has no column colour; it has event_id, event_name" in capsys.readouterr().err


def test_an_unknown_operation_is_refused_before_spark_starts(monkeypatch, root: Path, capsys):
    monkeypatch.setenv("NIGHTMARKET_PROJECT", str(root))
    monkeypatch.setattr("nightmarket.cli.upkeep.opened", lambda: pytest.fail("Spark was started"))
    assert cli.main(["upkeep", "snapshots", "dust"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("error: there is no operation dust; there are branches, days, ")


def test_help_loads_nothing_heavy():
    """A budget in modules, not in seconds, which would depend on who else uses the machine."""
    code = (
        "import sys\n"
        "from nightmarket.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))\n"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    roots = set(loaded.splitlines()[-1].split())
    assert not roots & {
        "pyspark",
        "torch",
        "matplotlib",
        "pandas",
        "numpy",
        "yaml",
        "airflow",
        "jinja2",
        "rich",
    }


def test_a_reader_that_leaves_is_no_error(tmp_path: Path):
    """``nightmarket … | head -0``: the pipe is closed before anything is written to it."""
    code = (
        "import sys\n"
        "from nightmarket import cli\n"
        "from nightmarket.cli import look, terminal\n"
        "look.tables = lambda asked: [terminal.say('x' * 1000) for _ in range(1000)] and 0\n"
        "sys.exit(cli.main(['tables']))\n"
    )
    running = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert running.stdout is not None
    running.stdout.close()
    assert running.stderr is not None
    assert running.stderr.read() == ""
    running.stderr.close()
    assert running.wait() == 0


def test_text_is_plain_where_nobody_watches(capsys):
    screen = terminal.console()
    listed = terminal.table("name", "rows", right=["rows"])
    listed.add_row("宜兴紫砂壶", "12")
    listed.add_row("[bold]teapot[/bold] :smile:", "1,200")
    screen.print(listed)
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "[bold]teapot[/bold] :smile:" in said
    lines = said.splitlines()
    # Each Chinese character is two columns wide: both numbers end in the same column on a screen.
    assert len(lines[2]) + 5 == len(lines[3])
