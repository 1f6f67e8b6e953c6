"""What a model is, whatever its kind; and what each kind of model has to say of itself."""

import hashlib
import os
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, Generic, Literal, TypeVar

from nightmarket.errors import ModelError
from nightmarket.models.origin import Origin

Precision = Literal["fp32", "bf16", "int8"]
"""What a CPU computes in: a night's choice, not the model's. bf16 is three times as fast on a CPU with AMX,
int8 nearly twice on one with VNNI, and a little off; other CPUs compute both in fp32. BERT models only."""
_COMPUTED = {"bf16": "bf16 products", "int8": "int8 by groups of 64"}
"""What that is in a digest: results that were computed another way under the same name are others."""

Loaded = TypeVar("Loaded")


@dataclass(frozen=True, kw_only=True)
class Model(ABC, Generic[Loaded]):
    """A model's entry in the registry; ``Loaded`` is what it is once it is loaded.

    One kind of model is one module of :mod:`nightmarket.models.kinds` with a class made from this one. The
    fields that it adds are the keys that its entries write beside ``kind``, ``licence``, ``origin`` and
    ``files``, all of them and no others.
    """

    kind: ClassVar[str]
    """As a registry writes it."""
    reads: ClassVar[str]
    """What it reads, in words: "texts"."""
    variable: ClassVar[str]
    """The environment variable that names a shop's model of this kind."""
    default: ClassVar[str]
    """The model of this kind where the variable names none; "" where a shop has to name it."""
    every_night: ClassVar[bool] = False
    """Whether every night needs the shop's model of this kind, and not only one with something to read."""
    required: ClassVar[tuple[str, ...]]
    """Files that an entry has to pin, unless its origin has none."""
    endings: ClassVar[tuple[str, ...]] = (".safetensors", ".json", ".txt", ".model")
    """Of files that may be part of it: none of a form that can run code when it is opened."""
    precisions: ClassVar[tuple[Precision, ...]] = ("fp32",)

    name: str
    licence: str
    origin: Origin
    files: Mapping[str, str]
    """SHA-256 of every file of the prepared model, by name."""
    precision: Precision = "fp32"

    @classmethod
    def keys(cls) -> frozenset[str]:
        """What an entry of this kind writes."""
        own = {field.name for field in fields(cls)} - {field.name for field in fields(Model)}
        return frozenset({"kind", "licence", "origin", "files"} | own)

    @classmethod
    def default_name(cls) -> str:
        """The shop's model of this kind; "" where it has none."""
        return os.environ.get(cls.variable) or cls.default

    @classmethod
    @abstractmethod
    def read(cls, entry: Mapping[str, Any], where: str) -> dict[str, Any]:
        """The fields that this kind adds, from an entry that has exactly its keys.

        Raises:
            ModelError: a value is malformed; ``where`` tells of which entry.
        """

    @abstractmethod
    def decides(self) -> list[str]:
        """What beside files and precision decides what it gives, each in a line ``name=value``."""

    @abstractmethod
    def facts(self) -> dict[str, str]:
        """What this kind adds, for a person."""

    @abstractmethod
    def summary(self) -> str:
        """The same in a few words."""

    @abstractmethod
    def load(self, place: Path, device: str | None) -> Loaded:
        """The model in ``place``, whose files were checked; on a device as torch names it, by default the GPU
        when there is one.

        Raises:
            ModelError: the folder does not hold a model that can be used this way.
        """

    @abstractmethod
    def stand_in(self) -> Loaded:
        """What is small, the same on every machine, and behaves as a model of this kind: for tests of
        everything around one."""

    def refuse(self, place: Path) -> None:
        """Raise a ModelError where what is wrong can be seen before anything is loaded."""

    def named_languages(self) -> frozenset[str] | None:
        """ISO 639-1 codes of the texts that it was made for; None where what it reads is in no language."""
        return None

    @property
    def digest(self) -> str:
        """SHA-256 over everything that decides what it gives, to the rounding of the machine that computes:
        its files, its precision and what its kind adds.

        Rows that carry the same digest were made by the same model and may be compared.
        """
        parts = [f"{name}={sha256}" for name, sha256 in sorted(self.files.items())]
        parts += self.decides()
        if self.precision in _COMPUTED:
            parts.append(f"precision={_COMPUTED[self.precision]}")
        if not self.files:
            parts.append(f"name={self.name}")
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def dimension(entry: Mapping[str, Any], where: str) -> int:
    """The numbers of a vector, as an entry writes them.

    Raises:
        ModelError: it is no whole number of at least 1.
    """
    found = entry["dimension"]
    if type(found) is not int or found < 1:
        raise ModelError(f"{where}: dimension must be a whole number of at least 1.")
    return found
