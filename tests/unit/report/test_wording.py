"""How numbers and times are said."""

import re
from datetime import date, datetime, timezone

import pytest

from nightmarket.domains.behaviour.sections import apart
from nightmarket.domains.behaviour.sections.apart import Apart
from nightmarket.domains.embeddings.sections.tuning import ndcg
from nightmarket.report import wording as say

DAY = date(2026, 11, 1)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "–"),
        (0, "0.0 s"),
        (9.94, "9.9 s"),
        (9.95, "10 s"),
        (59.4, "59 s"),
        (60, "1 min 00 s"),
        (3599, "59 min 59 s"),
        (3600, "1 h 00 min"),
        (59.6, "1 min 00 s"),
        (3599.7, "1 h 00 min"),
        (7384, "2 h 03 min"),
    ],
)
def test_duration(seconds, said):
    assert plain(say.duration(seconds)) == said


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (None, "–"),
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (1_540, "1.5 kB"),
        (99_940, "99.9 kB"),
        (100_000, "100 kB"),
        (240_000, "240 kB"),
        (999_000_000, "999 MB"),
        (1e9, "1.0 GB"),
        (1e12, "1.0 TB"),
        (1.5e15, "1,500.0 TB"),
        (3.2e12, "3.2 TB"),
    ],
)
def test_size(number, said):
    assert plain(say.size(number)) == said


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [
        (0, 10, "0 %"),
        (1, 0, "0 %"),
        (1, 1_000_000, "under 0.01 %"),
        (1, 10_000, "0.01 %"),
        (4, 1000, "0.40 %"),
        (1, 100, "1.0 %"),
        (27, 1000, "2.7 %"),
        (5, 5, "100.0 %"),
    ],
)
def test_share(part, whole, said):
    assert plain(say.share(part, whole)) == said


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        (10, None, ""),
        (10, 0, ""),
        (10, 10, "same"),
        (105, 100, "+5.0 %"),
        (0, 10, "−100.0 %"),
        (1099, 100, "+999.0 %"),
        (1100, 100, "×11"),
        (95, 100, "−5.0 %"),
        (5000, 2, "×2,500"),
        (None, 3, ""),
    ],
)
def test_change(now, before, said):
    assert plain(say.change(now, before)) == said


def test_freshness_counts_nights():
    assert [say.freshness(d, DAY) for d in (DAY, date(2026, 10, 31), date(2026, 10, 25), None)] == [
        "tonight", "1 day old", "7 days old", "never published",
    ]  # fmt: skip


def test_days_are_said_in_both_languages():
    assert say.long_day(DAY) == "Sunday 1 November 2026"
    assert say.chinese_day(DAY) == "2026年11月1日 星期日"
    week = [say.chinese_day(date(2026, 11, day))[-1] for day in range(2, 9)]
    assert week == list("一二三四五六日")


def test_a_clock_is_the_shops():
    assert say.clock(datetime(2026, 7, 1, 23, 30, tzinfo=timezone.utc), "Asia/Shanghai") == "07:30:00"  # noqa: UP017


def test_late_events_by_their_days():
    text = apart.show(Apart({1: 5, 3: 6, 4: 7}, {}))
    shown = re.findall(r"([^<>]+ late[^<>]*) <small><span[^>]*>([^<]*)</span>", text)
    assert shown == [
        ("1 day late", "晚 1 天"),
        ("3 days late", "晚 3 天"),
        ("4 days late and more", "晚 4 天以上"),
    ]
    assert [ndcg(x) for x in (None, 0, 0.12345)] == ["–", "0.000", "0.123"]
    assert [say.count(x) for x in (None, 0, 1234567)] == ["–", "0", "1,234,567"]


def test_a_day_that_is_newer_than_the_night_is_tonights():
    assert say.freshness(date(2026, 11, 2), DAY) == "tonight"


def test_joined():
    assert [say.joined(list(x)) for x in ("", "a", "ab", "abc")] == ["", "a", "a and b", "a, b and c"]
