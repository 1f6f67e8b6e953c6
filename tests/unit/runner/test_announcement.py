"""What an application says of its tables survives any log, and nothing else is taken for it."""

import json

import pytest

from nightmarket.runner.announcement import Announcement, announced

SAID = Announcement("reviews.clean", "failed", "RUN", 'two lines:\n  "夜市" \x1b[31m', 1.25, retryable=True)


def test_a_line_is_read_as_it_was_written() -> None:
    line = SAID.line()
    assert "\n" not in line
    assert announced(line) == SAID
    assert announced(f"2026-11-02 [info] {line}   ") == SAID
    assert announced(Announcement("a.b", "started", "RUN").line()) == Announcement("a.b", "started", "RUN")


@pytest.mark.parametrize(
    "line",
    [
        "",
        "reviews.clean: 12 rows",
        "nightmarket: 12 rows",
        "nightmarket: {",
        "nightmarket: []",
        'nightmarket: {"subject": "a.b"}',
    ],
)
def test_other_lines_say_nothing(line: str) -> None:
    assert announced(line) is None


@pytest.mark.parametrize("field", ["subject", "state", "run_key", "words", "seconds", "retryable"])
def test_a_line_of_another_form_says_nothing(field: str) -> None:
    whole = json.loads(SAID.line().partition(": ")[2])
    for other in (whole | {field: None}, whole | {"more": 1}, {k: v for k, v in whole.items() if k != field}):
        assert announced(f"nightmarket: {json.dumps(other)}") is None
