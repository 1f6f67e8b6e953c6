"""The page's charts, each drawn for a given width in CSS pixels.

A picture drawn for a desk and shrunk to a phone could not be read, so the page asks for both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from nightmarket.report import svg, wording
from nightmarket.report.night import Night, TableNight

_NARROW = 600
"""Below this many pixels labels stand above their bars and panels below one another."""
_ABREAST = 3
"""Panels side by side on a desk; more would leave too little room for their titles."""
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600)
"""Seconds between two ticks of a clock a person reads without counting."""


@mpl.rc_context(svg.STYLE)
def timeline(night: Night, width: int) -> str:
    """A bar per table from start to publication, in the order they started; unpublished ones are named.

    Empty text when no published table says when it ran.
    """
    ran = [t for t in night.published if t.started_at and t.published_at]
    if not ran:
        return ""
    first = min(t.started_at for t in ran if t.started_at)
    last = max(t.published_at for t in ran if t.published_at)
    span = max((last - first).total_seconds(), 1.0)
    ran.sort(key=lambda table: (table.started_at or first, table.table))
    rows = [*ran, *night.unpublished]
    narrow = width < _NARROW
    row, left = (42, 2) if narrow else (28, 214)
    height = row * len(rows) + 34
    drawing = svg.figure(width, height)
    axes = svg.axes(drawing, left, 4, width - 22, height - 30)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlim(0, span)
    for place, table in enumerate(rows):
        colour = svg.INK if table.state == "published" else svg.BAD
        if narrow:
            _beside(axes, table.table, 0, place, 0, "left", colour, up=4)
        else:
            _beside(axes, table.table, 0, place, -12, "right", colour)
        _bar(axes, table, place, first, span, night, narrow)
    zone = ZoneInfo(night.timezone)
    ticks = _clock_ticks(first.astimezone(zone), span, most=4 if narrow else 9)
    close = len(ticks) > 1 and ticks[1][0] - ticks[0][0] < 60
    axes.set_xticks(
        [at for at, _ in ticks], [f"{moment:{'%H:%M:%S' if close else '%H:%M'}}" for _, moment in ticks]
    )
    axes.set_yticks([])
    axes.grid(axis="x", color=svg.LINE, linewidth=1)
    bars = "; ".join(f"{t.table} {wording.duration(t.seconds)}" for t in ran)
    return svg.markup(drawing, f"timeline-{width}", f"Timeline of the night, a bar per table. {bars}.")


def _bar(
    axes: Axes, table: TableNight, place: int, first: datetime, span: float, night: Night, narrow: bool
) -> None:
    """A table's bar with its duration: beside it on a desk, above its far end on a phone."""
    if not (table.state == "published" and table.started_at and table.published_at):
        if narrow:
            _beside(axes, "not published", span, place, 0, "right", svg.BAD, up=4)
        else:
            _beside(axes, "not published", 0, place, 4, "left", svg.BAD)
        return
    start = (table.started_at - first).total_seconds()
    length = max((table.published_at - table.started_at).total_seconds(), span / 300)
    colour = svg.ACCENT if table is night.slowest else svg.BAR
    axes.barh(
        place + 0.2 if narrow else place, length, left=start, height=0.36 if narrow else 0.6, color=colour
    )
    said = wording.duration(table.seconds)
    if narrow:
        _beside(axes, said, span, place, 0, "right", svg.MUTED, up=4)
    elif start + length < span * 0.88:
        _beside(axes, said, start + length, place, 6, "left", svg.MUTED)
    elif start > span * 0.12:
        _beside(axes, said, start, place, -6, "right", svg.MUTED)
    else:
        _beside(axes, said, start + length, place, -6, "right", "white")


def _beside(
    axes: Axes, text: str, x: float, y: float, shift: float, align: str, colour: str, up: float = 0
) -> None:
    axes.annotate(text, (x, y), xytext=(shift, up), textcoords="offset points", ha=align,
                  va="bottom" if up else "center", color=colour)  # fmt: skip


