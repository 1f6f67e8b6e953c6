"""From a name to a loaded model, once per process."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any, cast

from nightmarket.models.entry import Loaded, Model
from nightmarket.models.files import check, located, models_folder
from nightmarket.models.registry import built_in, model, of_kind

_loaded: dict[tuple[type[Model[Any]], str, Path, str, str | None], Any] = {}
_lock = Lock()


def load(
    kind: type[Model[Loaded]],
    name: str | None = None,
    folder: Path | None = None,
    precision: str = "fp32",
    device: str | None = None,
) -> Loaded:
    """The model of that kind and name, its files checked against their digests; loaded once per process.

    Args:
        name: a name of the registry; by default the shop's model of the kind.
        folder: the folder of models; by default ``$NIGHTMARKET_MODELS``.
        precision: what a CPU computes in, "fp32", "bf16" or "int8".
        device: "cpu" or as torch names a GPU; by default the GPU when there is one.

    Raises:
        ModelError: no such model or precision, it is of another kind, it was not prepared, or a file of it is
            not the pinned one.
    """
    name = name or kind.default_name()
    place = Path() if built_in(name) else models_folder(folder)
    with _lock:
        key = kind, name, place, precision, device
        if key not in _loaded:
            entry = of_kind(model(name, None if built_in(name) else place, precision), kind)
            _loaded[key] = _load(entry, place, device)
        return cast(Loaded, _loaded[key])


def loader(
    kind: type[Model[Loaded]],
    name: str | None = None,
    folder: Path | None = None,
    precision: str = "fp32",
) -> Callable[..., Loaded]:
    """A function of the device to hand to Spark's workers: all else is settled here, on the driver.

    The function is small and can be pickled; the model is loaded where it is first called.

    Raises:
        ModelError: no such model or precision, it is of another kind, or it was not prepared; said here,
            where a person can read it.
    """
    name = name or kind.default_name()
    if built_in(name):
        of_kind(model(name, precision=precision), kind)
        return partial(load, kind, name, None, precision)
    place = models_folder(folder)
    entry = of_kind(model(name, place, precision), kind)
    entry.refuse(located(entry, place))
    return partial(load, kind, name, place, precision)


def _load(entry: Model[Loaded], folder: Path, device: str | None) -> Loaded:
    if not entry.origin.has_files:
        return entry.stand_in()
    place = located(entry, folder)
    check(entry, place)
    return entry.load(place, device)
