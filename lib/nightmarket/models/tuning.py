"""An encoder is trained on a shop's own words: texts that belong together are drawn together, others apart.

Contrastive learning with the other pairs of a batch as what does not belong (InfoNCE; van den Oord et al.,
2018), both ways; optionally tokens are hidden and guessed beside it (masked language modelling; Devlin et
al., 2019). Word embeddings stay as they are: most of a shop's words are in no pair, and must not be left
behind by those that are.

The tuned model is kept in the folder of models under the model's name and the digest of its weights
(``name@digest``), so it is named by what it is, and the same weights are kept once.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nightmarket.errors import ModelError
from nightmarket.models.files import check, located, models_folder
from nightmarket.models.kinds.encoder import EncoderModel
from nightmarket.models.network import chosen, threads
from nightmarket.models.origins.tuned import WEIGHTS, TunedHere
from nightmarket.models.registry import model, of_kind
from nightmarket.models.windows import Tokenizer, Window

_WARM_UP = 0.1
_HIDDEN = 0.15
"""Share of tokens to guess: 80 % of them masked, 10 % another token, 10 % left."""

Pair = tuple[str, str]


@dataclass(frozen=True)
class TrainingConfig:
    """How to train; the defaults are those of sentence encoders that are tuned on some thousand pairs."""

    cpu_steps: int = 200
    """Batches on a CPU, at most."""
    epochs: int = 3
    """Times each pair is seen, where there is a GPU or the steps allow it."""
    batch: int = 32
    """Pairs in a batch: the others in it are each one's negatives."""
    tokens: int = 64
    """Longest text, in tokens; the rest of a longer one is not read."""
    rate: float = 2e-5
    temperature: float = 0.05
    mlm_weight: float = 0.0
    """Of the loss of guessed tokens of the second texts beside the pairs'; 0 hides none and costs nothing."""
    seed: int = 7


@dataclass(frozen=True)
class Tuned:
    name: str
    new: bool
    """Whether it was not in the folder of models before."""
    steps: int
    """Batches it was trained on."""


