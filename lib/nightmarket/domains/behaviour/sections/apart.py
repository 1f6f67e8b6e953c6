"""Events that came late, by how late, and those of machines, by how they gave themselves away."""

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup
from pyspark.sql import functions as F

from nightmarket.report.blocks import render
from nightmarket.report.section import Look, Section

MOST_LATE = 4
"""Days; events that late and later are counted together."""

RULES = {
    "user_agent": ("crawlers that say so", "自报爬虫"),
    "rate": ("faster than a person reads", "速度过快"),
    "regularity": ("regular as a clock", "间隔过于规律"),
}
"""Why an event is taken for a machine's, by ``bot`` of ``behaviour.events``."""

_SHOWN = """
<div class="columns">
{% for english, chinese, rows, total in kinds %}
<div>
<h3>{{ english }} <span class="zh" lang="zh">{{ chinese }}</span> <span class="title">{{ say.count(total) }} rows</span></h3>
{{ bars(rows, total) if rows }}
</div>
{% endfor %}
</div>
<p class="note">Late events happened before the day of the export that brought them; they count where they belong. Machines' events are kept and marked, and count for nobody; a customer among them may be a person with a fast hand.</p>
"""  # noqa: E501


@dataclass(frozen=True)
class Machines:
    """Whose events are taken for a machine's by one rule."""

    events: int
    visitors: int
    """Different devices, or customers where the log names no device."""
    customers: int
    """Different customers among them: people, if the rule is wrong."""


@dataclass(frozen=True)
class Apart:
    late: Mapping[int, int]
    """Events, machines' too, that had happened before the export's day by the shop's clock, by how many days:
    1, 2, 3 or :data:`MOST_LATE` and more."""
    machines: Mapping[str, Machines]
    """By how they gave themselves away."""


def read(look: Look) -> Apart:
    rows = look.rows("behaviour.events")
    local = F.from_utc_timestamp("event_at", look.timezone)
    days = F.least(F.datediff(F.lit(look.day), local), F.lit(MOST_LATE))
    late = rows.select(days.alias("days")).where(F.col("days") > 0).groupBy("days")
    visitor = F.coalesce(F.concat(F.lit("d:"), "device_id"), F.concat(F.lit("u:"), "user_id"))
    machines = rows.where(F.col("bot").isNotNull()).groupBy("bot").agg(
        F.count(F.lit(1)).alias("events"),
        F.count_distinct(visitor).alias("visitors"),
        F.count_distinct("user_id").alias("customers"),
    )  # fmt: skip
    both = late.agg(F.count(F.lit(1)).alias("events")).unionByName(machines, allowMissingColumns=True)
    found = both.collect()
    return Apart(
        late=dict(sorted((row.days, row.events) for row in found if row.bot is None)),
        machines={
            row.bot: Machines(row.events, row.visitors, row.customers)
            for row in sorted((row for row in found if row.bot is not None), key=lambda row: row.bot)
        },
    )


def show(found: Apart) -> Markup:
    late = [(*_days(days), "", rows) for days, rows in sorted(found.late.items())]
    ordered = sorted(found.machines.items(), key=lambda one: (-one[1].events, one[0]))
    machines = [(*_rule(code, by), code, by.events) for code, by in ordered]
    kinds = [
        (english, chinese, rows, sum(row[-1] for row in rows))
        for english, chinese, rows in (("Came late", "迟到", late), ("Machines", "机器流量", machines))
    ]
    return render(_SHOWN, kinds=kinds)


def _days(days: int) -> tuple[str, str]:
    if days >= MOST_LATE:
        return f"{MOST_LATE} days late and more", f"晚 {MOST_LATE} 天以上"
    return f"{days} {'day' if days == 1 else 'days'} late", f"晚 {days} 天"


def _rule(code: str, found: Machines) -> tuple[str, str]:
    """Why events are taken for a machine's, and whose they are, in English and Chinese."""
    english, chinese = RULES.get(code, (code.replace("_", " "), ""))
    visitors = f"{found.visitors:,} visitor{'' if found.visitors == 1 else 's'}"
    customers = f", {found.customers:,} of them signed in" if found.customers else ""
    signed_in = f"，其中登录 {found.customers:,} 人" if found.customers else ""
    return f"{english}: {visitors}{customers}", f"{chinese} {found.visitors:,} 位访客{signed_in}".strip()


SECTION = Section(
    "Late events and machines", "迟到与机器流量", "operator", 40, show, read, needs=("behaviour.events",)
)
