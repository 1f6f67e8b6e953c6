"""What computes: token numbers in, one vector per row out. One for each kind of machine."""

import os
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from nightmarket.models.vectors import Vectors
from nightmarket.models.windows import Window

FAMILIES = {"bert": False, "roberta": True, "xlm-roberta": True}
"""Model types that are BERT inside, and whether they count positions from behind the padding's number."""


class OutOfMemory(Exception):
    """A batch was too large for the memory; a smaller one may fit."""


class Network(Protocol):
    """A loaded model on a device."""

    @property
    def budget(self) -> int:
        """Tokens, padding included, of the batches it computes fastest and has memory for."""
        ...

    @property
    def lanes(self) -> int:
        """Batches it computes at the same time, each called from a thread of its own."""
        ...

    def pooled(self, batch: Sequence[Window]) -> Vectors:
        """One float32 vector per window: the mean over its tokens or the first token's, as it was trained.

        Raises:
            OutOfMemory: renew it and try again with less; what it computed meanwhile may be wrong.
        """
        ...

    def renew(self) -> None:
        """Begin anew when memory has run out, while nothing is computed."""
        ...


def padded(batch: Sequence[Window], padding: int) -> tuple[np.ndarray, np.ndarray]:
    """Token numbers as int64 (rows, longest row), and the rows' lengths as int64."""
    lengths = np.fromiter((len(window.tokens) for window in batch), np.int64, len(batch))
    ids = np.full((len(batch), int(lengths.max())), padding, np.int64)
    for row, window in zip(ids, batch, strict=True):
        row[: len(window.tokens)] = window.tokens
    return ids, lengths


def first_position(config: dict[str, Any]) -> int:
    """The position of a text's first token in a model of these families, by its configuration."""
    return int(config.get("pad_token_id", 1)) + 1 if FAMILIES[config["model_type"]] else 0


def threads() -> int:
    """Threads that a CPU computes with: ``$OMP_NUM_THREADS`` when that is set, else one per core."""
    named = os.environ.get("OMP_NUM_THREADS", "")
    return int(named) if named.isdigit() and int(named) else os.cpu_count() or 1


def chosen(device: str | None) -> str:
    """The device named, by default a GPU; the CPU where torch knows no GPU, whatever others say."""
    if device == "cpu":
        return device
    import torch

    return (device or "cuda") if torch.cuda.is_available() else "cpu"
