"""Why a row is rejected: one closed enumeration, with the words for it in English and Chinese.

The general reasons are here. A reason that only one table gives is in that table's contract, see
:mod:`nightmarket.contracts.rejects`. Both are used by name in sources and jobs.
"""

from dataclasses import dataclass
from typing import Literal

Effect = Literal["lost", "repeated", "conflicting"]
"""What a rejected row means for the limits of its table: nobody can use it; it only says again what a kept
row says, so that nothing is lost; or it has the id of a kept row and says something else."""


@dataclass(frozen=True)
class Reason:
    name: str
    english: str
    chinese: str
    effect: Effect = "lost"


OF_SOURCES = (
    Reason("unparseable", "the line could not be read", "无法解析"),
    Reason("bad_value", "a value of the wrong kind", "格式错误"),
    Reason("missing_required", "something required was empty", "缺少必填项"),
    Reason("not_listed", "a value that is on no list", "不在允许列表"),
    Reason("out_of_range", "a number that cannot be, as a negative price", "数值超出范围"),
    Reason("wrong_form", "a text of the wrong form", "格式不符"),
)
"""What reading an export can give, for whichever table: of several that hold for a record the first is its
reason."""

GENERAL = {
    reason.name: reason
    for reason in (
        *OF_SOURCES,
        Reason("out_of_window", "dated in the future or too long ago", "时间超出范围"),
        Reason("unknown_item", "an item the catalogue has never had", "未知商品"),
        Reason("duplicate", "the same row came twice", "重复", "repeated"),
        Reason(
            "conflicting", "another row has the same id and says otherwise", "同号不同内容", "conflicting"
        ),
    )
}
"""By name, the reasons that a table's contract lists without explaining them."""
