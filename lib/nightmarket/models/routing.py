"""Which model reads what: texts by their language, one model for all of them or several, and pictures."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from nightmarket.errors import ModelError
from nightmarket.models.files import models_folder
from nightmarket.models.kinds.encoder import Encoder, EncoderModel
from nightmarket.models.kinds.image_encoder import ImageEncoder, ImageEncoderModel
from nightmarket.models.loading import loader
from nightmarket.models.registry import built_in, model, of_kind


@dataclass(frozen=True)
class Route:
    """A model and the languages whose texts it reads."""

    name: str
    base: str
    """The model of the registry it was tuned from; itself, when it was not tuned."""
    digest: str
    languages: tuple[str, ...]
    """As :func:`nightmarket.text.language` gives them, "und" for texts in none among them."""
    encoder: Callable[..., Encoder]
    """As :func:`nightmarket.models.loader` gives it."""


def routes(
    default: str | None = None,
    by_language: Mapping[str, str] | None = None,
    precision: str = "fp32",
    tuned: Iterable[tuple[date, str, str]] = (),
) -> list[Route]:
    """The models of a table, no language in two of them; what none of them names, nobody reads.

    Args:
        default: reads every language it names that has no model of its own, and what is in no language; by
            default the shop's encoder.
        by_language: a model for a language: ``{"en": "all-minilm-l6-v2"}``. Vectors of two models cannot be
            compared, so this parts a shop's texts in two that never meet.
        precision: what a CPU computes in, "fp32", "bf16" or "int8".
        tuned: rows of (day, base, tuned): since when which model was good enough to read in place of which,
            by their names; the newest counts.

    Raises:
        ModelError: no such model or precision, a model is not prepared, or does not name its language.
    """
    in_use = {base: name for _, base, name in sorted(tuned)}
    default = default or EncoderModel.default_name()
    by_language = dict(by_language or {})
    folder = None if all(map(built_in, {default, *by_language.values()})) else models_folder()
    for language, name in sorted(by_language.items()):
        if language.partition("-")[0] not in of_kind(model(name, folder), EncoderModel).languages:
            raise ModelError(
                f"the model {name} does not name {language} among its languages; choose another for it."
            )
    found = []
    for name in dict.fromkeys([default, *by_language.values()]):
        entry = of_kind(model(name, folder, precision), EncoderModel)
        own = {language for language, named in by_language.items() if named == name}
        if name == default:
            own |= (entry.languages | {"und"}) - set(by_language)
        if "zh" in own and "zh-Hant" not in by_language:
            own.add("zh-Hant")  # a model that names Chinese reads both of its scripts
        reads = model(in_use.get(name, name), folder, precision)
        encoder = loader(EncoderModel, reads.name, folder, precision)
        found.append(Route(reads.name, name.partition("@")[0], reads.digest, tuple(sorted(own)), encoder))
    return found


@dataclass(frozen=True)
class ImageRoute:
    """A model that reads pictures."""

    name: str
    digest: str
    encoder: Callable[..., ImageEncoder]
    """As :func:`nightmarket.models.loader` gives it."""
    languages: None = None
    """Pictures are in none."""


def image_route(name: str | None = None) -> ImageRoute:
    """The model that reads a table's pictures, by default the shop's image encoder.

    Raises:
        ModelError: no such model, it reads no pictures, or it is not prepared.
    """
    name = name or ImageEncoderModel.default_name()
    entry = model(name, None if built_in(name) else models_folder())
    return ImageRoute(name, entry.digest, loader(ImageEncoderModel, name))
