"""The demo shop's vocabulary: ``goods.yaml``, ``reviews_en.yaml`` and ``reviews_zh.yaml`` beside this.

A pair is (English, Chinese) and means the same in both.
"""

from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import yaml

Pair = tuple[str, str]


@dataclass(frozen=True)
class Axis:
    """One attribute of a kind of product: its name, its values, and sentences that state a value as {v}."""

    key: Pair
    values: tuple[Pair, ...]
    sentences: tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True)
class Feature:
    """A further attribute with a value of its own, and the sentence that states it."""

    key: Pair
    value: Pair
    sentence: Pair


@dataclass(frozen=True)
class Kind:
    """A kind of product, such as a shirt. ``axes`` name entries of AXES: make, look and measure."""

    category: int
    subcategory: Pair
    name: Pair
    plural: Pair
    low: float
    high: float
    axes: tuple[str, str, str]
    features: str

    def one(self, language: int) -> str:
        """The name of one of them within a sentence: "pair of headphones" where English knows no singular."""
        if language == 1 or self.name[0] != self.plural[0]:
            return self.name[language].lower()
        return f"{'set' if CATEGORIES[self.category][0] == 'Toys' else 'pair'} of {self.name[0].lower()}"


@dataclass(frozen=True)
class Speech:
    """How reviews talk in one language; positive, negative and (but for aspects) mixed, in this order.

    Phrases are in the notation of :mod:`nightmarket.demo.phrases`.
    """

    aspects: dict[str, tuple[tuple[str, ...], ...]]
    openers: tuple[str, ...]
    closers: tuple[tuple[str, ...], ...]
    titles: tuple[tuple[str, ...], ...]
    emoji: tuple[tuple[str, ...], ...]
    turns: tuple[str, ...]
    extras: tuple[str, ...]


def _read(name: str) -> dict[str, Any]:
    return yaml.safe_load(files(__package__).joinpath(name).read_text(encoding="utf-8"))


def _pair(words: list[str]) -> Pair:
    english, chinese = words
    return english, chinese


def _pairs(rows: list[list[str]]) -> tuple[Pair, ...]:
    return tuple(map(_pair, rows))


def _feature(given: dict[str, list[str]]) -> Feature:
    return Feature(_pair(given["key"]), _pair(given["value"]), _pair(given["sentence"]))


def _kind(given: dict[str, Any]) -> Kind:
    make, look, measure = given["axes"]
    return Kind(
        category=given["category"],
        subcategory=_pair(given["subcategory"]),
        name=_pair(given["name"]),
        plural=_pair(given["plural"]),
        low=given["low"],
        high=given["high"],
        axes=(make, look, measure),
        features=given["features"],
    )


def _speech(name: str) -> Speech:
    given = _read(name)

    def by_polarity(part: str) -> tuple[tuple[str, ...], ...]:
        return tuple(map(tuple, given[part].values()))

    return Speech(
        aspects={aspect: tuple(map(tuple, said.values())) for aspect, said in given["aspects"].items()},
        openers=tuple(given["openers"]),
        closers=by_polarity("closers"),
        titles=by_polarity("titles"),
        emoji=by_polarity("emoji"),
        turns=tuple(given["turns"]),
        extras=tuple(given["extras"]),
    )


_GOODS = _read("goods.yaml")
AXES: dict[str, Axis] = {
    name: Axis(
        _pair(given["key"]), _pairs(given["values"]), (tuple(given["english"]), tuple(given["chinese"]))
    )
    for name, given in _GOODS["axes"].items()
}
FEATURES: dict[str, tuple[Feature, ...]] = {
    name: tuple(map(_feature, rows)) for name, rows in _GOODS["features"].items()
}
BRANDS = _pairs(_GOODS["brands"])
SERIES = _pairs(_GOODS["series"])
TAGS = _pairs(_GOODS["tags"])
CATEGORIES = _pairs(_GOODS["categories"])
KINDS: tuple[Kind, ...] = tuple(map(_kind, _GOODS["kinds"]))
BRANDS_PER_CATEGORY = 5
SPEECH = (_speech("reviews_en.yaml"), _speech("reviews_zh.yaml"))
