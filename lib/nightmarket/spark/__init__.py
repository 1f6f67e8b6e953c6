"""Spark as this project uses it: one session, counted frames, batches for models."""

from nightmarket.spark.meter import counted, forget, readings
from nightmarket.spark.session import session, ship

__all__ = ["counted", "forget", "readings", "session", "ship"]
