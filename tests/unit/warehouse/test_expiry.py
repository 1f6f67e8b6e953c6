"""Which snapshots and branches nobody needs: decided by when they were last a head, not by their age."""

from datetime import UTC, date, datetime, timedelta

import pytest

from nightmarket.warehouse.expiry import busy, dispensable, idle_branches, seals_to_keep
from nightmarket.warehouse.history import History, Snapshot, keep_seals, parse

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAY = date(2026, 3, 2)


def at(days: float) -> datetime:
    """So many days before noon."""
    return NOON - timedelta(days=days)


def snapshot(
    number: int, parent: int | None, days: float, day: date | None = None, key: str = "k"
) -> Snapshot:
    said = {"nightmarket.run_key": key, "nightmarket.day": str(day), "nightmarket.rows_out": "7"}
    return Snapshot(number, parent, at(days), said if day else {})


def history(*snapshots: Snapshot, mains: dict[int, float], tags=None, **branches: int) -> History:
    """``mains``: since how many days before noon ``main`` was which snapshot."""
    heads = {"main": list(mains)[-1], **branches} if mains else branches
    known = {s.id: s for s in snapshots}
    log = tuple((at(days), number) for number, days in mains.items())
    return History(heads, known, ("day",), {}, tags=tags or {}, mains=log)


def gone(of: History, days: float, heads=frozenset()) -> list[int]:
    return [s.id for s in dispensable(of, at(days), lambda since: heads)]


def test_a_snapshot_counts_from_when_main_left_it_however_old_it_is():
    # 1 is a hundred days old and was main until an hour ago; 2 and 3 are a publish: staged, then sealed.
    lines = snapshot(1, None, 100), snapshot(2, 1, 0.06), snapshot(3, 2, 0.05)
    of = history(*lines, mains={1: 100, 3: 0.04})
    assert gone(of, 1) == []
    assert gone(of, 0.051) == []
    assert gone(of, 0.05) == [2]
    assert gone(of, 0.04) == [1, 2]


def test_what_was_staged_goes_when_its_seal_came():
    lines = snapshot(1, None, 9), snapshot(2, 1, 8), snapshot(3, 2, 5), snapshot(4, 3, 2)
    of = history(*lines, mains={1: 9, 3: 2.5, 4: 2})
    # Main was at 1 until 3 took over, two days and a half ago; 2 was a branch's head until 3 was committed.
    assert gone(of, 5.1) == []
    assert gone(of, 5) == [2]
    assert gone(of, 2.5) == [1, 2]
    assert gone(of, 2) == [1, 2, 3]
    assert gone(of, 0) == [1, 2, 3]


def test_branches_keep_all_that_is_theirs_and_tags_one():
    lines = (
        snapshot(1, None, 90), snapshot(2, 1, 80), snapshot(3, 2, 70), snapshot(4, 3, 60),
        snapshot(11, 2, 50), snapshot(12, 11, 50), snapshot(21, 1, 40), snapshot(22, 21, 40),
    )  # fmt: skip
    of = history(*lines, mains={1: 90, 2: 80, 3: 70, 4: 60}, tags={"kept": 22}, run_x=12)
    assert gone(of, 1) == [1, 2, 3, 21]


def test_off_the_line_goes_what_no_branch_had_for_a_while():
    lines = snapshot(1, None, 90), snapshot(11, 1, 50), snapshot(12, 1, 50), snapshot(13, 1, 0.5)
    of = history(*lines, mains={1: 90})
    assert gone(of, 1, heads=frozenset({1})) == [11, 12]
    # The branch of 12 was dropped within the day: a rerun may still be reading what it found there.
    assert gone(of, 1, heads=frozenset({1, 12})) == [11]
    assert gone(of, 1, heads=None) == []


def test_nothing_is_asked_of_earlier_versions_when_all_is_on_the_line():
    of = history(snapshot(1, None, 9), snapshot(2, 1, 8), mains={1: 9, 2: 8})
    asked: list[datetime] = []
    assert [s.id for s in dispensable(of, at(1), asked.append)] == [1]  # type: ignore[arg-type,func-returns-value]
    assert asked == []


def test_a_table_that_nothing_was_published_to_keeps_its_branches():
    of = history(snapshot(1, None, 9), snapshot(2, 1, 9), mains={}, run_a=2)
    assert gone(of, 1, heads=frozenset({2})) == []


