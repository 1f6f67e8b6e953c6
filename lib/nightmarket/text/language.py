"""Which language a shop's text is written in.

The script decides first, because it is certain and free. Among languages of one script a title such as "DKNY
Unisex Trolley Bag" says next to nothing, and statistics call it Norwegian. What decides then is what is known
of the shop: the languages its mapping names, or those that its whole catalogue speaks (:func:`spoken`). Where
nothing is known and the text is not clear, the answer is that nobody can tell.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from nightmarket.errors import ModelError
from nightmarket.text import han, latin

UNDETERMINED = "und"

# Letters that belong to one script.
_SCRIPTS = {
    "latin": "A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff"
    "\uff21-\uff3a\uff41-\uff5a",
    "han": han.HAN,
    "kana": han.KANA,
    "hangul": "\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3",
    "cyrillic": "\u0400-\u052f",
    "arabic": "\u0620-\u06d3\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefc",
    "th": "\u0e01-\u0e4e",
    "el": "\u0370-\u03ff\u1f00-\u1fff",
    "he": "\u05d0-\u05f2",
    "hi": "\u0904-\u0939\u0958-\u0961\u093e-\u094d",
    "bn": "\u0985-\u09b9",
    "ta": "\u0b85-\u0bb9",
    "ka": "\u10d0-\u10ff",
    "hy": "\u0531-\u0586",
}
_LETTERS = {script: re.compile(f"[{ranges}]") for script, ranges in _SCRIPTS.items()}
# How many Latin letters say as much as one character: a Chinese sentence has about a quarter of the
# characters of its English translation, so a Chinese title with a long brand name in it is still Chinese.
_WEIGHT = {"han": 4.0, "hangul": 2.0}

_SURE = 0.7
"""Probability below which a language is not named."""
_STRANGE, _STRANGE_IF_SHORT = 1e-3, 1e-6
"""Of a language that the shop does not name: a long and clear text outweighs it, a short one hardly."""
_LONG = 40
"""Letters."""
_FEWEST_LETTERS = 4
"""Of a Latin text that says something by itself."""
_DOUBT = 5.0
"""Titles' worth of doubt in :func:`spoken`, so that a few unclear titles do not confirm each other."""

Prior = Mapping[str, float]
_NOTHING: Prior = MappingProxyType({})


def language(text: str, known: Prior = _NOTHING, beside: str = "") -> str:
    """The language a text is mostly written in, as ISO 639-1, or ``und`` when nothing in it says.

    Chinese is ``zh`` where it is Simplified or both, and ``zh-Hant`` where it is Traditional. A text of
    digits, signs or a single letter is ``und``.

    Args:
        known: how much each language is to be expected (:func:`named`, :func:`spoken`); empty: all alike.
        beside: what else the shop says of the same thing. Its words count as far as they are in the text's
            own script, which it does not change.

    Raises:
        ModelError: a Latin, Cyrillic or Arabic text needs a package that is not installed.
    """
    script, letters = _script(text)
    if beside:
        of_script = _LETTERS[script]
        text = " ".join([text, *(word for word in beside.split() if of_script.search(word))])
        letters = len(of_script.findall(text))
    if script == "latin":
        if letters < (2 if known else _FEWEST_LETTERS):
            return UNDETERMINED
        return _answer(_weighed(latin.likelihoods(text), known, letters))
    if script == "han":
        return _answer(_weighed(han.likelihoods(text), known, letters))
    if script in _OF_SCRIPT:
        return _answer(_weighed(_of_script(script, text), known, letters)) if letters > 1 else UNDETERMINED
    return {"hangul": "ko"}.get(script, script)


@cache
def named(languages: str) -> Prior:
    """What to expect when somebody says the languages: tags parted by commas, "de" as well as "de-AT, en".

    What is no tag is passed over; where none is left, nothing is known.
    """
    codes = [code for code in map(tag, re.split(r"[,;|\s]+", languages)) if code]
    return MappingProxyType({code: 1 / len(codes) for code in codes})


