"""One spelling for the same words: the form of a text that is compared, hashed, embedded and searched for.

It loses on purpose what two shops write differently, and is never shown; what people read is
:func:`nightmarket.text.clean`.
"""

import re
import unicodedata

from nightmarket.text.clean import PASSES, clean

_HIGH, _LOW = "⁰¹²³⁴⁵⁶⁷⁸⁹", "₀₁₂₃₄₅₆₇₈₉"
_PLAIN = str.maketrans(f"{_HIGH}⁺⁻{_LOW}₊₋", "0123456789+-" * 2)

# Unicode's compatibility form writes the digits of 1½, 10⁵ and 5① beside each other: 11⁄2, 105, 51.
_FRACTION = re.compile(rf"(\d?)([{_HIGH}]+)[/⁄]([{_LOW}]+)")
_RAISED = re.compile(rf"(?<=[\d)])(?=[{_HIGH}⁺⁻])")
_LOWERED = re.compile(rf"(?<=[\d)])(?=[{_LOW}₊₋])")


def _signs(begins: bool) -> str:
    """Signs that a digit begins, or ends, in the compatibility form: fractions, circled digits, ㎡."""
    return "".join(
        sign
        for sign in map(chr, range(0x80, 0x20000))
        if unicodedata.category(sign) in {"No", "So"}
        and sign.translate(_PLAIN) == sign
        and unicodedata.normalize("NFKC", sign)[0 if begins else -1].isdigit()
    )


_BESIDE = re.compile(rf"(?<=[\d{_signs(False)}])(?=[{_signs(True)}])|(?<=[{_signs(False)}])(?=\d)")


def normalise(text: str) -> str:
    """The cleaned text in Unicode's NFKC, its numbers kept apart.

    Full-width, circled and ligature forms become their plain form ("ＡＢＣ１２３" is "ABC123"), "1½" is
    "1 1/2", "10⁵" is "10^5" and "m²" is "m2". The signs ™ and ℠ are no letters.

    The result can always be encoded in UTF-8, and normalising it again changes nothing.
    """
    text = clean(text)
    for _ in range(PASSES):
        folded = clean(_folded(text))
        if folded == text:
            return text
        text = folded
    # Full-width signs can spell markup too; without "<" and "&" nothing more can come of it.
    for _ in range(PASSES):
        folded = clean(_folded(text).replace("<", " ").replace("&", " "))
        if folded == text:
            break
        text = folded
    return text


def _folded(text: str) -> str:
    if text.isascii():
        return text
    text = _FRACTION.sub(_fraction, _BESIDE.sub(" ", text))
    text = _LOWERED.sub("_", _RAISED.sub("^", text)).translate(_PLAIN)
    # "Lego™" is not "LegoTM".
    parts = re.split("([™℠])", text)
    parts[::2] = [unicodedata.normalize("NFKC", part) for part in parts[::2]]
    return "".join(parts).replace("⁄", "/")


def _fraction(found: re.Match[str]) -> str:
    whole = f"{found[1]} " if found[1] else ""
    return f"{whole}{found[2].translate(_PLAIN)}/{found[3].translate(_PLAIN)}"
