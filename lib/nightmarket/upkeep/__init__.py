"""Upkeep: what contracts keep no longer and what nobody needs any more goes, one operation a module.

A module of this folder is an operation: its docstring says what it decides, ``AFTER`` names the operations it
comes after, ``plan`` finds what is due and changes nothing, ``apply`` does one entry of that. Operations may
run beside a night and may be killed anywhere: each entry is one commit or the removal of what nobody refers
to, and is decided anew where it is done. Run again, they go on.
"""

from nightmarket.upkeep.operation import Due, Operation, Site, discover

__all__ = ["Due", "Operation", "Site", "discover"]
