"""What the clock of a log shows at best, from its times alone."""

from datetime import datetime, timedelta

import pytest

from nightmarket.spark.clocks import coarsest, slots

MIDNIGHT = datetime(2026, 3, 10)  # noqa: DTZ001 (in whatever zone)


def at(*minutes: float) -> list[datetime]:
    return [MIDNIGHT + timedelta(minutes=m) for m in minutes]


@pytest.mark.parametrize(
    ("times", "seconds"),
    [
        (at(0, 0, 1440), 86400),
        (at(345, 345), 86400),  # a date of Nepal, 5:45 ahead
        (at(0, 60), 3600),
        (at(45, 105, 1305), 3600),
        (at(0, 30), 1800),
        (at(15, 45, 75), 1800),
        (at(0, 45), 900),
        (at(0, 5), 300),
        (at(10, 65, 75), 300),
        (at(0, 1), 60),
        (at(14, 29), 60),
        (at(1 / 60), 0),
        (at(1 / 60_000_000), 0),
        ([], 0),
    ],
)
def test_the_largest_unit_that_all_times_are_full_ones_of(times: list[datetime], seconds: int) -> None:
    assert coarsest(slots(times)) == seconds


def test_one_time_in_twenty_may_be_another_clocks() -> None:
    hours = at(*(60 * n for n in range(19)))
    assert coarsest(slots([*hours, *at(0.5)])) == 3600
    assert coarsest(slots([*hours[:-1], *at(0.5)])) == 0
    assert coarsest(slots([*hours, *at(7)])) == 3600
    assert coarsest(slots([*hours[:-1], *at(7)])) == 60
