"""folder: a folder on this machine, by itself or inside the folder of models, used where it lies."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from nightmarket.models.origin import Origin, existing


@dataclass(frozen=True)
class Folder(Origin):
    kind = "folder"
    path: str

    def located(self, name: str, files: Iterable[str], folder: Path) -> Path:
        place = Path(self.path).expanduser()
        return existing(place if place.is_absolute() else folder / place, name)

    def described(self) -> str:
        return f"folder {self.path}"
