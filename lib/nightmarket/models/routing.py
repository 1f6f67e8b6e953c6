"""Which model reads what: texts by their language, one model for all of them or several; pictures one."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from nightmarket.errors import ModelError
from nightmarket.models.entry import Model, Precision
from nightmarket.models.files import models_folder
from nightmarket.models.loading import loader
from nightmarket.models.registry import built_in, model, of_kind


@dataclass(frozen=True)
class Route:
    """A model and what it reads."""

    name: str
    base: str
    """The model of the registry it was tuned from; itself, when it was not tuned."""
    digest: str
    precision: Precision
    languages: tuple[str, ...] | None
    """Of the texts, as :func:`nightmarket.text.language` gives them, "und" for those in none among them; None
    where what it reads is in no language, as pictures are."""
    encoder: Callable[..., Any]
    """As :func:`nightmarket.models.loader` gives it."""


def routes(
    kind: type[Model[Any]],
    model: str | None = None,
    by_language: Mapping[str, str] | None = None,
    precision: str = "fp32",
    tuned: Iterable[tuple[date, str, str]] = (),
) -> list[Route]:
    """The models of a table, no language in two of them; what none of them names, nobody reads.

    Args:
        model: reads every language it names that has no model of its own, and what is in no language; by
            default the shop's model of the kind.
        by_language: a model for a language: ``{"en": "all-minilm-l6-v2"}``. Vectors of two models cannot be
            compared, so this parts a shop's texts in two that never meet.
        precision: what a CPU computes in, "fp32", "bf16" or "int8".
        tuned: rows of (day, base, tuned): since when which model was good enough to read in place of which,
            by their names; the newest counts.

    Raises:
        ModelError: no such model or precision, a model is of another kind, not prepared, or does not name its
            language.
    """
    in_use = {base: name for _, base, name in sorted(tuned)}
    default = model or kind.default_name()
    by_language = dict(by_language or {})
    folder = None if all(map(built_in, {default, *by_language.values()})) else models_folder()
    for language, name in sorted(by_language.items()):
        if language.partition("-")[0] not in (_entry(kind, name, folder).named_languages() or ()):
            raise ModelError(
                f"the model {name} does not name {language} among its languages; choose another for it."
            )
    found = []
    for name in dict.fromkeys([default, *by_language.values()]):
        languages = _entry(kind, name, folder, precision).named_languages()
        own = {language for language, named in by_language.items() if named == name}
        if name == default and languages is not None:
            own |= (languages | {"und"}) - set(by_language)
        if "zh" in own and "zh-Hant" not in by_language:
            own.add("zh-Hant")  # a model that names Chinese reads both of its scripts
        reads = _entry(kind, in_use.get(name, name), folder, precision)
        found.append(
            Route(
                name=reads.name,
                base=name.partition("@")[0],
                digest=reads.digest,
                precision=reads.precision,
                languages=None if languages is None else tuple(sorted(own)),
                encoder=loader(kind, reads.name, folder, precision),
            )
        )
    return found


def _entry(kind: type[Model[Any]], name: str, folder: Path | None, precision: str = "fp32") -> Model[Any]:
    return of_kind(model(name, folder, precision), kind)
