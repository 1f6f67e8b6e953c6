"""What visitors do: whose events they are, their sessions, and which are a machine's or repeat others."""
