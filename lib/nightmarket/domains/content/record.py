"""What is known of an item, and therefore may be said of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Language = Literal["en", "zh", "zh-Hant"]
"""The languages that descriptions are written in."""


@dataclass(frozen=True)
class Record:
    title: str
    brand: str | None = None
    category_path: tuple[str, ...] = ()
    """From the widest to the narrowest."""
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """Everything the record says, as one text."""
        stated = (f"{name} {value}" for name, value in self.attributes.items())
        return " | ".join([self.title, self.brand or "", *self.category_path, *stated])
