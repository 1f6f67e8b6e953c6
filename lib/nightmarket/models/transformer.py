"""The batch encoder: texts in, unit vectors out, as fast as the machine multiplies matrices.

- Equal texts are computed once. The rest, a large buffer of them at a time, is sorted by length and cut into
  batches by tokens, so that hardly any padding is computed.
- While one buffer is computed, the next is tokenised; on a CPU every core has a batch of its own.
- When a batch does not fit into memory, its buffer is computed anew in batches of half the size, and so is
  all that follows.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Lock

import numpy as np

from nightmarket.errors import ModelError
from nightmarket.models.kinds.encoder import EncoderModel, distinct, refuse_unnamed
from nightmarket.models.network import Network, OutOfMemory, chosen, threads
from nightmarket.models.openvino_network import OpenvinoNetwork, refuse_other_than_bert, supported
from nightmarket.models.vectors import Vectors
from nightmarket.models.windows import Tokenizer, Window, batch

_BUFFERED_TEXTS, _BUFFERED_CHARACTERS = 16_384, 16_000_000


class TransformerEncoder:
    """See :class:`nightmarket.models.kinds.encoder.Encoder` for what it does."""

    def __init__(self, entry: EncoderModel, folder: Path, *, device: str | None = None) -> None:
        """Load the model in ``folder``, whose files were checked against their digests.

        ``device`` is "cpu" or as torch names a GPU, by default the GPU when there is one; int8 is always
        computed by the CPU. There, threads are ``$OMP_NUM_THREADS`` when that is set, which Spark does for
        its Python workers, else one per core.

        Raises:
            ModelError: the folder does not hold a model that can be used this way.
        """
        self.name = entry.name
        self.digest = entry.digest
        self.dimension = entry.dimension
        self.languages = entry.languages
        self._entry = entry
        self._tokenizer = Tokenizer(entry, folder)
        self._network = _network(entry, folder, self._tokenizer.padding, device)
        self._budget = self._network.budget

    def encode(
        self, texts: Sequence[str], *, prefix: str | None = None, languages: Sequence[str] | None = None
    ) -> Vectors:
        refuse_unnamed(self._entry, texts, languages)
        different, index = distinct(texts)
        starts = range(0, len(different), _BUFFERED_TEXTS)
        parts = (different[start : start + _BUFFERED_TEXTS] for start in starts)
        found = [np.zeros((0, self.dimension), np.float32), *self._computed_each(parts, prefix)]
        return np.concatenate(found)[index]

    def encode_each(
        self, batches: Iterable[Sequence[str]], *, prefix: str | None = None
    ) -> Iterator[Vectors]:
        drawn: deque[tuple[list[int], np.ndarray]] = deque()

        def different_of_each() -> Iterator[list[str]]:
            for buffer in _buffered(batches):
                different, index = distinct([text for texts in buffer for text in texts])
                drawn.append(([len(texts) for texts in buffer], index))
                yield different

        for vectors in self._computed_each(different_of_each(), prefix):
            sizes, index = drawn.popleft()
            yield from np.split(vectors[index], np.cumsum(sizes)[:-1])

    def _computed_each(self, buffers: Iterator[list[str]], prefix: str | None) -> Iterator[Vectors]:
        """The vectors of each buffer of different, normalised texts; the next is tokenised meanwhile."""
        with (
            ThreadPoolExecutor(1, "tokeniser") as ahead,
            ThreadPoolExecutor(self._network.lanes, "encoder") as lanes,
        ):
            # Buffers are drawn in this thread: whoever hands them out may not bear another.
            coming: deque[tuple[int, Future[list[Window]]]] = deque()
            for texts in buffers:
                coming.append((len(texts), ahead.submit(self._tokenizer.windows, texts, prefix)))
                if len(coming) > 1:
                    count, windows = coming.popleft()
                    yield self._vectors(count, windows.result(), lanes)
            for count, windows in coming:
                yield self._vectors(count, windows.result(), lanes)

    def _vectors(self, count: int, windows: list[Window], lanes: ThreadPoolExecutor) -> Vectors:
        """The unit vector of each text: of several windows' vectors, the mean by their tokens."""
        pooled = np.zeros((count, self.dimension), np.float32)
        several = np.bincount([window.text for window in windows], minlength=count) > 1
        for some, vectors in self._computed(windows, lanes):
            places = np.fromiter((window.text for window in some), np.intp, len(some))
            if several[places].any():
                weights = np.fromiter((window.weight for window in some), np.float32, len(some))
                weights[~several[places]] = 1
                np.add.at(pooled, places, vectors * weights[:, None])
            else:
                pooled[places] = vectors
        pooled /= np.maximum(np.linalg.norm(pooled, axis=1, keepdims=True), 1e-12)
        return pooled

    def _computed(
        self, windows: list[Window], lanes: ThreadPoolExecutor
    ) -> list[tuple[Sequence[Window], Vectors]]:
        """The windows in batches, with their vectors; all anew in smaller batches when one did not fit."""
        while True:
            taken = _Shared(windows)
            found = lanes.map(partial(self._lane, taken), range(self._network.lanes))
            computed = [each for of_lane in found for each in of_lane]
            if not taken.refused:
                return computed
            self._halve(taken.refused)

    def _lane(self, taken: "_Shared", _: int) -> list[tuple[Sequence[Window], Vectors]]:
        computed = []
        while some := taken.next(self._budget):
            try:
                computed.append((some, self._network.pooled(some)))
            except OutOfMemory:
                taken.refused.append(some)
        return computed

    def _halve(self, refused: Sequence[Sequence[Window]]) -> None:
        """From now on, batches of half the largest of those that did not fit: a small one, the last of its
        buffer, may have been refused only for what stood beside it."""
        try:
            self._network.renew()
        except (MemoryError, RuntimeError) as error:
            raise ModelError(
                f"there is not enough memory for the model {self.name}; give the process more."
            ) from error
        tokens = [len(some) * len(some[0].tokens) for some in refused if len(some) > 1]
        if not tokens:
            raise ModelError(
                f"there is not enough memory for one text of {len(refused[0][0].tokens)} tokens in the "
                f"model {self.name}; give the process more, or set a smaller max_length in its entry."
            )
        self._budget = max(1, min(self._budget, max(tokens)) // 2)


class _Shared:
    """Windows that several threads take batches of, each window once, until one did not fit."""

    def __init__(self, windows: Sequence[Window]) -> None:
        self._windows, self._start, self._lock = windows, 0, Lock()
        self.refused: list[Sequence[Window]] = []

    def next(self, budget: int) -> Sequence[Window]:
        with self._lock:
            if self.refused or self._start >= len(self._windows):
                return []
            some = batch(self._windows, self._start, budget)
            self._start += len(some)
            return some


def _buffered(batches: Iterable[Sequence[str]]) -> Iterator[list[Sequence[str]]]:
    """Batches together until they have thousands of texts, or millions of characters."""
    buffer: list[Sequence[str]] = []
    texts = characters = 0
    for some in batches:
        buffer.append(some)
        texts += len(some)
        characters += sum(map(len, some))
        if texts >= _BUFFERED_TEXTS or characters >= _BUFFERED_CHARACTERS:
            yield buffer
            buffer, texts, characters = [], 0, 0
    if buffer:
        yield buffer


def _network(entry: EncoderModel, folder: Path, padding: int, device: str | None) -> Network:
    refuse_other_than_bert(entry, folder)
    if entry.precision == "int8":
        device = "cpu"
    device = chosen(device)
    if device == "cpu" and supported(folder):
        return OpenvinoNetwork(entry, folder, padding, threads=threads())
    from nightmarket.models.torch_network import TorchNetwork

    return TorchNetwork(entry, folder, padding, device=device, threads=threads())
