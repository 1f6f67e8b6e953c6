"""The schema a mapping implies: objects and lists where its expressions look inside, texts elsewhere."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import reduce
from operator import or_

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, DataType, StringType, StructField, StructType

from nightmarket.sources import digits
from nightmarket.sources.expressions import Reach

WHITE = " \t\r\n\u000b\u000c\u00a0\u3000\ufeff"
"""What is taken off the ends of every text, the ideographic space and a stray byte order mark included."""


@dataclass
class Shape:
    """One value of a record: a text, an object with named parts, or a list of equal shapes."""

    parts: dict[str, "Shape"] = field(default_factory=dict)
    element: "Shape | None" = None
    whole: bool = False
    """Some expression reads the value itself, not only a part of it."""
    text: bool = False
    """Some expression reads it as a text, of which every digit counts, and not only as a number."""

    @property
    def container(self) -> bool:
        return bool(self.parts) or self.element is not None

    def type(self) -> DataType:
        if self.element is not None:
            return ArrayType(self.element.type())
        if self.parts:
            return StructType([StructField(name, part.type()) for name, part in self.parts.items()])
        return StringType()

    def tidied(self, value: Column, rare: Column) -> Column:
        """White space off every text, blank texts null; objects and lists keep their form."""
        return self._each(value, lambda text: tidied(text, rare))

    def unmarked(self, value: Column) -> Column:
        """The same value with the numbers in its texts as the file spells them, see
        :mod:`nightmarket.sources.digits`."""
        return self._each(value, digits.unmarked)

    def _each(self, value: Column, change: Callable[[Column], Column]) -> Column:
        if self.element is not None:
            element = self.element
            return F.transform(value, lambda inner: element._each(inner, change))
        if self.parts:
            parts = [
                part._each(value.getField(name), change).alias(name) for name, part in self.parts.items()
            ]
            return F.when(value.isNotNull(), F.struct(*parts))
        return change(value)

    def reprinted(self, value: Column) -> Iterator[Column]:
        """For each text in it: whether it may hold a number that the file spells otherwise."""
        if self.element is not None:
            element = self.element
            yield F.exists(value, lambda inner: reduce(or_, element.reprinted(inner)))
        elif self.parts:
            for name, part in self.parts.items():
                yield from part.reprinted(value.getField(name))
        else:
            yield F.coalesce(digits.reprinted(value, self.text), F.lit(False))


def tidied(text: Column, rare: Column | None = None) -> Column:
    """The text without white space at its ends, null when nothing is left.

    ``rare``: whether the record may hold white space other than blanks. Taking off the whole list costs as
    much as parsing the field did, and where there are blanks only, Spark's plain trim does the same.
    """
    trimmed = F.btrim(text, F.lit(WHITE))
    if rare is not None:
        trimmed = F.when(rare, trimmed).otherwise(F.trim(text))
    return F.nullif(trimmed, F.lit(""))


def blank(raw: Column) -> Column:
    """Whether there is nothing but white space; nearly every record begins with a letter or sign of ASCII."""
    return ~(F.ascii(raw).between(33, 126) | raw.rlike(f"[^{WHITE}]"))


def shape(reaches: Iterable[Reach], texts: Collection[Reach] = ()) -> tuple[Shape, tuple[str, ...]]:
    """The shape of a record of which these places are read, and what is contradictory about them.

    ``texts``: those that are read as texts.
    """
    record = Shape()
    for reach in reaches:
        here = record
        for step in reach:
            if isinstance(step, int):
                here.element = here.element or Shape()
                here = here.element
            else:
                here = here.parts.setdefault(step, Shape())
        here.whole = True
        here.text |= reach in texts
    return record, tuple(_contradictions(record, ""))


def _contradictions(here: Shape, name: str) -> Iterable[str]:
    if here.whole and here.container:
        yield (
            f"{name} is read both whole and in parts; read its parts with "
            f"get_json_object({name}, '$.part') where you also need the whole"
        )
    if here.parts and here.element:
        yield f"{name} is read both as an object and as a list"
    folded: dict[str, str] = {}
    for part, inner in here.parts.items():
        other = folded.setdefault(part.casefold(), part)
        if other != part:
            yield f"{name}.{part} and {name}.{other} differ only in case".replace(" .", " ").lstrip(".")
        yield from _contradictions(inner, f"{name}.{part}".lstrip("."))
    if here.element is not None:
        yield from _contradictions(here.element, f"{name}[…]")
