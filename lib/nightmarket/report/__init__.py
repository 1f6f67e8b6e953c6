"""The night's page: what ran, what it gave, and a look at it."""

from nightmarket.report.night import (
    Description,
    Item,
    Night,
    Pick,
    RejectCount,
    Sentiment,
    Shopper,
    TableNight,
)
from nightmarket.report.page import page

__all__ = [
    "Description",
    "Item",
    "Night",
    "Pick",
    "RejectCount",
    "Sentiment",
    "Shopper",
    "TableNight",
    "page",
]
