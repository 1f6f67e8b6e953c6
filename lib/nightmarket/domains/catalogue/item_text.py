"""One text of an item, as models read it, and the language it is in. Pure; the words are those of the export.

The text is title, brand, category, attributes by name, description, in this order: an encoder that cuts a
long text loses the end of the description first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nightmarket import text


@dataclass(frozen=True)
class ItemText:
    """What an item says of itself, each part cleaned; None where nothing is left of it."""

    title: str | None
    description: str | None
    brand: str | None
    category: str | None
    """The levels of the path, from the widest, joined by " > "."""
    attributes: Mapping[str, str] | None

    @property
    def whole(self) -> str:
        named = ", ".join(f"{name}: {value}" for name, value in (self.attributes or {}).items())
        parts = (self.title, self.brand, self.category, named, self.description)
        return ". ".join(part for part in parts if part)

    def language(self, own: str | None, expected: Mapping[str, float]) -> str:
        """That of title and description, in the light of what categories and attribute values say.

        Args:
            own: the language the shop names for the item, if any.
            expected: otherwise how much to expect each language, see :func:`nightmarket.text.language`.
        """
        words = " ".join(part for part in (self.title, self.description) if part)
        beside = " ".join([self.category or "", *(self.attributes or {}).values()])
        return text.language(words, text.named(own) if own else expected, beside)


def cleaned(
    title: str | None,
    description: str | None,
    brand: str | None,
    category: str | None,
    names: Sequence[str] | None,
    values: Sequence[str] | None,
) -> ItemText:
    """An item's own words without markup and noise; ``names`` and ``values`` are those of its attributes."""
    clean = (_clean(part) for part in (title, description, brand, category))
    title, description, brand, category = clean
    return ItemText(title, description, brand, category and _path(category), _attributes(names, values))


def _clean(part: str | None) -> str | None:
    return None if part is None else text.clean(part) or None


def _path(category: str) -> str | None:
    return " > ".join(part.strip() for part in category.split(">") if part.strip()) or None


def _attributes(names: Sequence[str] | None, values: Sequence[str] | None) -> dict[str, str] | None:
    """Names and values cleaned; what is empty then is left out, of names that become one the first stays."""
    if names is None or values is None:
        return None
    found: dict[str, str] = {}
    for name, value in zip(map(text.clean, names), map(text.clean, values), strict=True):
        if name and value:
            found.setdefault(name, value)
    return found
