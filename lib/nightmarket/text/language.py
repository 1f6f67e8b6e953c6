"""Which language a shop's text is written in.

The script decides first, because it is certain and free. Among languages of the Latin script, a title such as
"DKNY Unisex Trolley Bag" says next to nothing: statistics call it Swedish. English is therefore the answer
unless the text is long enough and both its letters and its small words speak for another language.
"""

import re
from functools import cache
from typing import Any

from nightmarket.errors import ModelError

UNDETERMINED = "und"

# Letters that belong to one script. Katakana's middle dot and long-vowel mark are not: Chinese uses them.
_SCRIPTS = {
    "latin": "A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff",
    "han": "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af",
    "kana": "\u3041-\u3096\u30a1-\u30fa",
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
_WEIGHT = {"han": 4.0, "kana": 2.0, "hangul": 2.0}

_WORD = re.compile(f"[{_SCRIPTS['latin']}]+(?:['’][{_SCRIPTS['latin']}]+)?")
_SMALL_WORDS = {
    "en": "the and of for with in on to is it this that my i was but not so are have has very you be at they "
    "as if would just these one all too me from or were can will really when them by an out up get wear "
    "women men women's men's black white blue red green pink grey size set pack girls boys kids solid",
    "fr": "le la les des un une et est pour avec dans sur pas je ce cette très qui que du au en il elle mais",
    "de": "der die das und ist für mit nicht ein eine ich sehr auf den dem von zu im auch aber sie es war",
    "es": "el la los las un una y es para con no muy que de del en por mi pero lo se este esta como me su",
    "pt": "o a os as um uma e é para com não muito que do da no na em por meu mas foi produto veio antes eu",
    "it": "il la lo gli le un una e è per con non molto che di del della in sono ma mi questo come anche ho",
    "nl": "de het een en is voor met niet ik heel op van te in dat zijn maar ook erg deze wel heb naar",
    "pl": "i w na z nie jest do to się bardzo ale dla jak że po od tak za są ten produkt polecam",
    "tr": "ve bir çok bu için ile da de ama güzel ürün değil gibi ben daha aldım kadar oldu olarak",
    "vi": "và là của cho với không rất có này được một hàng mình sản phẩm đẹp giao nhưng tôi thì",
    "id": "dan yang ini untuk dengan tidak sangat di ke dari saya barang bagus sudah juga tapi ada bisa",
    "sv": "och är en ett för med inte jag mycket på av till det som men den var har bra så",
}
_MARKERS = {code: frozenset(words.split()) for code, words in _SMALL_WORDS.items()}
_SHORTEST_FOREIGN = 18
"""Letters below which a Latin text is taken for English."""


def language(text: str) -> str:
    """The ISO 639-1 code of the language a text is mostly written in, or ``und`` when nothing in it says.

    Han characters mean ``zh`` unless a fifth of the East Asian characters are kana (``ja``). Latin letters
    mean ``en`` unless there is good evidence of one of eleven other languages. A text of digits, signs or a
    single letter is ``und``.

    Raises:
        ModelError: a long Latin or Cyrillic text needs the package lingua, which is not installed.
    """
    counts = {script: len(letters.findall(text)) for script, letters in _LETTERS.items()}
    if sum(counts.values()) - counts["latin"] == 0:
        return _latin(text, counts["latin"])
    east_asian = counts["han"] + counts["kana"]
    if counts["kana"] >= 2 and 5 * counts["kana"] >= east_asian:
        counts["kana"] = east_asian
        counts["han"] = 0
    else:
        counts["han"], counts["kana"] = east_asian, 0
    # Ties go to the first script named, so the answer never depends on anything but the text.
    script = max(counts, key=lambda name: counts[name] * _WEIGHT.get(name, 1.0))
    if script == "latin":
        return _latin(text, counts["latin"])
    if script == "cyrillic":
        return _likeliest("cyrillic", text, "ru")[0]
    if script == "arabic":
        return _likeliest("arabic", text, "ar")[0]
    return {"han": "zh", "kana": "ja", "hangul": "ko"}.get(script, script)


def _latin(text: str, letters: int) -> str:
    if letters < 2:
        return UNDETERMINED
    if letters < _SHORTEST_FOREIGN:
        return "en"
    words = [word.lower().replace("’", "'") for word in _WORD.findall(text)]
    english = sum(word in _MARKERS["en"] for word in words)
    if 4 * english >= len(words):
        return "en"
    other, probability = _likeliest("latin", text, "en")
    if other == "en":
        return "en"
    spoken = sum(word in _MARKERS[other] for word in words)
    if spoken > english and probability >= 0.5:
        return other
    # No small word of either language: believe letters alone only when there are many and they are clear.
    return other if english == 0 and letters >= 3 * _SHORTEST_FOREIGN and probability >= 0.97 else "en"


def _likeliest(script: str, text: str, fallback: str) -> tuple[str, float]:
    """The likeliest language of one script, and how likely it is among those of the script (0 to 1)."""
    # 2,000 characters decide as well as a megabyte.
    found = _detector(script).compute_language_confidence_values(text[:2000])
    if not found or found[0].value == 0:
        return fallback, 0.0
    return found[0].language.iso_code_639_1.name.lower(), found[0].value


@cache
def _detector(script: str) -> Any:
    """Lingua restricted to the languages worth telling apart in a script.

    In its low-accuracy mode it needs 30 MB and 60 µs a title instead of 300 MB and 280 µs; the small words
    make up for the difference.
    """
    try:
        from lingua import Language, LanguageDetectorBuilder
    except ImportError as error:
        raise ModelError(
            "telling languages apart needs the package lingua-language-detector, which is not installed; "
            "install Night Market with its 'models' extra."
        ) from error
    names = {
        "latin": "ENGLISH FRENCH GERMAN SPANISH PORTUGUESE ITALIAN DUTCH POLISH TURKISH "
        "VIETNAMESE INDONESIAN SWEDISH",
        "cyrillic": "RUSSIAN UKRAINIAN BULGARIAN KAZAKH",
        "arabic": "ARABIC PERSIAN URDU",
    }[script]
    languages = [getattr(Language, name) for name in names.split()]
    return LanguageDetectorBuilder.from_languages(*languages).with_low_accuracy_mode().build()
