"""Texts for items, grounded in their records: a grammar that writes, and a check that trusts nobody."""
