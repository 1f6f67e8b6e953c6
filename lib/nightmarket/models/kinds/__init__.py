"""Kinds: each module of this package is one kind of model.

It holds one class made from :class:`nightmarket.models.entry.Model`, which says what a registry writes of
such a model, which files it has, how it is loaded and described; beside it, what a loaded one does, and its
stand-in. Nothing else names it. Networks that are too long for one module are imported where they are loaded.
"""

import sys
from functools import cache
from typing import Any

from nightmarket.errors import ModelError
from nightmarket.models.discovery import discovered
from nightmarket.models.entry import Model


@cache
def kinds() -> dict[str, type[Model[Any]]]:
    """All kinds of models by their names."""
    return discovered(sys.modules[__name__], Model)  # type: ignore[type-abstract]


def kind(name: str) -> type[Model[Any]]:
    """The kind of that name.

    Raises:
        ModelError: there is none.
    """
    known = kinds()
    if name not in known:
        raise ModelError(f"there is no kind of model named '{name}'; known are {', '.join(known)}.")
    return known[name]
