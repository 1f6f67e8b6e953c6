"""What ran, and when: a bar per table, of the longest when there are many."""

from dataclasses import replace

from markupsafe import Markup

from nightmarket.report import charts
from nightmarket.report.blocks import picture, render
from nightmarket.report.night import Night
from nightmarket.report.section import Section

_MOST = 20
"""Bars that a person takes in at a glance, and does not scroll past on a phone for long."""
_UNPUBLISHED = 6

_SHOWN = """
<p class="note">Each bar runs from a table's start to its publication{% if night.slowest %}; the longest, <b class="accent">{{ night.slowest.table }}</b>, is marked{% endif %}.{% if left %} {{ left }} more tables stand only in the lists below.{% endif %}</p>
{{ picture(drawn) }}
"""  # noqa: E501


def show(night: Night) -> Markup:
    few = night if len(night.tables) <= _MOST else _few(night)
    drawn = picture(lambda width: charts.timeline(few, width))
    left = len(night.tables) - len(few.tables)
    return render(_SHOWN, night=few, drawn=drawn, left=left) if drawn else Markup()


def _few(night: Night) -> Night:
    """With the longest tables, and of the unpublished first those whose own run failed: what waits for them
    says nothing more."""
    ran = sorted(night.published, key=lambda table: (-(table.seconds or 0.0), table.table))
    failed = sorted(night.unpublished, key=lambda table: table.state != "missing")[:_UNPUBLISHED]
    shown = {table.table for table in (*failed, *ran[: _MOST - len(failed)])}
    return replace(night, tables=tuple(table for table in night.tables if table.table in shown))


SECTION = Section("What ran, and when", "时间轴", "operator", 10, show)
