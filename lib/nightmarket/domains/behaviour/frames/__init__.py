"""Behaviour in Spark."""
