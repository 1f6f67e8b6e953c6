"""The night's page: one HTML file with everything in it, for a browser, a phone or a printer."""

from collections.abc import Callable
from functools import cache
from itertools import groupby

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from nightmarket.report import charts, wording
from nightmarket.report.night import MOST_LATE, Night
from nightmarket.visible import visible

_WIDTHS = {"wide": 1080, "slim": 340}
"""Content width of a desk's and of a phone's screen, in CSS pixels; the style sheet shows one of the two."""

_FEW = 3
"""Tables named in the sentence at the top; more are only counted there and listed below it."""

_FUNNEL = (
    (("view_item", "view_item_list", "select_item"), "looks at items", "浏览"),
    (("add_to_cart",), "put into a cart", "加购"),
    (("purchase",), "bought", "购买"),
    (("refund",), "returned", "退货"),
    (("search",), "searches", "搜索"),
)


def page(night: Night) -> str:
    """The page of one night as an HTML document.

    Pure: the same night gives the same text. The document asks nothing of any other file or server and
    runs no script. All values are escaped.
    """
    return _template().render(
        night=night,
        say=wording,
        summary=_summary(night),
        timeline=_drawn(night, charts.timeline),
        hours=_drawn(night, charts.hours) if len(night.hours) == 24 and any(night.hours) else {},
        sentiment=_drawn(night, charts.sentiment),
        rejects=_rejects(night),
        apart=_apart(night),
        funnel=_funnel(night),
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("nightmarket.report", "."),
        autoescape=True,
        # Markup is what we have made of values; autoescape sees to what is code, this to what is unseen.
        finalize=lambda value: visible(value) if type(value) is str else value,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("night.html.j2")


def _drawn(night: Night, chart: Callable[[Night, int], str]) -> dict[str, Markup]:
    """The chart for both screens; empty when there is nothing to draw."""
    # Safe as it is: the SVG writer has escaped every text in it.
    drawn = {kind: Markup(chart(night, width)) for kind, width in _WIDTHS.items()}  # noqa: S704
    return drawn if all(drawn.values()) else {}


def _summary(night: Night) -> str:
    """The night in one or two sentences."""
    missing = [table.table for table in night.unpublished]
    whole = len(night.tables)
    if not night.published:
        return f"None of the {whole} tables was published for this day; readers still see earlier days."
    if missing:
        were = "was" if len(missing) == 1 else "were"
        which = wording.joined(missing) if len(missing) <= _FEW else str(len(missing))
        return f"{len(night.published)} of {whole} tables were published. {which} {were} not."
    took = f"The night took {wording.duration(night.seconds)}."
    slowest = night.slowest
    if slowest is None or whole == 1:
        return f"All {whole} tables were published. {took}"
    return f"All {whole} tables were published. {took} The slowest was {slowest.table}."


def _rejects(night: Night) -> list[dict[str, object]]:
    """Reasons per domain, most rows first, each with its share of the domain's rejected rows."""
    domains = []
    ordered = sorted(night.rejects, key=lambda r: (r.domain, -r.rows, r.reason))
    for domain, group in groupby(ordered, key=lambda reject: reject.domain):
        rows = [(*wording.reason(r.reason), r.reason, r.rows) for r in group]
        domains.append({"domain": domain, "rows": rows, "total": sum(row[-1] for row in rows)})
    return domains


def _apart(night: Night) -> list[dict[str, object]]:
    """Events that stand apart: late ones by their days, machines' by how they gave themselves away."""
    late = [(*wording.late(days, most=MOST_LATE), "", rows) for days, rows in sorted(night.late.items())]
    ordered = sorted(night.machines.items(), key=lambda found: (-found[1].events, found[0]))
    machines = [(*wording.machines(code, by), code, by.events) for code, by in ordered]
    return [
        {"english": english, "chinese": chinese, "rows": rows, "total": sum(row[-1] for row in rows)}
        for english, chinese, rows in (("Came late", "迟到", late), ("Machines", "机器流量", machines))
    ]


def _funnel(night: Night) -> list[tuple[int, str, str]]:
    events = night.events or {}
    counted = [
        (sum(events.get(n, 0) for n in names), english, chinese) for names, english, chinese in _FUNNEL
    ]
    return [step for step in counted if step[0]]
