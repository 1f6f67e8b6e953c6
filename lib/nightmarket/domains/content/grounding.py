"""Does a text say only what the record says? Every number and every attribute in it is looked up.

The check knows nothing of how the text was made, and when it cannot tell, it objects: a refused true sentence
costs a plainer one, a published false one costs a customer.
"""

import re
from collections.abc import Collection, Iterator
from functools import cache

from nightmarket.domains.content.quantities import Quantity, codes, quantities
from nightmarket.domains.content.record import Record
from nightmarket.domains.content.vocabulary import FACTS
from nightmarket.text import normalise

_LONGEST_PHRASE = 4
_WORD = re.compile(r"[a-z0-9]+(?:['’&.-][a-z0-9]+)*")
_HAN = re.compile(r"[\u3400-\u9fff]+")


def unsupported(text: str, record: Record, vocabulary: Collection[str] = ()) -> list[str]:
    """What the text states and the record does not, in the text's own spelling; empty for a grounded text.

    Checked: numbers with their units (in digits, in English words, in Chinese numerals), codes such as model
    numbers, colours, materials and the claims of :mod:`.vocabulary`, and the values in ``vocabulary``.

    Args:
        vocabulary: attribute values known from other items, normalised and in small letters: one of them in
            the text must be in this record too. Give a set.
    """
    text = normalise(text).lower()
    said = normalise(record.words).lower()
    known = _of_record(record)
    found = [
        f"{quantity.value:f}{' ' + quantity.unit if quantity.unit else ''}"
        for quantity in sorted(quantities(text), key=lambda q: (q.value, q.unit or ""))
        if not _supported(quantity, known)
    ]
    found += sorted(code for code in codes(text) if code not in said)
    for claims, support in FACTS:
        claimed = [word for word in claims if _says(text, word)]
        if claimed and not any(_says(said, word) for word in support):
            found += claimed
    found += sorted(
        phrase
        for phrase in set(_phrases(text))
        if phrase in vocabulary and phrase not in said and phrase not in found
    )
    return found


def _of_record(record: Record) -> set[Quantity]:
    """Numbers of the record; an attribute's name may hold the unit of its value ("capacity (ml)": "500")."""
    known = quantities(normalise(record.words))
    for name, value in record.attributes.items():
        bare = re.fullmatch(r"\s*(\d++(?:[.,]\d++)*)\s*", value)
        if bare:
            for unit in re.split(r"[\s_()（）/:：]+", name):
                known |= quantities(normalise(f"{bare[1]} {unit}")) if unit else set()
    return known


def _supported(quantity: Quantity, known: set[Quantity]) -> bool:
    """A bare number may stand for one with a unit ("500" for "500 ml"), but no unit may be invented."""
    return quantity in known or (quantity.unit is None and any(quantity.value == k.value for k in known))


def _says(text: str, word: str) -> bool:
    if not word.isascii():
        return word in text
    return word in text and _whole(word).search(text) is not None


@cache
def _whole(word: str) -> re.Pattern[str]:
    """The word itself, its plural, or with a "-coloured" behind it; Chinese may follow without a space."""
    return re.compile(rf"(?<![a-z0-9]){re.escape(word)}(?:s|es)?(?![a-z0-9])")


def _phrases(text: str) -> Iterator[str]:
    """Every run of up to four English words, and of two to eight Chinese characters."""
    words = _WORD.findall(text)
    for first in range(len(words)):
        for length in range(1, _LONGEST_PHRASE + 1):
            if first + length <= len(words):
                yield " ".join(words[first : first + length])
    for run in _HAN.findall(text):
        for first in range(len(run)):
            for length in range(2, 9):
                if first + length <= len(run):
                    yield run[first : first + length]
