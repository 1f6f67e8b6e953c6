"""Sources: a shop's own export files, read through its mapping into the columns of the source contracts.

Loading a mapping needs no Spark, so planning stays light; reading and checking import pyspark on first use.
"""

from typing import TYPE_CHECKING, Any

from nightmarket.sources.mapping import Shop, SourceMapping, load

if TYPE_CHECKING:
    from nightmarket.sources.checking import Rejected, Report, check
    from nightmarket.sources.failure import explained
    from nightmarket.sources.reading import read

__all__ = ["Rejected", "Report", "Shop", "SourceMapping", "check", "explained", "load", "read"]

_LATER = {
    "Rejected": "checking",
    "Report": "checking",
    "check": "checking",
    "explained": "failure",
    "read": "reading",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