def tag(language: str) -> str | None:
    """A language tag as this module writes it ("de_AT" is "de", "zh-TW" is "zh-Hant"), or None for none."""
    parts = re.split("[-_]", language.strip().lower())
    if not re.fullmatch("[a-z]{2}", parts[0]):
        return None
    if parts[0] == "zh" and {"hant", "tw", "hk", "mo"} & set(parts[1:]):
        return "zh-Hant"
    return {"nb": "no", "nn": "no"}.get(parts[0], parts[0])


def spoken(texts: Iterable[str], rounds: int = 4) -> Prior:
    """The languages of a whole catalogue, each with its share; texts that are unclear by themselves are read
    in the light of the others (expectation and maximisation over the shares)."""
    seen = [found for found in map(_chances, texts) if found]
    shares: Prior = _NOTHING
    for _ in range(rounds if seen else 0):
        sums: Counter[str] = Counter()
        for chances in seen:
            for code, chance in _weighed(chances, shares, _LONG).items():
                sums[code] += chance  # type: ignore[assignment]
        every = len(seen) + _DOUBT
        doubt = _DOUBT / len(latin.LANGUAGES)
        codes = {*sums, *latin.LANGUAGES}
        shares = {code: (sums[code] + doubt * (code in latin.LANGUAGES)) / every for code in sorted(codes)}
    return MappingProxyType(dict(shares))


def _chances(text: str) -> Mapping[str, float]:
    script, letters = _script(text)
    if script == "latin":
        return latin.likelihoods(text) if letters >= _FEWEST_LETTERS else {}
    if script == "han":
        return han.likelihoods(text)
    code = language(text)
    return {} if code == UNDETERMINED else {code: 0.0}


def _script(text: str) -> tuple[str, int]:
    """The script most of a text is in, and its letters in it; Han and kana count together."""
    counts = {script: len(letters.findall(text)) for script, letters in _LETTERS.items()}
    counts["han"] += counts.pop("kana")
    script = max(counts, key=lambda name: counts[name] * _WEIGHT.get(name, 1.0))
    return (script, counts[script]) if counts[script] else ("latin", 0)


def _weighed(likelihoods: Mapping[str, float], known: Prior, letters: int) -> dict[str, float]:
    """Probabilities, in the order of the likelihoods, that add up to 1."""
    scores = {code: value + math.log(_expected(code, known, letters)) for code, value in likelihoods.items()}
    best = max(scores.values())
    chances = {code: math.exp(score - best) for code, score in scores.items()}
    total = sum(chances.values())
    return {code: chance / total for code, chance in chances.items()}


def _expected(code: str, known: Prior, letters: int) -> float:
    if not known:
        return 1.0
    # Who says Chinese says nothing of its characters.
    said = known.get(code, known.get("zh", 0.0) if code == "zh-Hant" else 0.0)
    return max(said, _STRANGE if letters >= _LONG else _STRANGE_IF_SHORT)


def _answer(chances: Mapping[str, float]) -> str:
    best = max(chances, key=chances.__getitem__)
    return best if chances[best] >= _SURE else UNDETERMINED


_OF_SCRIPT = {
    "cyrillic": {"ru": "RUSSIAN", "uk": "UKRAINIAN", "bg": "BULGARIAN", "kk": "KAZAKH"},
    "arabic": {"ar": "ARABIC", "fa": "PERSIAN", "ur": "URDU"},
}


def _of_script(script: str, text: str) -> Mapping[str, float]:
    found = {
        confidence.language.iso_code_639_1.name.lower(): confidence.value
        for confidence in _detector(script).compute_language_confidence_values(text[:2000])
    }
    return {code: math.log(max(found.get(code, 0.0), 1e-4)) for code in _OF_SCRIPT[script]}


@cache
def _detector(script: str) -> Any:
    try:
        from lingua import Language, LanguageDetectorBuilder
    except ImportError as error:
        raise ModelError(
            "telling languages apart needs the package lingua-language-detector, which is not installed; "
            "install Night Market with its 'models' extra."
        ) from error
    languages = [getattr(Language, name) for name in _OF_SCRIPT[script].values()]
    return LanguageDetectorBuilder.from_languages(*languages).with_low_accuracy_mode().build()
