"""Texts → token windows → batches: what an encoder computes, cut so that little of it is padding."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from nightmarket.errors import ModelError
from nightmarket.models.kinds.encoder import EncoderModel

_TEXTS_AT_ONCE, _CHARACTERS_AT_ONCE = 2048, 4_000_000


@dataclass(frozen=True, slots=True)
class Window:
    text: int
    """The place of its text."""
    tokens: list[int]
    """With the special tokens and the prefix."""
    weight: int
    """Tokens of the text itself."""


class Tokenizer:
    """A tokenizer of BERT's kind: one mark before a text and one behind it.

    Raises:
        ModelError: the files name no such marks.
    """

    def __init__(self, entry: EncoderModel, folder: Path) -> None:
        from tokenizers import Tokenizer as Fast

        self._entry = entry
        self._fast = Fast.from_file(str(folder / "tokenizer.json"))
        # Files from the hub may say "truncate to 128" or "pad to 128"; windows and batches are cut here.
        self._fast.no_truncation()
        self._fast.no_padding()
        self._settings: dict[str, Any] = json.loads((folder / "tokenizer_config.json").read_text("utf-8"))
        self._first, self._last, self.padding = (
            self.mark(role) for role in ("cls_token", "sep_token", "pad_token")
        )

    def mark(self, role: str) -> int:
        """The number of a special token, by its name in the files: "mask_token".

        Raises:
            ModelError: the files name none.
        """
        token = self._settings.get(role)
        found = self._fast.token_to_id(token.get("content", "") if isinstance(token, dict) else str(token))
        if found is None:
            raise ModelError(
                f"the tokenizer of the model {self._entry.name} names no {role}; it is not of BERT's kind."
            )
        return int(found)

    def windows(self, texts: Sequence[str], prefix: str | None) -> list[Window]:
        """The windows of all texts, longest first; a text's windows are of about equal length.

        By length, so that the rows of a batch are of one length, and a batch too large for the memory shows
        at once; then by tokens, so that the same texts make the same batches in whatever order they come.
        """
        prefix = self._entry.prefix if prefix is None else prefix
        found = list(self._cut(texts, prefix))
        found.sort(key=lambda window: (-len(window.tokens), window.tokens))
        return found

    def _cut(self, texts: Sequence[str], prefix: str) -> Iterator[Window]:
        ahead = self._fast.encode(prefix.strip(), add_special_tokens=False).ids if prefix.strip() else []
        room = self._entry.max_length - 2 - len(ahead)
        if room < 8:
            raise ModelError(
                f"the prefix leaves no room for a text in the window of the model {self._entry.name}."
            )
        for start, some in _slices(texts):
            encodings = self._fast.encode_batch_fast(
                [prefix + text for text in some], add_special_tokens=False
            )
            for place, encoding in enumerate(encodings, start):
                # The prefix ends at a space, so its tokens are the same before every text.
                body = encoding.ids[len(ahead) :]
                count = max(1, -(-len(body) // room))
                edges = [len(body) * part // count for part in range(count + 1)]
                for begin, end in pairwise(edges):
                    tokens = [self._first, *ahead, *body[begin:end], self._last]
                    yield Window(place, tokens, max(1, end - begin))


def _slices(texts: Sequence[str]) -> Iterator[tuple[int, Sequence[str]]]:
    """Runs of texts, each with its place: so many that the tokenizer works on all cores, but no more than a
    few million characters, whose tokens take a hundred bytes each until they are cut."""
    start = characters = 0
    for place, text in enumerate(texts):
        many = place - start >= _TEXTS_AT_ONCE or characters + len(text) > _CHARACTERS_AT_ONCE
        if many and place > start:
            yield start, texts[start:place]
            start, characters = place, 0
        characters += len(text)
    if start < len(texts):
        yield start, texts[start:]


def batch(windows: Sequence[Window], start: int, budget: int) -> Sequence[Window]:
    """The windows from ``start``, longest first, whose rows times the longest row are within the budget of
    tokens; one at least."""
    return windows[start : start + max(1, budget // len(windows[start].tokens))]
