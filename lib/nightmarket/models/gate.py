"""The gate of a tuned model: trained on some of a shop's pairs, evaluated on others, in use when better."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nightmarket.evaluation import gain_lower_bound, ndcg, ranks
from nightmarket.models.kinds.encoder import Encoder, EncoderModel
from nightmarket.models.loading import load
from nightmarket.models.tuning import Pair, TrainingConfig, forget, tune

_ONE_IN = 10


@dataclass(frozen=True)
class Measured:
    """What was measured on one kind of held-out pairs, or on all; None: there was nothing to measure."""

    pairs: str
    """The kind, or "all"."""
    learnt: int
    """Pairs trained on."""
    held_out: int
    candidates: int
    """Texts among which the second of a pair had to be found."""
    ndcg_current: float | None = None
    """Mean NDCG@10 with the model in use."""
    ndcg_tuned: float | None = None
    first_current: float | None = None
    """Share of pairs whose second text came first."""
    first_tuned: float | None = None
    least_gain: float | None = None
    """Lower end of the one-sided 95 % interval of the mean gain in NDCG@10."""


@dataclass(frozen=True)
class GateResult:
    base: str
    current: str
    tuned: str | None
    """The name of what was tuned; it is kept only when accepted. None: too few pairs to train on."""
    steps: int
    accepted: bool
    measured: tuple[Measured, ...]
    """One per kind of pairs, and last of all of them."""


@dataclass(frozen=True)
class EvalSplit:
    """Pairs of one kind, split into the training set and the held-out set."""

    training_set: list[Pair]
    held_out: list[Pair]
    candidates: list[str]
    own: list[int]
    also: list[list[int]]
    """Of each held-out pair, the places of other right answers among the candidates."""


def eval_split(pairs: Sequence[Pair], *, most_held_out: int, candidates: int, apart: bool) -> EvalSplit:
    """Split the pairs by a hash of their first text, the same every week.

    Args:
        pairs: normalised texts.
        candidates: how many second texts of other pairs stand beside the held-out ones.
        apart: whether the second text of a held-out pair may not be trained on either; where many first
            texts share a second one, as queries share an item, it may.
    """
    pairs = sorted(set(pairs), key=lambda pair: (_digest(pair[0]), pair[0], _digest(pair[1]), pair[1]))
    # One of each first text: a query with a hundred answers is still one query.
    held_out = list({pair[0]: pair for pair in reversed(pairs) if _held_out(pair[0])}.values())[::-1]
    seconds = {second for _, second in held_out} if apart else set()
    training_set = [pair for pair in pairs if not _held_out(pair[0]) and pair[1] not in seconds]
    held_out = held_out[:most_held_out]
    others = sorted({second for _, second in pairs}, key=lambda text: (_digest(text), text))[:candidates]
    pool = sorted({second for _, second in held_out} | set(others))
    place = {text: number for number, text in enumerate(pool)}
    right: dict[str, list[int]] = {}
    for first, second in pairs:
        if second in place:
            right.setdefault(first, []).append(place[second])
    own = [place[second] for _, second in held_out]
    also = [[n for n in right[first] if n != place[second]] for first, second in held_out]
    return EvalSplit(training_set, held_out, pool, own, also)


def tune_through_gate(
    base: str,
    current: str,
    splits: Mapping[str, EvalSplit],
    config: TrainingConfig,
    *,
    least_pairs: int,
    least_held_out: int,
    most_loss: float,
    precision: str = "fp32",
    folder: Path | None = None,
) -> GateResult:
    """Tune ``base`` on all training pairs, and compare it with the model in use.

    Accepted when the mean NDCG@10 over all held-out pairs gains for certain (``gain_lower_bound`` above 0),
    there are ``least_held_out`` of them, and no kind loses more than ``most_loss``. What is not accepted is
    removed, unless it was there before. Both are evaluated in the precision they would read in.

    Raises:
        ModelError: a model is not there, or cannot be tuned.
    """
    before = {kind: _worth(load(EncoderModel, current, folder, precision), of) for kind, of in splits.items()}
    training_set = [pair for of in splits.values() for pair in of.training_set]
    if len(training_set) < least_pairs:
        return GateResult(base, current, None, 0, False, _measured(splits, before, None))
    tuned = tune(base, training_set, config, folder)
    after = {
        kind: _worth(load(EncoderModel, tuned.name, folder, precision), of) for kind, of in splits.items()
    }
    measured = _measured(splits, before, after)
    gained = measured[-1].least_gain
    lost = [float((ndcg(before[kind]) - ndcg(after[kind])).mean()) for kind in splits if len(after[kind])]
    enough = measured[-1].held_out >= least_held_out
    accepted = enough and gained is not None and gained > 0 and max(lost) <= most_loss
    if not accepted and tuned.new:
        forget(tuned.name, folder)
    return GateResult(base, current, tuned.name, tuned.steps, accepted, measured)


def needed(accepted: Iterable[tuple[date, str, str]], since: date) -> set[str]:
    """The tuned models that a night of ``since`` or later reads with, by their names: of each base the newest
    accepted before that day, and all accepted from it on.

    Args:
        accepted: rows of (day, base, tuned): since when which model read in place of which.
    """
    at_first: dict[str, str] = {}
    later = set()
    for day, base, name in sorted(accepted):
        if day < since:
            at_first[base] = name
        else:
            later.add(name)
    return later | set(at_first.values())


def _worth(encoder: Encoder, of: EvalSplit) -> NDArray[np.int64]:
    """The rank of each held-out pair's second text."""
    if not of.held_out:
        return np.zeros(0, np.int64)
    queries = encoder.encode([first for first, _ in of.held_out])
    return ranks(queries, encoder.encode(of.candidates), of.own, of.also)


def _measured(
    splits: Mapping[str, EvalSplit],
    before: Mapping[str, NDArray[np.int64]],
    after: Mapping[str, NDArray[np.int64]] | None,
) -> tuple[Measured, ...]:
    found = [
        _compared(
            Measured(kind, len(of.training_set), len(of.held_out), len(of.candidates)),
            before[kind],
            None if after is None else after[kind],
        )
        for kind, of in splits.items()
    ]
    sums = (sum(getattr(each, name) for each in found) for name in ("learnt", "held_out", "candidates"))
    whole = None if after is None else np.concatenate(list(after.values()))
    return (*found, _compared(Measured("all", *sums), np.concatenate(list(before.values())), whole))


def _compared(measured: Measured, before: NDArray[np.int64], after: NDArray[np.int64] | None) -> Measured:
    if len(before):
        measured = replace(
            measured, ndcg_current=float(ndcg(before).mean()), first_current=float((before == 1).mean())
        )
    if after is None or not len(after):
        return measured
    gain = gain_lower_bound(ndcg(before), ndcg(after))
    return replace(
        measured,
        ndcg_tuned=float(ndcg(after).mean()),
        first_tuned=float((after == 1).mean()),
        least_gain=gain if np.isfinite(gain) else None,
    )


def _held_out(first: str) -> bool:
    return int(_digest(first)[:8], 16) % _ONE_IN == 0


def _digest(text: str) -> str:
    # A query in small letters and a title in large ones are the same words.
    return hashlib.sha256(text.casefold().encode()).hexdigest()
