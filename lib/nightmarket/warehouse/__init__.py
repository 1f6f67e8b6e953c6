"""The warehouse: read pinned tables, publish days of them whole or not at all."""

from nightmarket.warehouse.publish import STEPS
from nightmarket.warehouse.run import Published, Run, TableSummary
from nightmarket.warehouse.tables import Warehouse

__all__ = ["STEPS", "Published", "Run", "TableSummary", "Warehouse"]