def _clock_ticks(first: datetime, span: float, most: int) -> list[tuple[float, datetime]]:
    """Round times of the clock within the span: (seconds since the start, the time)."""
    step = next((s for s in _STEPS if span / s <= most), _STEPS[-1])
    midnight = first.replace(hour=0, minute=0, second=0, microsecond=0)
    since = (first - midnight).total_seconds()
    at = -(-since // step) * step
    ticks = []
    while at - since <= span:
        ticks.append((at - since, midnight + timedelta(seconds=at)))
        at += step
    return ticks


@mpl.rc_context(svg.STYLE)
def hours(name: str, counts: Sequence[int], width: int, *, what: str) -> str:
    """A count for each hour of the shop's clock, 24 of them; the busiest hour stands out.

    Args:
        name: the chart's own on the page.
        what: is counted, in the plural: ``events``.
    """
    busiest = max(range(24), key=lambda hour: (counts[hour], -hour))
    drawing = svg.figure(width, 240)
    axes = svg.axes(drawing, 54, 24, width - 6, 210)
    axes.bar(
        range(24), counts, width=0.76, color=[svg.ACCENT if h == busiest else svg.BAR for h in range(24)]
    )
    axes.annotate(f"{counts[busiest]:,}", (busiest, counts[busiest]), xytext=(0, 5),
                  textcoords="offset points", ha="center")  # fmt: skip
    shown = range(0, 24, 6 if width < _NARROW else 3)
    axes.set_xticks(shown, [f"{hour:02d}:00" for hour in shown])
    axes.set_xlim(-0.6, 23.6)
    _count_axis(axes)
    words = (
        f"{what.capitalize()} per hour of the day. {sum(counts):,} {what}; "
        f"the busiest hour began at {busiest:02d}:00 with {counts[busiest]:,}."
    )
    return svg.markup(drawing, f"{name}-{width}", words)


@dataclass(frozen=True)
class Panel:
    """One of several histograms side by side."""

    title: str
    words: str
    """What it shows, for a reader who cannot see it."""
    bins: tuple[int, ...]
    """Counts in ten equal bins from 0 to 1."""


@mpl.rc_context(svg.STYLE)
def histograms(
    name: str, panels: Sequence[Panel], width: int, *, ends: tuple[str, str, str], words: str
) -> str:
    """A panel each of values from 0 to 1; those below one half are coloured as bad, the others as good.

    Empty text when there is no panel.

    Args:
        name: the chart's own on the page.
        ends: what 0, one half and 1 mean.
        words: what the picture is of, said before the panels' own words.
    """
    if not panels:
        return ""
    across = 1 if width < _NARROW else min(len(panels), _ABREAST)
    wide, high = width / across, 236
    drawing = svg.figure(width, high * -(-len(panels) // across))
    for place, panel in enumerate(panels):
        left, top = (place % across) * wide, (place // across) * high
        axes = svg.axes(drawing, left + 54, top + 46, left + wide - 14, top + high - 34)
        edges = range(10)
        axes.bar([(edge + 0.5) / 10 for edge in edges], panel.bins, width=0.086,
                 color=[svg.BAD if edge < 5 else svg.GOOD for edge in edges])  # fmt: skip
        axes.set_title(panel.title, loc="left", fontsize=svg.FONT, pad=16)
        axes.set_xlim(0, 1)
        axes.set_xticks([0, 0.5, 1], ends)
        _count_axis(axes)
        labels = axes.get_xticklabels()
        labels[0].set_horizontalalignment("left")
        labels[-1].set_horizontalalignment("right")
    said = " ".join(f"{panel.words}." for panel in panels)
    return svg.markup(drawing, f"{name}-{width}", f"{words} {said}")


def _count_axis(axes: Axes) -> None:
    axes.grid(axis="y", color=svg.LINE, linewidth=1)
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.set_ylim(bottom=0)
