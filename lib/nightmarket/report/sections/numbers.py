"""The night in numbers."""

from markupsafe import Markup

from nightmarket.report.blocks import render
from nightmarket.report.night import Night
from nightmarket.report.section import Section

_SHOWN = """
<dl class="numbers">
<div{% if night.unpublished %} class="bad"{% endif %}><dt>Tables published <span class="zh" lang="zh">已发布</span></dt><dd>{{ night.published|length }}<small>/{{ night.tables|length }}</small></dd></div>
<div><dt>Rows published <span class="zh" lang="zh">行数</span></dt><dd>{{ say.count(night.total("rows_out")) }}</dd><dd class="more">{{ say.size(night.total("bytes")) }} written</dd></div>
<div><dt>Rows rejected <span class="zh" lang="zh">被拒行</span></dt><dd>{{ say.count(rejected) }}</dd><dd class="more">{{ say.share(rejected, read) }} of {{ say.count(read) }} read</dd></div>
<div><dt>Read by models <span class="zh" lang="zh">模型计算</span></dt><dd>{{ say.count(night.total("model_rows_computed")) }}</dd><dd class="more">{{ say.count(night.total("model_rows_reused")) }} known already</dd></div>
<div><dt>Duration <span class="zh" lang="zh">用时</span></dt><dd>{{ say.duration(night.seconds) }}</dd>{% if night.published %}<dd class="more">{{ say.clock(night.began, night.timezone)[:5] }} to {{ say.clock(night.ended, night.timezone)[:5] }}</dd>{% endif %}</div>
</dl>
"""  # noqa: E501


def show(night: Night) -> Markup:
    read, rejected = night.read_and_rejected
    return render(_SHOWN, night=night, read=read, rejected=rejected)


SECTION = Section("The night in numbers", "概览", "operator", 1, show)
