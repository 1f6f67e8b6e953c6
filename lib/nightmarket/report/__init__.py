"""The night's page: what ran, what it gave, and a look at it."""

from nightmarket.report.night import (
    MOST_LATE,
    Description,
    Item,
    Machines,
    Night,
    Pick,
    RejectCount,
    Sentiment,
    Shopper,
    TableNight,
    Trial,
)
from nightmarket.report.page import page

__all__ = [
    "MOST_LATE",
    "Description",
    "Item",
    "Machines",
    "Night",
    "Pick",
    "RejectCount",
    "Sentiment",
    "Shopper",
    "TableNight",
    "Trial",
    "page",
]
