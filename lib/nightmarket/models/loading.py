"""From a name to an encoder, once per process."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Lock

from nightmarket.models.encoder import Encoder
from nightmarket.models.files import check, located, models_folder
from nightmarket.models.registry import DEFAULT, model
from nightmarket.models.stand_in import StandInEncoder

_loaded: dict[tuple[str, Path], Encoder] = {}
_lock = Lock()


def default_name() -> str:
    """``$NIGHTMARKET_ENCODER``, by default the multilingual encoder."""
    return os.environ.get("NIGHTMARKET_ENCODER") or DEFAULT


def load(name: str | None = None, folder: Path | None = None) -> Encoder:
    """The encoder of that name, its files checked against their digests; loaded once per process.

    Args:
        name: a name of the registry; by default :func:`default_name`.
        folder: the folder of models; by default ``$NIGHTMARKET_MODELS``.

    Raises:
        ModelError: no such model, it was not prepared, or a file of it is not the pinned one.
    """
    name = name or default_name()
    # The stand-in has no files, so tests need no folder.
    place = Path() if name == "stand-in" else models_folder(folder)
    with _lock:
        if (name, place) not in _loaded:
            _loaded[name, place] = _load(name, place)
        return _loaded[name, place]


def loader(name: str | None = None, folder: Path | None = None) -> Callable[[], Encoder]:
    """A function to hand to Spark's workers: name and folder are settled here, on the driver.

    The function is small and can be pickled; the model is loaded where it is first called.

    Raises:
        ModelError: no such model, or it was not prepared; said here, where a person can read it.
    """
    name = name or default_name()
    if name == "stand-in":
        return partial(load, name)
    place = models_folder(folder)
    located(model(name, place), place)
    return partial(load, name, place)


def _load(name: str, folder: Path) -> Encoder:
    entry = model(name, None if name == "stand-in" else folder)
    if entry.origin.kind == "built-in":
        return StandInEncoder(entry)
    from nightmarket.models.transformer import TransformerEncoder

    place = located(entry, folder)
    check(entry, place)
    return TransformerEncoder(entry, place)
