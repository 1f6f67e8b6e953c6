"""built-in: no files at all."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from nightmarket.models.origin import Origin


@dataclass(frozen=True)
class BuiltIn(Origin):
    kind = "built-in"
    has_files = False

    def located(self, name: str, files: Iterable[str], folder: Path) -> Path:
        return folder

    def described(self) -> str:
        return "built in"
