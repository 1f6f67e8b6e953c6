"""Rows rejected, and why: by the domain of their tables, the most frequent reason first."""

from itertools import groupby

from markupsafe import Markup

from nightmarket.report.blocks import render
from nightmarket.report.night import Night
from nightmarket.report.section import Section

_SHOWN = """
{% if domains %}
<div class="columns">
{% for domain, rows, total in domains %}
<div>
<h3>{{ domain }} <span class="title">{{ say.count(total) }} rows</span></h3>
{{ bars(rows, total) }}
</div>
{% endfor %}
</div>
<p class="note">No row is dropped silently: each rejected row is kept with its reason; <code>nightmarket show TABLE --rejected</code> shows them.</p>
{% else %}
<p class="note">Nothing was rejected.</p>
{% endif %}
"""  # noqa: E501


def show(night: Night) -> Markup:
    domains = []
    ordered = sorted(night.rejects, key=lambda r: (r.domain, -r.rows, r.reason))
    for domain, group in groupby(ordered, key=lambda reject: reject.domain):
        rows = [(r.english, r.chinese, r.reason, r.rows) for r in group]
        domains.append((domain, rows, sum(row[-1] for row in rows)))
    return render(_SHOWN, domains=domains)


SECTION = Section("Rows rejected, and why", "拒绝原因", "operator", 20, show)