def test_seals_of_what_expires_are_kept_and_of_what_lies_behind_it():
    monday, tuesday = date(2026, 3, 2), date(2026, 3, 3)
    lines = (
        snapshot(1, None, 9, monday, "first"), snapshot(2, 1, 8, monday, "again"), snapshot(3, 2, 7),
        snapshot(4, 3, 6, tuesday), snapshot(5, 4, 5),
    )  # fmt: skip
    of = history(*lines, mains={1: 9, 2: 8, 4: 6, 5: 5}, tags={"kept": 2})
    expiring = dispensable(of, at(5.5), lambda since: set())
    assert [s.id for s in expiring] == [1, 3]
    # 2 stays, but nothing leads there any more.
    assert [s.id for s in seals_to_keep(of, expiring)] == [2, 1]
    assert seals_to_keep(of, ()) == []


def test_a_kept_seal_says_what_its_snapshot_said():
    sealed = Snapshot(
        5, 4, datetime(2026, 3, 3, 1, 2, 3, 456_000, UTC),
        {
            "operation": "append",
            "nightmarket.run_key": "night {\"of\": '2'}", "nightmarket.day": "2026-03-02",
            "nightmarket.rows_out": "12", "nightmarket.started_at": "2026-03-03T01:00:00+00:00",
            "nightmarket.table": "stall.items", "nightmarket.inputs": "{}",
        },
    )  # fmt: skip
    earlier = Snapshot(3, 2, at(9), {"nightmarket.run_key": "eve", "nightmarket.day": "2026-03-02"})
    properties = keep_seals([sealed, earlier], since=None)
    assert list(properties) == ["nightmarket.sealed.2026-03-02"]
    of = parse(
        {
            "schemas": [], "current-schema-id": 0, "partition-specs": [{"spec-id": 0, "fields": []}],
            "default-spec-id": 0, "properties": properties, "snapshots": [
                {"snapshot-id": 9, "timestamp-ms": 0, "summary": {}},
            ], "refs": {"main": {"snapshot-id": 9, "type": "branch"}},
        }
    )  # fmt: skip
    found = of.sealed(9, DAY)
    assert found is not None
    assert (found.id, found.committed_at, found.number("nightmarket.rows_out")) == (
        5,
        sealed.committed_at,
        12,
    )
    assert found.summary["nightmarket.started_at"] == "2026-03-03T01:00:00+00:00"
    assert of.published(DAY, "night {\"of\": '2'}") == found
    assert of.published(DAY, "eve") is None
    assert of.published(date(2026, 3, 3), "night {\"of\": '2'}") is None
    # A table that has been emptied of publishes has none.
    assert of.sealed(None, DAY) is None


def test_seals_of_days_past_their_retention_are_not_kept():
    seals = [snapshot(n, None, 9, date(2026, 3, n)) for n in (3, 2, 1)]
    kept = keep_seals(seals, since=date(2026, 3, 2))
    assert list(kept) == ["nightmarket.sealed.2026-03-03", "nightmarket.sealed.2026-03-02"]


def test_snapshots_say_more_than_what_was_kept_of_older_ones():
    newer = snapshot(9, None, 1, DAY, "newer")
    old = snapshot(2, None, 30, DAY, "older")
    of = History({"main": 9}, {9: newer}, ("day",), {}, kept_seals={DAY: old})
    assert of.sealed(9, DAY) == newer
    assert of.published(DAY, "newer") == newer
    assert of.published(DAY, "older") == old


@pytest.mark.parametrize(
    ("days", "idle"), [(7.01, []), (7, ["run_b"]), (4, ["run_b", "run_c"]), (0, ["run_b", "run_c"])]
)
def test_a_branch_is_idle_since_its_last_write_or_since_main_went_on(days, idle):
    lines = snapshot(1, None, 90), snapshot(2, 1, 7), snapshot(3, 1, 5), snapshot(4, 1, 3)
    # run_b staged a week ago; run_c began from 1 and wrote nothing, and main left 1 four days ago; run_d is
    # what main is now, and may have begun just now; the last is no run's.
    of = history(*lines, mains={1: 90, 3: 4}, run_b=2, run_c=1, run_d=3, somebodys=1)
    assert list(idle_branches(of, at(days))) == idle


def test_a_table_is_busy_while_a_branch_of_a_run_is_young():
    lines = snapshot(1, None, 90), snapshot(2, 1, 7), snapshot(3, 1, 0.2)
    assert not busy(history(lines[0], mains={1: 90}), at(1))
    assert not busy(history(*lines[:2], mains={1: 90}, run_a=2, own=1), at(1))
    assert busy(history(*lines, mains={1: 90}, run_a=2, run_b=3), at(1))
    # Nothing written yet: it may have begun a moment ago.
    assert busy(history(lines[0], mains={1: 90}, run_a=1), at(1))
