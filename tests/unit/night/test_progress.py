"""The night in a terminal."""

import io

from rich.console import Console

from nightmarket.night.progress import Progress, Step

TABLES = ["behaviour.events", "ops.metrics"]


def shown(console: Console, *states: dict[str, Step], said: dict[str, str] | None = None) -> list[str]:
    with Progress(console, TABLES) as progress:
        for steps in states:
            progress.show(steps, said or {})
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def plain() -> Console:
    return Console(file=io.StringIO(), width=100, force_terminal=False, highlight=False)


def test_without_a_screen_each_task_is_one_line_when_it_is_over() -> None:
    lines = shown(
        plain(),
        {"behaviour.events": Step("running", 1.0)},
        {"behaviour.events": Step("success", 12.34), "ops.metrics": Step("running", 0.1)},
        {"behaviour.events": Step("success", 12.34), "ops.metrics": Step("success", 3.0)},
        {"ops.metrics": Step("success", 3.0), "report": Step("success", 1.0)},
        said={"behaviour.events": "behaviour.events: 10 rows"},
    )
    assert lines == [
        "behaviour.events    12.3 s  published · 10 rows",
        "ops.metrics          3.0 s  published",
        "report               1.0 s  written",
    ]


def test_every_way_to_end_has_its_own_words() -> None:
    lines = shown(
        plain(), {"behaviour.events": Step("failed", 2.0), "ops.metrics": Step("upstream_failed", None)}
    )
    assert lines == [
        "behaviour.events     2.0 s  failed",
        "ops.metrics                 not run, an input failed",
    ]
    assert shown(plain(), {"ops.metrics": Step("skipped", 0.0)})[0].endswith("not asked for")


def test_a_run_without_a_day_is_told_and_one_with_a_day_is_not() -> None:
    assert shown(plain(), {"day": Step("success", 0.1)}) == []
    assert "failed" in shown(plain(), {"day": Step("failed", 0.1)})[0]


def test_what_a_job_said_is_shown_as_it_is() -> None:
    said = {"ops.metrics": "took [bold]everything[/bold]"}
    lines = shown(plain(), {"ops.metrics": Step("success", 1.0)}, said=said)
    assert lines[0].endswith("published · took [bold]everything[/bold]")


def test_on_a_screen_every_table_has_a_row_from_the_start() -> None:
    console = Console(file=io.StringIO(), width=100, force_terminal=True, color_system=None, highlight=False)
    lines = shown(console, {"behaviour.events": Step("running", 65.0)})
    text = "\n".join(lines)
    assert "65.0 s" in text
    assert text.index("behaviour.events") < text.index("ops.metrics") < text.index("report")
    assert "waits" in text
