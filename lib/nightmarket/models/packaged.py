"""Files of models inside installed packages. They are only read: nothing of a package is imported."""

import hashlib
from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from importlib import metadata
from pathlib import Path
from typing import Any, Self

from nightmarket.errors import ModelError
from nightmarket.models.origin import Origin


@dataclass(frozen=True)
class PackageFile:
    """A file inside an installed package, known by its digest."""

    package: str
    path: str
    sha256: str

    def checked(self) -> Path:
        """Where it lies.

        Raises:
            ModelError: the package is not installed, or has another file or none there.
        """
        listed = [file for file in distribution(self.package).files or [] if str(file) == self.path]
        path = Path(str(listed[0].locate())) if listed else None
        if path is None or not path.is_file():
            raise ModelError(
                f"the package {self.package} has no file {self.path}; install the pinned version."
            )
        if sha256(path) != self.sha256:
            raise ModelError(
                f"{self.path} of the package {self.package} is not the pinned file (its SHA-256 does not "
                f"begin with {self.sha256[:8]}); install the pinned version again."
            )
        return path


@dataclass(frozen=True)
class Decoded(Origin):
    """Packaged files in a form of their own, decoded once into a folder of the folder of models.

    Each field of a kind of origin made from this one is a :class:`PackageFile`.
    """

    @classmethod
    def read(cls, values: Mapping[str, Any], where: str) -> Self:
        keys = {field.name for field in fields(PackageFile)}
        for key, value in values.items():
            if not isinstance(value, dict) or set(value) != keys:
                raise ModelError(f"{where}: {key} needs package, path and sha256.")
        return cls(**{key: PackageFile(**value) for key, value in values.items()})

    @abstractmethod
    def decode(self, folder: Path) -> None:
        """Write the model's files into the folder: the same bytes on every machine.

        Raises:
            ModelError: a packaged file is not the pinned one, or not of the form.
        """

    def located(self, name: str, files: Iterable[str], folder: Path) -> Path:
        if not (folder / name).is_dir():
            raise ModelError(
                f"the model {name} is not in {folder}; set up the project once (./infra/demo or "
                "./infra/test does it), or name the folder that holds it in NIGHTMARKET_MODELS."
            )
        return folder / name

    def described(self) -> str:
        packages = [getattr(self, field.name).package for field in fields(self)]
        return f"package{'s' if len(packages) > 1 else ''} {' and '.join(packages)}, decoded once"


def distribution(package: str) -> metadata.Distribution:
    """The installed package of that name.

    Raises:
        ModelError: it is not installed.
    """
    try:
        return metadata.distribution(package)
    except metadata.PackageNotFoundError as error:
        raise ModelError(
            f"the package {package}, which holds a model, is not installed; "
            "install Night Market with its 'models' extra."
        ) from error


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
