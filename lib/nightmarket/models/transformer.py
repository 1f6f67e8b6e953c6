"""A BERT-like encoder run by torch: safetensors only, no code from the model, nothing fetched.

Speed comes from not computing padding: equal texts are computed once, the rest sorted by length and cut into
batches by tokens instead of by rows. On a CPU core a budget of about a thousand tokens is fastest (what is
computed stays in its cache); on a GPU a large one is.
"""

import json
import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from nightmarket.errors import ModelError
from nightmarket.models.encoder import Vectors, distinct, refuse_unnamed
from nightmarket.models.registry import Model

TOKENS_ON_CPU = 1024
TOKENS_ON_GPU = 131_072
_TOKENISED_AT_ONCE = 2048


@dataclass(frozen=True)
class _Window:
    text: int
    tokens: list[int]
    """With the special tokens and the prefix."""
    weight: int
    """Tokens of the text itself."""


class TransformerEncoder:
    """See :class:`nightmarket.models.encoder.Encoder` for what it promises."""

    def __init__(
        self, entry: Model, folder: Path, *, device: str | None = None, tokens_per_batch: int | None = None
    ) -> None:
        """Load the model in ``folder``, whose files were checked against their digests.

        ``device`` is "cpu" or "cuda", by default the GPU when there is one. On a GPU it computes in float16
        and averages in float32; on a CPU in float32. Threads: ``$OMP_NUM_THREADS`` when set, which Spark sets
        for its Python workers, else torch's own choice.

        Raises:
            ModelError: the folder does not hold a model that can be used this way.
        """
        import torch

        self.name = entry.name
        self.digest = entry.digest
        self.dimension = entry.dimension
        self.languages = entry.languages
        self._entry = entry
        threads = os.environ.get("OMP_NUM_THREADS", "")
        if threads.isdigit() and int(threads) > 0:
            torch.set_num_threads(int(threads))
        self._device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        on_gpu = self._device.startswith("cuda")
        self._budget = tokens_per_batch or (TOKENS_ON_GPU if on_gpu else TOKENS_ON_CPU)
        self._tokenizer, self._first, self._last, self._pad = _tokenizer(entry, folder)
        self._network = _network(entry, folder, torch.float16 if on_gpu else torch.float32).to(self._device)

    def encode(
        self, texts: Sequence[str], *, prefix: str | None = None, languages: Sequence[str] | None = None
    ) -> Vectors:
        refuse_unnamed(self._entry, texts, languages)
        if not len(texts):
            return np.zeros((0, self.dimension), np.float32)
        different, index = distinct(texts)
        windows = list(self._windows(different, self._entry.prefix if prefix is None else prefix))
        # Longest first, so that a batch too large for the memory shows at once; then by text, so the same
        # texts make the same batches.
        windows.sort(key=lambda window: (-len(window.tokens), window.text))
        several = {text for text, count in _counted(windows).items() if count > 1}
        pooled = np.zeros((len(different), self.dimension), np.float32)
        for batch in _batches(windows, self._budget):
            for window, vector in zip(batch, self._pooled(batch), strict=True):
                pooled[window.text] += vector * window.weight if window.text in several else vector
        pooled /= np.maximum(np.linalg.norm(pooled, axis=1, keepdims=True), 1e-12)
        return pooled[index]

    def _windows(self, texts: list[str], prefix: str) -> Iterator[_Window]:
        """The token windows of every text; a text's windows are of about equal length."""
        ahead = self._tokenizer.encode(prefix.strip(), add_special_tokens=False).ids if prefix.strip() else []
        room = self._entry.max_length - 2 - len(ahead)
        if room < 8:
            raise ModelError(f"the prefix leaves no room for a text in the window of the model {self.name}.")
        for start in range(0, len(texts), _TOKENISED_AT_ONCE):
            some = texts[start : start + _TOKENISED_AT_ONCE]
            encodings = self._tokenizer.encode_batch_fast(
                [prefix + text for text in some], add_special_tokens=False
            )
            for place, encoding in enumerate(encodings, start):
                # The prefix ends at a space, so its tokens are the same before every text.
                body = encoding.ids[len(ahead) :]
                count = max(1, -(-len(body) // room))
                edges = [len(body) * part // count for part in range(count + 1)]
                for begin, end in pairwise(edges):
                    tokens = [self._first, *ahead, *body[begin:end], self._last]
                    yield _Window(place, tokens, max(1, end - begin))

    def _pooled(self, batch: list[_Window]) -> Vectors:
        """One vector per window: the mean over its tokens, or the first token's, as the model was trained."""
        import torch

        longest = len(batch[0].tokens)
        ids = np.full((len(batch), longest), self._pad, np.int64)
        mask = np.zeros((len(batch), longest), np.int64)
        for row, window in enumerate(batch):
            ids[row, : len(window.tokens)] = window.tokens
            mask[row, : len(window.tokens)] = 1
        with torch.inference_mode():
            seen = torch.from_numpy(mask).to(self._device)
            states = self._network(
                input_ids=torch.from_numpy(ids).to(self._device), attention_mask=seen
            ).last_hidden_state.float()
            if self._entry.pooling == "cls":
                return states[:, 0].cpu().numpy()
            weights = seen.unsqueeze(-1).to(states.dtype)
            return ((states * weights).sum(1) / weights.sum(1)).cpu().numpy()


def _counted(windows: list[_Window]) -> dict[int, int]:
    counts: dict[int, int] = defaultdict(int)
    for window in windows:
        counts[window.text] += 1
    return counts


def _batches(windows: list[_Window], budget: int) -> Iterator[list[_Window]]:
    """Cut windows, longest first, so that rows times the longest row stays within the budget of tokens."""
    start = 0
    while start < len(windows):
        rows = max(1, budget // len(windows[start].tokens))
        yield windows[start : start + rows]
        start += rows


def _tokenizer(entry: Model, folder: Path) -> tuple[Any, int, int, int]:
    """The tokenizer, and the numbers of its first, last and padding tokens."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    # Files from the hub may say "truncate to 128" or "pad to 128"; windows and batches are cut here instead.
    tokenizer.no_truncation()
    tokenizer.no_padding()
    settings = json.loads((folder / "tokenizer_config.json").read_text("utf-8"))
    numbers = []
    for role in ("cls_token", "sep_token", "pad_token"):
        token = settings.get(role)
        number = tokenizer.token_to_id(token.get("content", "") if isinstance(token, dict) else str(token))
        if number is None:
            raise ModelError(
                f"the tokenizer of the model {entry.name} names no {role}; it is not of BERT's kind."
            )
        numbers.append(number)
    return tokenizer, numbers[0], numbers[1], numbers[2]


def _network(entry: Model, folder: Path, dtype: Any) -> Any:
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")
    from transformers import AutoModel
    from transformers.utils import logging

    logging.disable_progress_bar()
    # These families can be built without the pooler, which is made for another task and often left out.
    config = json.loads((folder / "config.json").read_text("utf-8"))
    bare = (
        {"add_pooling_layer": False} if config.get("model_type") in {"bert", "roberta", "xlm-roberta"} else {}
    )
    try:
        network, report = AutoModel.from_pretrained(
            folder,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            dtype=dtype,
            attn_implementation="sdpa",
            output_loading_info=True,
            **bare,
        )
    except (OSError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split())[:300]
        raise ModelError(
            f"the model {entry.name} in {folder} cannot be loaded without running code of its own or reading "
            f"a form other than safetensors: {reason}"
        ) from error
    missing = sorted(name for name in report["missing_keys"] if not name.startswith("pooler."))
    if missing:
        raise ModelError(
            f"the model {entry.name} in {folder} lacks {len(missing)} tensors, first {missing[0]}."
        )
    if network.config.hidden_size != entry.dimension:
        raise ModelError(
            f"the model {entry.name} has {network.config.hidden_size} dimensions, but its entry says "
            f"{entry.dimension}; correct the entry."
        )
    return network.eval()
