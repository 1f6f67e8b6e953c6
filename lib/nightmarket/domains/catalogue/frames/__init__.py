"""The catalogue in Spark."""
