"""Recommendation in Spark."""
