"""Where a model comes from; and what each kind of origin has to say of itself."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

from nightmarket.errors import ModelError


@dataclass(frozen=True)
class Origin(ABC):
    """One kind of origin is one module of :mod:`nightmarket.models.origins` with a class made from this one.

    Its fields are the keys that a registry's entry writes beside ``kind``, all of them and no others.
    """

    kind: ClassVar[str]
    """As a registry writes it."""
    has_files: ClassVar[bool] = True
    """Whether its models consist of files; those that do not are computed by their kind's stand-in."""
    listed: ClassVar[bool] = True
    """Whether a registry's entry may name it."""

    @classmethod
    def read(cls, values: Mapping[str, Any], where: str) -> Self:
        """From an entry that has exactly the keys of this kind.

        Raises:
            ModelError: a value is malformed; ``where`` tells of which entry.
        """
        for key, value in values.items():
            if not isinstance(value, str):
                raise ModelError(f"{where}: {key} must be a text.")
        return cls(**values)

    @abstractmethod
    def located(self, name: str, files: Iterable[str], folder: Path) -> Path:
        """Where the prepared files of the model of that name lie; not checked.

        Raises:
            ModelError: they are not there, with what to do.
        """

    @abstractmethod
    def described(self) -> str:
        """For a person, in a few words."""

    def restored(self, place: Path) -> str:
        """What to do when a file in ``place`` is not the pinned one."""
        return f"delete the folder {place} and prepare the model again."


def existing(place: Path, name: str) -> Path:
    """The folder, when it is one.

    Raises:
        ModelError: it is none.
    """
    if not place.is_dir():
        raise ModelError(f"the model {name} should be in {place}, which is no folder.")
    return place
