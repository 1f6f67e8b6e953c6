"""image-encoder: reads pictures; each becomes a unit vector, and like pictures are near each other."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from nightmarket.errors import ModelError
from nightmarket.models.entry import Model, dimension
from nightmarket.models.pictures import pixels
from nightmarket.models.registry import model, of_kind
from nightmarket.models.vectors import Vectors


class ImageEncoder(Protocol):
    """Makes pictures into vectors that are near each other when the pictures look alike."""

    @property
    def name(self) -> str: ...

    @property
    def digest(self) -> str:
        """SHA-256 in hex over everything that decides a vector; equal digests mean comparable vectors."""
        ...

    @property
    def dimension(self) -> int: ...

    def encode_each(self, batches: Iterable[Sequence[bytes]]) -> Iterator[Vectors]:
        """For batch after batch of files' bytes, one vector of length 1 per picture, as float32 of shape
        (pictures, dimension), each batch answered in its turn. Batches are drawn a little ahead, so that
        pictures are decoded while others are computed. A picture's vector does not depend on the others
        (each value to 1e-5 on a CPU).

        Raises:
            Unreadable: a picture has a :func:`nightmarket.models.pictures.fault`.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class ImageEncoderModel(Model[ImageEncoder]):
    kind = "image-encoder"
    reads = "pictures"
    variable = "NIGHTMARKET_IMAGE_ENCODER"
    default = "efficientnet-lite0"
    required = ("config.json", "model.safetensors")

    dimension: int
    size: int
    """Pixels of a side of the square that it sees."""

    @classmethod
    def read(cls, entry: Mapping[str, Any], where: str) -> dict[str, Any]:
        found = {"dimension": dimension(entry, where)}
        if not isinstance(entry["size"], int) or not 32 <= entry["size"] <= 1024:
            raise ModelError(f"{where}: size must be a whole number of pixels from 32 to 1024.")
        return found | {"size": entry["size"]}

    def decides(self) -> list[str]:
        return [f"size={self.size}", f"dimension={self.dimension}"]

    def facts(self) -> dict[str, str]:
        return {"dimension": str(self.dimension), "pixels of a side": str(self.size)}

    def summary(self) -> str:
        return f"{self.size} × {self.size} pixels; {self.dimension} dimensions"

    def load(self, place: Path, device: str | None) -> ImageEncoder:
        from nightmarket.models.convolution import ConvolutionEncoder

        return ConvolutionEncoder(self, place, device=device)

    def stand_in(self) -> ImageEncoder:
        return StandInImageEncoder(self)


class StandInImageEncoder:
    """How much of each of 64 colours a picture has, the square roots of the shares: pictures of like colours
    are similar, whatever they show. The same on every machine.
    """

    def __init__(self, entry: ImageEncoderModel | None = None) -> None:
        self._model = entry or of_kind(model("stand-in-images"), ImageEncoderModel)
        self.name = self._model.name
        self.digest = self._model.digest
        self.dimension = self._model.dimension

    def encode_each(self, batches: Iterable[Sequence[bytes]]) -> Iterator[Vectors]:
        for batch in batches:
            vectors = np.zeros((len(batch), self.dimension), np.float32)
            for vector, content in zip(vectors, batch, strict=True):
                quarters = (pixels(content, self._model.size) >> 6).reshape(-1, 3).astype(np.intp)
                shares = np.bincount(quarters @ (16, 4, 1), minlength=64) / len(quarters)
                vector[:] = np.sqrt(shares)
            yield vectors
