"""Night Market (夜市): a shop's own exports in, the warehouse tables of a smart shop out, every night."""

__version__ = "0.1.0"
