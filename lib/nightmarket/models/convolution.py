"""The batch encoder of pictures: bytes in, unit vectors out.

- Pictures are decoded by threads, for Pillow lets others work meanwhile, while those before are computed.
- Of decoded pictures two batches are in memory at a time.
- A batch that does not fit into memory is halved, and so are all that follow.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nightmarket.errors import ModelError
from nightmarket.models.efficientnet import EfficientNet
from nightmarket.models.kinds.image_encoder import ImageEncoderModel
from nightmarket.models.network import OutOfMemory, chosen, threads
from nightmarket.models.pictures import pixels
from nightmarket.models.vectors import Vectors

_ON_CPU, _ON_GPU = 4, 128
"""Pictures of a batch; on a CPU what four compute is nearest to fitting its cache."""


class ConvolutionEncoder:
    """See :class:`nightmarket.models.kinds.image_encoder.ImageEncoder` for what it does."""

    def __init__(self, entry: ImageEncoderModel, folder: Path, *, device: str | None = None) -> None:
        """Load the model in ``folder``, whose files were checked against their digests.

        ``device`` and threads are as for :class:`nightmarket.models.transformer.TransformerEncoder`.

        Raises:
            ModelError: the folder does not hold a model that can be used this way.
        """
        import torch

        self.name = entry.name
        self.digest = entry.digest
        self.dimension = entry.dimension
        self._size = entry.size
        self._threads = threads()
        device = chosen(device)
        if device == "cpu":
            torch.set_num_threads(self._threads)
        self._network = EfficientNet(entry, folder, device=device)
        self._most = _ON_CPU if device == "cpu" else _ON_GPU

    def encode_each(self, batches: Iterable[Sequence[bytes]]) -> Iterator[Vectors]:
        sizes: deque[int] = deque()
        waiting = np.zeros((0, self.dimension), np.float32)
        for vectors in self._computed_each(self._pieces(batches, sizes)):
            waiting = np.concatenate([waiting, vectors])
            while sizes and len(waiting) >= sizes[0]:
                yield waiting[: sizes[0]]
                waiting = waiting[sizes.popleft() :]
        # What is left are batches without pictures.
        yield from (waiting for _ in sizes)

    def _pieces(self, batches: Iterable[Sequence[bytes]], sizes: deque[int]) -> Iterator[Sequence[bytes]]:
        """The batches cut to what is computed at once; their sizes are noted as they are drawn."""
        for batch in batches:
            sizes.append(len(batch))
            start = 0
            while start < len(batch):
                most = self._most
                yield batch[start : start + most]
                start += most

    def _computed_each(self, pieces: Iterator[Sequence[bytes]]) -> Iterator[Vectors]:
        """The unit vectors of each piece; the next is decoded meanwhile."""
        with ThreadPoolExecutor(self._threads, "decoder") as decoders:
            # Batches are drawn in this thread: whoever hands them out may not bear another.
            coming: deque[list[Future[NDArray[np.uint8]]]] = deque()
            for piece in pieces:
                coming.append([decoders.submit(pixels, content, self._size) for content in piece])
                if len(coming) > 1:
                    yield self._vectors(coming.popleft())
            for decoding in coming:
                yield self._vectors(decoding)

    def _vectors(self, decoding: Sequence[Future[NDArray[np.uint8]]]) -> Vectors:
        found = self._computed(np.stack([each.result() for each in decoding]))
        vectors: Vectors = found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12)
        return vectors

    def _computed(self, pictures: NDArray[np.uint8]) -> Vectors:
        try:
            return self._network.features(pictures)
        except OutOfMemory as error:
            if len(pictures) == 1:
                raise ModelError(
                    f"there is not enough memory for one picture in the model {self.name}; give the process "
                    "more."
                ) from error
            half = -(-len(pictures) // 2)
            self._most = min(self._most, half)
        return np.concatenate([self._computed(pictures[:half]), self._computed(pictures[half:])])
