"""hub: one revision in the local Hugging Face cache. Nothing is fetched while tables are being made."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from nightmarket.errors import ModelError
from nightmarket.models.origin import Origin


@dataclass(frozen=True)
class Hub(Origin):
    kind = "hub"
    repository: str
    revision: str

    def located(self, name: str, files: Iterable[str], folder: Path) -> Path:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import LocalEntryNotFoundError

        pinned = sorted(files)
        try:
            return Path(
                snapshot_download(
                    self.repository, revision=self.revision, local_files_only=True, allow_patterns=pinned
                )
            )
        except (LocalEntryNotFoundError, OSError, ValueError) as error:
            raise ModelError(
                f"the model {name} is not in the local cache; fetch it once with: hf download "
                f"{self.repository} --revision {self.revision} {' '.join(pinned)}"
            ) from error

    def described(self) -> str:
        return f"hub {self.repository}, revision {self.revision}"
