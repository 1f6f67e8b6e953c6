"""What a run reads for an input, where there is something to read and where there is not."""

from datetime import date, timedelta

import pytest

from nightmarket.errors import WarehouseError
from nightmarket.plan import Input, job, latest
from nightmarket.runner.inputs import frames

DAY = date(2026, 3, 10)


class OneTable:
    """A warehouse of one table that has one day with rows, and one without."""

    def __init__(self, newest: date | None, empty: date | None = None) -> None:
        self.newest, self.empty = newest, empty

    def newest_day(self, table: str, on_or_before: date) -> date | None:
        return self.newest

    def newest_published(self, table: str, on_or_before: date) -> date | None:
        return max(filter(None, (self.newest, self.empty)), default=None)

    def days(self, table: str, first: date, last: date) -> list[date]:
        """The days with rows among those asked for."""
        return [self.newest] if self.newest and first <= self.newest <= last else []


def read(declared: Input, newest: date | None, empty: date | None = None) -> object:
    reads = job(writes="a.alike", looks=declared)(lambda looks: looks)
    return frames(reads, DAY, None, OneTable(newest, empty), None)["looks"]  # type: ignore[arg-type]


@pytest.mark.parametrize("age", [0, 3])
def test_the_newest_day_is_read_whether_it_is_needed_or_not(age: int) -> None:
    newest = DAY - timedelta(days=age)
    for optional in (False, True):
        assert read(latest("a.looks", max_age=3, optional=optional), newest) == [newest]


@pytest.mark.parametrize("newest", [None, DAY - timedelta(days=4)])
def test_without_a_recent_day_what_is_optional_has_no_rows(newest: date | None) -> None:
    assert read(latest("a.looks", max_age=3, optional=True), newest) == []
    with pytest.raises(WarehouseError, match=r"a\.alike for 2026-03-10 needs a\.looks of that day or"):
        read(latest("a.looks", max_age=3), newest)


@pytest.mark.parametrize("newest", [None, DAY - timedelta(days=4)])
def test_a_recent_day_without_rows_is_read_as_none(newest: date | None) -> None:
    declared = latest("a.looks", max_age=3)
    for age in (0, 3):
        assert read(declared, newest, DAY - timedelta(days=age)) == []
    with pytest.raises(WarehouseError, match="at most 3 days before"):
        read(declared, newest, DAY - timedelta(days=4))


def test_a_day_without_rows_does_not_hide_a_recent_one_with_rows() -> None:
    newest = DAY - timedelta(days=3)
    assert read(latest("a.looks", max_age=3), newest, DAY) == [newest]
