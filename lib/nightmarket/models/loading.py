"""From a name to an encoder, once per process."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any, cast

from nightmarket.errors import ModelError
from nightmarket.models.encoder import Encoder
from nightmarket.models.files import check, located, models_folder
from nightmarket.models.image_encoder import ImageEncoder
from nightmarket.models.openvino_network import refuse_other_than_bert
from nightmarket.models.registry import DEFAULT, DEFAULT_OF_IMAGES, Kind, Model, built_in, model
from nightmarket.models.stand_in import StandInEncoder, StandInImageEncoder

_loaded: dict[tuple[str, Path, str, str | None], Any] = {}
_lock = Lock()


def default_name() -> str:
    """``$NIGHTMARKET_ENCODER``, by default the multilingual encoder."""
    return os.environ.get("NIGHTMARKET_ENCODER") or DEFAULT


def default_image_name() -> str:
    """``$NIGHTMARKET_IMAGE_ENCODER``, by default the packaged one."""
    return os.environ.get("NIGHTMARKET_IMAGE_ENCODER") or DEFAULT_OF_IMAGES


def load(
    name: str | None = None,
    folder: Path | None = None,
    precision: str = "fp32",
    device: str | None = None,
) -> Encoder:
    """The encoder of texts of that name, its files checked against their digests; loaded once per process.

    Args:
        name: a name of the registry; by default :func:`default_name`.
        folder: the folder of models; by default ``$NIGHTMARKET_MODELS``.
        precision: what a CPU computes in, "fp32", "bf16" or "int8".
        device: "cpu" or as torch names a GPU; by default the GPU when there is one.

    Raises:
        ModelError: no such model or precision, it reads no texts, it was not prepared, or a file of it is not
            the pinned one.
    """
    return cast(Encoder, _once(name or default_name(), folder, precision, device, "encoder"))


def load_images(
    name: str | None = None, folder: Path | None = None, device: str | None = None
) -> ImageEncoder:
    """The encoder of pictures of that name, by default :func:`default_image_name`; else as :func:`load`."""
    return cast(ImageEncoder, _once(name or default_image_name(), folder, "fp32", device, "image-encoder"))


def loader(
    name: str | None = None, folder: Path | None = None, precision: str = "fp32"
) -> Callable[..., Encoder]:
    """A function of the device to hand to Spark's workers: all else is settled here, on the driver.

    The function is small and can be pickled; the model is loaded where it is first called.

    Raises:
        ModelError: no such model or precision, it reads no texts, or it was not prepared; said here, where a
            person can read it.
    """
    name = name or default_name()
    if built_in(name):
        of_kind(model(name), "encoder")
        return partial(load, name, None, precision)
    place = models_folder(folder)
    entry = of_kind(model(name, place, precision), "encoder")
    refuse_other_than_bert(entry, located(entry, place))
    return partial(load, name, place, precision)


def image_loader(name: str | None = None, folder: Path | None = None) -> Callable[..., ImageEncoder]:
    """As :func:`loader`, of an encoder of pictures."""
    name = name or default_image_name()
    if built_in(name):
        of_kind(model(name), "image-encoder")
        return partial(load_images, name, None)
    place = models_folder(folder)
    located(of_kind(model(name, place), "image-encoder"), place)
    return partial(load_images, name, place)


def of_kind(entry: Model, kind: Kind) -> Model:
    """The entry, when it is of that kind.

    Raises:
        ModelError: it is of another.
    """
    if entry.kind != kind:
        what = {"encoder": "texts", "image-encoder": "pictures"}
        raise ModelError(
            f"the model {entry.name} reads {what[entry.kind]}, not {what[kind]}; choose another in "
            f"{'NIGHTMARKET_ENCODER' if kind == 'encoder' else 'NIGHTMARKET_IMAGE_ENCODER'}."
        )
    return entry


def _once(name: str, folder: Path | None, precision: str, device: str | None, kind: Kind) -> Any:
    place = Path() if built_in(name) else models_folder(folder)
    with _lock:
        asked = name, place, precision, device
        if asked not in _loaded:
            entry = model(name, None if built_in(name) else place, precision)
            _loaded[asked] = _load(of_kind(entry, kind), place, device)
        return _loaded[asked]


def _load(entry: Model, folder: Path, device: str | None) -> Any:
    if entry.origin.kind == "built-in":
        return StandInEncoder(entry) if entry.kind == "encoder" else StandInImageEncoder(entry)
    place = located(entry, folder)
    check(entry, place)
    if entry.kind == "image-encoder":
        from nightmarket.models.convolution import ConvolutionEncoder

        return ConvolutionEncoder(entry, place, device=device)
    from nightmarket.models.transformer import TransformerEncoder

    return TransformerEncoder(entry, place, device=device)
