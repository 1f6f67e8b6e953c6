"""What listings say, and when two of them say the same."""
