"""``nightmarket night``: which nights it runs, in which order, and when it stops."""

from datetime import date

import pytest

from nightmarket import cli
from nightmarket.cli import work
from nightmarket.night import INTERRUPTED, watched


@pytest.fixture
def nights(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str | None]]:
    """The nights that were run, in their order, none of them for real; the one of the 4th fails."""
    ran: list[tuple[str, str | None]] = []

    def run(day: date, only: str | None = None, console=None) -> int:
        ran.append((str(day), only))
        return {4: 1, 14: INTERRUPTED}.get(day.day, 0)

    monkeypatch.setattr(watched, "run", run)
    monkeypatch.setattr("nightmarket.night.run", run)
    monkeypatch.setattr(work, "_newest_published", lambda: date(2026, 11, 3))
    return ran


def test_one_day_is_one_night(nights) -> None:
    assert cli.main(["night", "--day", "2026-11-02", "--only", "reviews.clean"]) == 0
    assert nights == [("2026-11-02", "reviews.clean")]


def test_a_range_ends_at_the_newest_day_published(nights) -> None:
    assert cli.main(["night", "--from", "2026-10-31"]) == 0
    assert nights == [(day, None) for day in ("2026-10-31", "2026-11-01", "2026-11-02", "2026-11-03")]


def test_a_range_ends_where_it_is_told_to(nights) -> None:
    assert cli.main(["night", "--from", "2026-11-07", "--to", "2026-11-08", "--only", "a.b"]) == 0
    assert nights == [("2026-11-07", "a.b"), ("2026-11-08", "a.b")]


def test_the_first_night_that_fails_is_named_and_the_last_that_runs(nights, capsys) -> None:
    assert cli.main(["night", "--from", "2026-11-03", "--to", "2026-11-06", "--only", "a.b"]) == 1
    assert [day for day, _ in nights] == ["2026-11-03", "2026-11-04"]
    assert (
        "The night of 2026-11-04 is not done and none after it was begun; to go on: "
        "nightmarket night --from 2026-11-04 --to 2026-11-06 --only a.b\n" in capsys.readouterr().out
    )


def test_an_interrupted_night_ends_the_range(nights) -> None:
    assert cli.main(["night", "--from", "2026-11-14", "--to", "2026-11-15"]) == INTERRUPTED
    assert len(nights) == 1


@pytest.mark.parametrize(
    ("arguments", "newest", "says"),
    [
        (["--from", "2026-11-05"], date(2026, 11, 3), "the range would end on 2026-11-03, before it begins"),
        (["--from", "2026-11-05"], None, "nothing is published yet, before it begins on 2026-11-05"),
        (["--from", "2026-11-05", "--to", "2026-11-04"], None, "the range would end on 2026-11-04"),
        (["--day", "2026-11-05", "--to", "2026-11-06"], None, "--to ends a range that --from begins"),
    ],
)
def test_what_is_no_range_is_one_sentence(nights, monkeypatch, capsys, arguments, newest, says: str) -> None:
    monkeypatch.setattr(work, "_newest_published", lambda: newest)
    assert cli.main(["night", *arguments]) == 1
    assert says in capsys.readouterr().err
    assert nights == []


@pytest.mark.parametrize(
    "arguments", [[], ["--to", "2026-11-05"], ["--day", "2026-11-05", "--from", "2026-11-05"]]
)
def test_a_night_needs_a_day_or_a_range(nights, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["night", *arguments])
    assert ended.value.code == 2
    assert nights == []
