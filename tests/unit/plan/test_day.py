"""The time rule: which day a run of a DAG is for."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightmarket.errors import PlanError
from nightmarket.plan.day import day_of_run

# zone, end of the interval in UTC (02:00 local), the last whole day in it
INTERVALS = [
    ("UTC", "2026-11-02T02:00Z", "2026-11-01"),
    ("Asia/Shanghai", "2026-11-01T18:00Z", "2026-11-01"),
    ("America/Los_Angeles", "2026-11-01T10:00Z", "2026-10-31"),  # clocks went back at 02:00 that night
    ("Europe/Berlin", "2026-03-29T01:00Z", "2026-03-28"),  # 02:00 does not exist; the run starts at 03:00
    ("Pacific/Kiritimati", "2025-12-31T12:00Z", "2025-12-31"),
    ("Asia/Shanghai", "2026-11-01T20:00Z", "2026-11-01"),  # a week's, Monday at 04:00
]


@pytest.mark.parametrize(("zone", "end", "day"), INTERVALS)
@pytest.mark.parametrize("run_type", ["scheduled", "backfill", "manual"])
def test_an_interval_is_for_the_day_before_it_ends(run_type: str, zone: str, end: str, day: str) -> None:
    assert day_of_run(run_type, None, datetime.fromisoformat(end), zone) == date.fromisoformat(day)


@pytest.mark.parametrize("run_type", ["manual", "operator_triggered", "asset_triggered"])
@pytest.mark.parametrize("end", [None, datetime(2020, 1, 1, 2, tzinfo=UTC)])
def test_a_run_by_hand_is_for_the_day_asked_for(run_type: str, end: datetime | None) -> None:
    assert day_of_run(run_type, "2026-11-01", end, "Asia/Shanghai") == date(2026, 11, 1)


def test_a_run_by_hand_with_neither_day_nor_date_says_what_to_type() -> None:
    with pytest.raises(PlanError, match=r"which day this run is for.*\"day\": \"2026-11-01\""):
        day_of_run("manual", None, None, "UTC")


@pytest.mark.parametrize("run_type", ["scheduled", "backfill"])
def test_a_day_is_refused_where_the_interval_decides(run_type: str) -> None:
    with pytest.raises(PlanError, match="takes its day from its interval"):
        day_of_run(run_type, "2026-11-01", datetime(2026, 11, 1, 2, tzinfo=UTC), "UTC")


@pytest.mark.parametrize(
    "asked", ["yesterday", "2026-13-01", "2026-02-29", "20261101", "2026-W44-1", "2026-11-1"]
)
def test_what_is_not_a_day_is_refused_with_its_own_words(asked: str) -> None:
    with pytest.raises(PlanError, match=f"'{asked}' is not a day"):
        day_of_run("manual", asked, None, "UTC")


@given(st.dates(min_value=date(2000, 1, 2), max_value=date(2100, 1, 1)))
def test_every_day_written_as_iso_comes_back(day: date) -> None:
    assert day_of_run("manual", day.isoformat(), None, "UTC") == day
