"""Which dataclasses of a room may be changed once they are made."""

import importlib
import pkgutil
from dataclasses import is_dataclass
from types import ModuleType


def loose(room: ModuleType) -> list[str]:
    """Names of the room's own dataclasses that are not frozen, sorted."""
    modules = [room]
    if hasattr(room, "__path__"):
        modules += [
            importlib.import_module(f"{room.__name__}.{found.name}")
            for found in pkgutil.iter_modules(room.__path__)
        ]
    own = {
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type) and is_dataclass(value) and value.__module__ == module.__name__
    }
    return sorted(kind.__name__ for kind in own if not kind.__dataclass_params__.frozen)  # type: ignore[attr-defined]
