"""The day in the shop: people's events by what they did and by the hour of the shop's clock.

Machines' events count for nobody. An hour is of the day only: what happened on another day and came late is
no part of its curve, but is counted among what people did.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup
from pyspark.sql import functions as F

from nightmarket.report import charts
from nightmarket.report.blocks import picture, render
from nightmarket.report.section import Look, Section

_STEPS = (
    (("view_item", "view_item_list", "select_item"), "looks at items", "浏览"),
    (("add_to_cart",), "put into a cart", "加购"),
    (("purchase",), "bought", "购买"),
    (("refund",), "returned", "退货"),
    (("search",), "searches", "搜索"),
)

_SHOWN = """
{% if steps %}
<ul class="funnel">
{% for number, english, chinese in steps %}
<li><b>{{ say.count(number) }}</b> {{ english }} <span class="zh" lang="zh">{{ chinese }}</span></li>
{% endfor %}
</ul>
{% endif %}
{% if hours %}
<p class="note">Events per hour, by the shop's clock, without machines'.</p>
{{ picture(hours) }}
{% endif %}
"""


@dataclass(frozen=True)
class ShopDay:
    hours: tuple[int, ...]
    """People's events in each hour of the shop's clock, 24 counts."""
    events: Mapping[str, int]
    """People's events of the night by GA4 name."""


def read(look: Look) -> ShopDay:
    local = F.from_utc_timestamp("event_at", look.timezone)
    hour = F.when(F.to_date(local) == F.lit(look.day), F.hour(local)).alias("hour")
    people = look.rows("behaviour.events").where(F.col("bot").isNull())
    by_hour: Counter[int] = Counter()
    by_name: Counter[str] = Counter()
    for row in people.groupBy("event_name", hour).count().collect():
        by_name[row.event_name] += row["count"]
        if row.hour is not None:
            by_hour[row.hour] += row["count"]
    return ShopDay(tuple(by_hour[hour] for hour in range(24)), dict(sorted(by_name.items())))


def show(found: ShopDay) -> Markup:
    counted = [(sum(found.events.get(n, 0) for n in names), *said) for names, *said in _STEPS]
    steps = [step for step in counted if step[0]]
    whole = len(found.hours) == 24 and any(found.hours)
    drawn = picture(lambda width: charts.hours("hours", found.hours, width, what="events")) if whole else {}
    return render(_SHOWN, steps=steps, hours=drawn) if steps or drawn else Markup()


SECTION = Section("The day in the shop", "店铺一天", "merchant", 40, show, read, needs=("behaviour.events",))
