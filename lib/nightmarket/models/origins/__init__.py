"""Origins: each module of this package is one kind of place a model comes from.

It holds one class made from :class:`nightmarket.models.origin.Origin`, which says what a registry writes of
it, where the files are, and how it is described. Nothing else names it.
"""

import sys
from functools import cache

from nightmarket.models.discovery import discovered
from nightmarket.models.origin import Origin


@cache
def origins() -> dict[str, type[Origin]]:
    """All kinds of origins by their names."""
    return discovered(sys.modules[__name__], Origin)  # type: ignore[type-abstract]
