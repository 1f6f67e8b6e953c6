"""How kinds of models and kinds of origins are found: by looking at their package, one class a module."""

import importlib
import pkgutil
from types import ModuleType
from typing import Any, TypeVar

from nightmarket.errors import ModelError

Class = TypeVar("Class")


def discovered(package: ModuleType, base: type[Class]) -> dict[str, type[Class]]:
    """The class made from ``base`` in each module of the package, by its ``kind``, in the modules' order.

    Raises:
        ModelError: a module has none or several, or two of them the same kind.
    """
    known: dict[str, type[Class]] = {}
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda info: info.name):
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        own = [value for value in vars(module).values() if _is_own(value, base, module)]
        if len(own) != 1:
            raise ModelError(
                f"{module.__name__} has {len(own)} classes made from {base.__name__}; it must have one."
            )
        kind: str = own[0].kind
        if kind in known:
            raise ModelError(f"{module.__name__} and {known[kind].__module__} are both of kind {kind}.")
        known[kind] = own[0]
    return known


def _is_own(value: Any, base: type, module: ModuleType) -> bool:
    return isinstance(value, type) and issubclass(value, base) and value.__module__ == module.__name__
