"""How numbers, times and languages are said on the page."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

_WEEKDAYS = "一二三四五六日"
_MISSING = "–"
_SPACE = "\u00a0"
"""Between a number and its unit, so that no line breaks there."""

_LANGUAGES = {
    "en": ("English", "英文"),
    "zh": ("Chinese", "中文"),
    "zh-Hant": ("Traditional Chinese", "繁体中文"),
}


def count(number: int | None) -> str:
    return _MISSING if number is None else f"{number:,}"


def share(part: int, whole: int) -> str:
    """A percentage with enough digits to tell a small share from none: ``0.04 %``."""
    if not whole or not part:
        return f"0{_SPACE}%"
    percent = 100 * part / whole
    if percent < 0.01:
        return f"under 0.01{_SPACE}%"
    return f"{percent:.2f}{_SPACE}%" if percent < 1 else f"{percent:.1f}{_SPACE}%"


def size(number: int | None) -> str:
    if number is None:
        return _MISSING
    amount = float(number)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return (
                f"{amount:.0f}{_SPACE}{unit}"
                if unit == "B" or amount >= 100
                else f"{amount:.1f}{_SPACE}{unit}"
            )
        amount /= 1000
    return f"{amount:,.1f}{_SPACE}TB"


def duration(seconds: float | None) -> str:
    if seconds is None:
        return _MISSING
    if seconds < 9.95:
        return f"{seconds:.1f}{_SPACE}s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}{_SPACE}s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes}{_SPACE}min{_SPACE}{rest:02d}{_SPACE}s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}{_SPACE}h{_SPACE}{minutes:02d}{_SPACE}min"


def clock(moment: datetime | None, timezone: str) -> str:
    return _MISSING if moment is None else f"{moment.astimezone(ZoneInfo(timezone)):%H:%M:%S}"


def long_day(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B %Y}"


def chinese_day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日 星期{_WEEKDAYS[day.weekday()]}"


def freshness(newest: date | None, day: date) -> str:
    """How far behind the night's day a table's readers are."""
    if newest is None:
        return "never published"
    behind = (day - newest) // timedelta(days=1)
    if behind <= 0:
        return "tonight"
    return "1 day old" if behind == 1 else f"{behind} days old"


def change(now: int | None, before: int | None) -> str:
    """Tonight's rows against the night before: ``+2.1 %``; empty when there is nothing to compare."""
    if now is None or not before:
        return ""
    percent = 100 * (now - before) / before
    if now == before:
        return "same"
    return f"{percent:+.1f}{_SPACE}%".replace("-", "−") if abs(percent) < 1000 else f"×{now / before:,.0f}"


def language(code: str) -> tuple[str, str]:
    """A language in English and Chinese; one without a name here is said by its code."""
    return _LANGUAGES.get(code, (code, ""))


def joined(names: list[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""
