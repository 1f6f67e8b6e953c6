"""What reviews say: pure algorithms over their vectors, no Spark and no files."""
