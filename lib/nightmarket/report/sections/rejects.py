"""Rows rejected, and why: by the domain of their tables, the most first; domains with fewer are folded."""

from collections.abc import Iterator
from itertools import groupby

from markupsafe import Markup

from nightmarket.report.blocks import render
from nightmarket.report.night import Night
from nightmarket.report.section import Section

_OPEN = 6
"""Domains whose reasons are seen at once: two rows on a desk."""
_REASONS = 5
"""Of each of them."""

_SHOWN = """
{% macro columns(domains) %}
<div class="columns">
{% for domain, rows, total in domains %}
<div>
<h3>{{ domain }} <span class="title">{{ say.count(total) }} rows</span></h3>
{{ bars(rows[:reasons], total) }}
{% if rows[reasons:] %}
<details>
<summary>{{ rows[reasons:]|length }} more {{ "reason" if rows[reasons:]|length == 1 else "reasons" }}, {{ say.count(rows[reasons:]|sum(attribute=3)) }} rows</summary>
{{ bars(rows[reasons:], total) }}
</details>
{% endif %}
</div>
{% endfor %}
</div>
{% endmacro %}
{% if domains %}
{{ columns(domains[:open]) }}
{% if domains[open:] %}
<details>
<summary>{{ domains[open:]|length }} more {{ "domain" if domains[open:]|length == 1 else "domains" }}, {{ say.count(domains[open:]|sum(attribute=2)) }} rows</summary>
{{ columns(domains[open:]) }}
</details>
{% endif %}
<p class="note">No row is dropped silently: each rejected row is kept with its reason; <code>nightmarket show TABLE --rejected</code> shows them.</p>
{% else %}
<p class="note">Nothing was rejected.</p>
{% endif %}
"""  # noqa: E501


def show(night: Night) -> Markup:
    domains = sorted(_domains(night), key=lambda one: (-one[2], one[0]))
    return render(_SHOWN, domains=domains, open=_OPEN, reasons=_REASONS)


def _domains(night: Night) -> Iterator[tuple[str, list[tuple[str, str, str, int]], int]]:
    """Domain, its reasons in both languages with their codes and rows, and its rows."""
    ordered = sorted(night.rejects, key=lambda r: (r.domain, -r.rows, r.reason))
    for domain, group in groupby(ordered, key=lambda reject: reject.domain):
        rows = [(r.english, r.chinese, r.reason, r.rows) for r in group]
        yield domain, rows, sum(row[-1] for row in rows)


SECTION = Section("Rows rejected, and why", "拒绝原因", "operator", 20, show)
