"""What reviews say: pure algorithms over their vectors."""