def tune(
    name: str,
    pairs: Sequence[Pair],
    config: TrainingConfig,
    folder: Path | None = None,
    device: str | None = None,
) -> Tuned:
    """Tune a model on pairs of normalised texts that belong together, and keep it in the folder of models.

    The same pairs in the same order, with the same configuration, give the same weights on the same machine.

    Args:
        name: the model to begin with, as it came: its prefix goes before both texts.
        pairs: at least two different ones.
        device: "cpu" or as torch names a GPU; by default the GPU when there is one.

    Raises:
        ModelError: no such model, it is not prepared, or it is not of BERT's kind.
    """
    import torch

    folder = models_folder(folder)
    entry = of_kind(model(name, folder), EncoderModel)
    place = located(entry, folder)
    if not entry.files:
        raise ModelError(f"the model {name} has no weights; it cannot be tuned.")
    check(entry, place)
    device = chosen(device)
    in_full = config.epochs * -(-len(pairs) // config.batch)
    steps = in_full if device != "cpu" else min(in_full, config.cpu_steps)
    before = torch.get_num_threads()
    torch.set_num_threads(threads())
    try:
        with torch.random.fork_rng():
            torch.manual_seed(config.seed)
            training = _Training(entry, place, config, device)
            body = _body(entry, place, training.names)
            training.train(pairs, steps)
    finally:
        torch.set_num_threads(before)
    kept, new = _keep(entry, place, body, training.weights(), folder)
    return Tuned(kept, new, steps)


def forget(name: str, folder: Path | None = None) -> None:
    """Remove a tuned model that shall not be used: at once for whoever looks for it."""
    folder = models_folder(folder)
    if isinstance(model(name, folder).origin, TunedHere):
        with tempfile.TemporaryDirectory(prefix=".forgotten-", dir=folder) as aside:
            (folder / name).rename(Path(aside) / "model")


class _Training:
    def __init__(self, entry: EncoderModel, place: Path, config: TrainingConfig, device: str) -> None:
        import torch

        from nightmarket.models.torch_network import pretrained

        self._entry, self._config, self._device = entry, config, torch.device(device)
        self._tokenizer = Tokenizer(entry, place)
        self._network = pretrained(entry, place, torch.float32).to(self._device).train()
        self._words = self._network.get_input_embeddings().weight.requires_grad_(False)
        self.names = sorted(name for name, weight in self._network.named_parameters() if weight.requires_grad)
        """Of the tensors to be trained, as the network calls them."""
        self._guess = _Guess(self._words, self._tokenizer.mark("mask_token")) if config.mlm_weight else None

    def train(self, pairs: Sequence[Pair], steps: int) -> list[float]:
        """Returns the loss of each step."""
        import torch

        trained = [weight for weight in self._network.parameters() if weight.requires_grad]
        if self._guess:
            trained += list(self._guess.head.to(self._device).parameters())
        optimiser = torch.optim.AdamW(trained, lr=self._config.rate, weight_decay=0.01)
        warm = max(1, int(steps * _WARM_UP))
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimiser, lambda step: min((step + 1) / warm, (steps - step) / max(1, steps - warm))
        )
        half = torch.autocast(self._device.type, torch.bfloat16, enabled=self._device.type == "cuda")
        losses = []
        for some in _batches(pairs, steps, self._config):
            with half:
                loss = self._loss(some)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(trained, 1.0)
            optimiser.step()
            schedule.step()
            losses.append(float(loss.detach()))
        return losses

    def weights(self) -> dict[str, Any]:
        """The trained tensors, by their names."""
        state = self._network.state_dict()
        return {name: state[name].float().cpu().contiguous() for name in self.names}

    def _loss(self, some: Sequence[Pair]) -> Any:
        import torch
        from torch.nn import functional

        # Each side by itself: first texts are short, and would be padded to the length of the second ones.
        sides = [self._read([pair[side] for pair in some]) for side in (0, 1)]
        firsts, seconds = (functional.normalize(self._pooled(*side), dim=1) for side in sides)
        near = firsts @ seconds.T / self._config.temperature
        # The same text twice in a batch is no counterexample of itself.
        same = torch.tensor(
            [[a == c or b == d for c, d in some] for a, b in some], device=self._device
        ).fill_diagonal_(False)
        near = near.masked_fill(same, float("-inf"))
        right = torch.arange(len(some), device=self._device)
        loss = (functional.cross_entropy(near, right) + functional.cross_entropy(near.T, right)) / 2
        if self._guess:
            ids, seen = sides[1]
            hidden, where = self._guess.hide(ids, seen)
            states = self._network(input_ids=hidden, attention_mask=seen).last_hidden_state
            loss = loss + self._config.mlm_weight * self._guess.loss(states[where], ids[where])
        return loss

    def _read(self, texts: Sequence[str]) -> tuple[Any, Any]:
        """Token numbers and which of them are no padding, both (texts, longest)."""
        import torch

        windows: dict[int, Window] = {}
        for window in self._tokenizer.windows(texts, None):
            windows.setdefault(window.text, window)
        most = min(self._config.tokens, self._entry.max_length)
        rows = [_cut(windows[place].tokens, most) for place in range(len(texts))]
        ids = torch.full((len(rows), max(map(len, rows))), self._tokenizer.padding)
        for row, tokens in zip(ids, rows, strict=True):
            row[: len(tokens)] = torch.tensor(tokens)
        lengths = torch.tensor([len(tokens) for tokens in rows])
        seen = (torch.arange(ids.shape[1]) < lengths[:, None]).long()
        return ids.to(self._device), seen.to(self._device)

    def _pooled(self, ids: Any, seen: Any) -> Any:
        states = self._network(input_ids=ids, attention_mask=seen).last_hidden_state
        if self._entry.pooling == "cls":
            return states[:, 0].float()
        return (states.float() * seen[:, :, None]).sum(1) / seen.sum(1, keepdim=True)


