"""Sections of the night's page about this domain, one a module."""
