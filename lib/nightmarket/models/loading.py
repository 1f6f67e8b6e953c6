"""From a name to an encoder, once per process."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Lock

from nightmarket.models.encoder import Encoder
from nightmarket.models.files import check, located, models_folder
from nightmarket.models.onnx_network import refuse_other_than_bert
from nightmarket.models.registry import DEFAULT, model
from nightmarket.models.stand_in import StandInEncoder

_loaded: dict[tuple[str, Path, str, str | None], Encoder] = {}
_lock = Lock()


def default_name() -> str:
    """``$NIGHTMARKET_ENCODER``, by default the multilingual encoder."""
    return os.environ.get("NIGHTMARKET_ENCODER") or DEFAULT


def load(
    name: str | None = None,
    folder: Path | None = None,
    precision: str = "fp32",
    device: str | None = None,
) -> Encoder:
    """The encoder of that name, its files checked against their digests; loaded once per process.

    Args:
        name: a name of the registry; by default :func:`default_name`.
        folder: the folder of models; by default ``$NIGHTMARKET_MODELS``.
        precision: what a CPU computes in, "fp32" or "int8".
        device: "cpu" or as torch names a GPU; by default the GPU when there is one.

    Raises:
        ModelError: no such model or precision, it was not prepared, or a file of it is not the pinned one.
    """
    name = name or default_name()
    # The stand-in has no files, so tests need no folder.
    place = Path() if name == "stand-in" else models_folder(folder)
    with _lock:
        asked = name, place, precision, device
        if asked not in _loaded:
            _loaded[asked] = _load(*asked)
        return _loaded[asked]


def loader(
    name: str | None = None, folder: Path | None = None, precision: str = "fp32"
) -> Callable[..., Encoder]:
    """A function of the device to hand to Spark's workers: all else is settled here, on the driver.

    The function is small and can be pickled; the model is loaded where it is first called.

    Raises:
        ModelError: no such model or precision, or it was not prepared; said here, where a person can read it.
    """
    name = name or default_name()
    if name == "stand-in":
        return partial(load, name, None, precision)
    place = models_folder(folder)
    entry = model(name, place, precision)
    refuse_other_than_bert(entry, located(entry, place))
    return partial(load, name, place, precision)


def _load(name: str, folder: Path, precision: str, device: str | None) -> Encoder:
    entry = model(name, None if name == "stand-in" else folder, precision)
    if entry.origin.kind == "built-in":
        return StandInEncoder(entry)
    from nightmarket.models.transformer import TransformerEncoder

    place = located(entry, folder)
    check(entry, place)
    return TransformerEncoder(entry, place, device=device)