class _Guess:
    """What guesses hidden tokens from a model's states: a small network that begins as none, and the word
    embeddings that are there."""

    def __init__(self, words: Any, mask: int) -> None:
        import torch
        from torch import nn

        width = words.shape[1]
        first = nn.Linear(width, width)
        nn.init.eye_(first.weight)
        nn.init.zeros_(first.bias)
        self.head = nn.Sequential(first, nn.GELU(), nn.LayerNorm(width)).to(words.device)
        self._words, self._mask = words, mask
        self._share = torch.tensor([1 - _HIDDEN, 0.8 * _HIDDEN, 0.1 * _HIDDEN, 0.1 * _HIDDEN])

    def hide(self, ids: Any, seen: Any) -> tuple[Any, Any]:
        """The tokens with some hidden, and where one is to be guessed."""
        import torch

        # The marks at both ends are no words.
        inner = seen.bool() & seen.roll(-1, 1).bool()
        inner[:, 0] = inner[:, -1] = False
        drawn = torch.multinomial(self._share, ids.numel(), replacement=True).reshape(ids.shape)
        drawn = torch.where(inner.cpu(), drawn, 0).to(ids.device)
        hidden = torch.where(drawn == 1, torch.full_like(ids, self._mask), ids)
        other = torch.randint(len(self._words), tuple(ids.shape)).to(ids.device)
        return torch.where(drawn == 2, other, hidden), drawn > 0

    def loss(self, states: Any, right: Any) -> Any:
        from torch.nn import functional

        if not len(right):
            return states.sum() * 0.0
        return functional.cross_entropy(self.head(states.float()) @ self._words.T, right)


def _cut(tokens: list[int], most: int) -> list[int]:
    """The first tokens of a text; the mark at its end stays there."""
    return tokens if len(tokens) <= most else [*tokens[: most - 1], tokens[-1]]


def _batches(pairs: Sequence[Pair], steps: int, config: TrainingConfig) -> Iterator[list[Pair]]:
    """``steps`` batches; pairs in a new order each time round."""
    draw = np.random.default_rng(config.seed)
    waiting: list[int] = []
    for _ in range(steps):
        if len(waiting) < min(config.batch, len(pairs)):
            waiting = draw.permutation(len(pairs)).tolist()
        some, waiting = waiting[: config.batch], waiting[config.batch :]
        yield [pairs[place] for place in some]


def _body(entry: EncoderModel, place: Path, trained: Sequence[str]) -> str:
    """What stands before the names of the body's tensors in the file of a model with a head: "bert.".

    Raises:
        ModelError: the file does not have the tensors that are to be trained.
    """
    from safetensors import safe_open

    with safe_open(place / WEIGHTS, "pt") as file:
        known = set(file.keys())
    for before in sorted(name.removesuffix(trained[0]) for name in known if name.endswith(trained[0])):
        if all(before + name in known for name in trained):
            return before
    raise ModelError(f"the file of the model {entry.name} has no tensor {trained[0]}; it cannot be tuned.")


def _keep(
    entry: EncoderModel, place: Path, body: str, trained: dict[str, Any], folder: Path
) -> tuple[str, bool]:
    """Write the model with the trained tensors, whole or not at all; its name, and whether it is new."""
    from safetensors.torch import load_file, save_file

    tensors = load_file(place / WEIGHTS)
    tensors |= {body + name: tensor for name, tensor in trained.items()}
    with tempfile.TemporaryDirectory(prefix=f".{entry.name}-", dir=folder) as scratch:
        fresh = Path(scratch) / "fresh"
        fresh.mkdir()
        for file in entry.files:
            if file != WEIGHTS:
                shutil.copyfile(place / file, fresh / file)
        save_file(tensors, fresh / WEIGHTS, metadata={"format": "pt"})
        # Whoever may read the model may read what was made of it.
        shutil.copymode(place / WEIGHTS, fresh / WEIGHTS)
        with (fresh / WEIGHTS).open("rb") as written:
            name = f"{entry.name}@{hashlib.file_digest(written, 'sha256').hexdigest()}"
        try:
            fresh.rename(folder / name)
        except OSError:
            # It is there already, and named by what it is.
            check(model(name, folder), folder / name)
            return name, False
    return name, True
