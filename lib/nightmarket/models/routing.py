"""Which model reads which language: one for all, and others for the languages a shop names them for."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from nightmarket.errors import ModelError
from nightmarket.models.encoder import Encoder
from nightmarket.models.files import models_folder
from nightmarket.models.loading import default_name, loader
from nightmarket.models.registry import model


@dataclass(frozen=True)
class Route:
    """A model and the languages whose texts it reads."""

    name: str
    base: str
    """The model it was tuned from; itself, when it was not tuned."""
    digest: str
    languages: tuple[str, ...]
    """ISO 639-1 codes, and "und" for texts in none."""
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
        precision: what a CPU computes in, "fp32" or "int8".
        tuned: rows of (day, base, tuned): since when which model was good enough to read in place of which,
            by their names; the newest counts.

    Raises:
        ModelError: no such model or precision, a model is not prepared, or does not name its language.
    """
    in_use = {base: name for _, base, name in sorted(tuned)}
    default = default or default_name()
    by_language = dict(by_language or {})
    folder = None if {default, *by_language.values()} == {"stand-in"} else models_folder()
    for language, name in sorted(by_language.items()):
        if language not in model(name, folder).languages:
            raise ModelError(
                f"the model {name} does not name {language} among its languages; choose another for it."
            )
    found = []
    for name in dict.fromkeys([default, *by_language.values()]):
        entry = model(name, folder, precision)
        own = {language for language, named in by_language.items() if named == name}
        if name == default:
            own |= (entry.languages | {"und"}) - set(by_language)
        reads = model(in_use.get(name, name), folder, precision)
        encoder = loader(reads.name, folder, precision)
        found.append(Route(reads.name, name, reads.digest, tuple(sorted(own)), encoder))
    return found
