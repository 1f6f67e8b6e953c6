"""package: a folder inside an installed package, used where it lies."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from nightmarket.models.origin import Origin, existing
from nightmarket.models.packaged import distribution


@dataclass(frozen=True)
class Package(Origin):
    kind = "package"
    package: str
    path: str

    def located(self, name: str, files: Iterable[str], folder: Path) -> Path:
        return existing(Path(str(distribution(self.package).locate_file(self.path))), name)

    def described(self) -> str:
        return f"package {self.package}, {self.path}"
