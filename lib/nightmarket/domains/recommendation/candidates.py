"""The candidate index: everything a shop can recommend tonight, and each person's best of it.

Three sources, never mixed within one kind of person: whoever has learnt tastes gets the items with the
highest score, warm items (``als``) and cold ones with borrowed factors (``similar``) competing in one order;
whoever has none (a cold user) gets what is most wanted by everybody (``popular``).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nightmarket.domains.recommendation.rank import (
    BUDGET_BYTES,
    SCORE_DECIMALS,
    Matrix,
    best,
    borrowed,
    positions,
)

Ids = NDArray[np.object_]


@dataclass(frozen=True)
class CandidateIndex:
    """What can be recommended, and what it is scored by."""

    items: Ids
    """Ids of the items that can be scored, sorted: equal scores are ordered by id."""
    factors: Matrix
    """(items, rank)."""
    is_cold: NDArray[np.bool_]
    """Whose factors are borrowed."""
    popular: Ids
    """Wanted items, most wanted first, ties by id."""
    popularity: NDArray[np.float64]
    """Of ``popular``, as a share of the most wanted item's."""


@dataclass(frozen=True)
class Ranking:
    """Recommendations as columns of one length; ``person`` counts the people given."""

    person: NDArray[np.int64]
    rank: NDArray[np.int64]
    item: Ids
    score: NDArray[np.float64]
    source: Ids


def build_index(
    learnt: Ids,
    learnt_factors: Matrix,
    embedded: Ids,
    embeddings: Matrix,
    wanted: Ids,
    weights: NDArray[np.float64],
    *,
    neighbours: int = 10,
    budget_bytes: int = BUDGET_BYTES,
) -> CandidateIndex:
    """The index of the active items.

    Args:
        learnt, learnt_factors: items with factors of their own; (items, rank).
        embedded, embeddings: items with unit-length embeddings; those without factors borrow them from the
            most similar items that have both.
        wanted, weights: items and how much all people together want them.
    """
    known = set(learnt)
    is_cold = np.array([item not in known for item in embedded], bool)
    row_of = {item: row for row, item in enumerate(learnt)}
    lenders = np.array([row_of[item] for item in embedded[~is_cold]], np.int64)
    lent = borrowed(
        embeddings[is_cold],
        embeddings[~is_cold],
        learnt_factors[lenders],
        neighbours=neighbours,
        budget_bytes=budget_bytes,
    )
    # Without a lender there is nothing to score cold items by.
    cold = embedded[is_cold] if len(lenders) else embedded[:0]
    items = np.concatenate([learnt, cold])
    by_id = np.argsort(items)
    most_wanted = np.lexsort((wanted, -weights))
    most_wanted = most_wanted[weights[most_wanted] > 0]
    return CandidateIndex(
        items=items[by_id],
        factors=np.concatenate([learnt_factors, lent[: len(cold)]])[by_id],
        is_cold=np.concatenate([np.zeros(len(learnt), bool), np.ones(len(cold), bool)])[by_id],
        popular=wanted[most_wanted],
        popularity=weights[most_wanted] / weights.max() if len(most_wanted) else np.zeros(0),
    )


def recommend(
    index: CandidateIndex,
    tastes: Sequence[NDArray[np.float32] | None],
    bought: Sequence[Sequence[str]],
    count: int,
    *,
    budget_bytes: int = BUDGET_BYTES,
) -> Ranking:
    """The ``count`` best items of each person, none of which they bought.

    Args:
        tastes: each person's factors, None for whoever has none.
        bought: each person's items that must not be shown.
    """
    warm = np.array([n for n, taste in enumerate(tastes) if taste is not None], np.int64)
    matrix = np.stack([tastes[n] for n in warm]) if len(warm) else index.factors[:0]
    row, column, score = best(
        matrix.astype(np.float32),
        index.factors,
        count,
        excluded=_excluded(index.items, [bought[n] for n in warm]),
        budget_bytes=budget_bytes,
    )
    source = np.where(index.is_cold[column], "similar", "als").astype(object)
    exact: NDArray[np.float64] = np.asarray(score, np.float64).round(SCORE_DECIMALS)
    learnt = Ranking(warm[row], positions(row), index.items[column], exact, source)

    cold_people = [n for n, taste in enumerate(tastes) if taste is None]
    shown = [_popular(index, set(bought[n]), count) for n in cold_people]
    person = np.repeat(np.array(cold_people, np.int64), [len(places) for places in shown])
    places = np.concatenate(shown) if shown else np.zeros(0, np.int64)
    popular = Ranking(
        person,
        positions(person),
        index.popular[places],
        index.popularity[places],
        np.full(len(places), "popular", object),
    )
    return _joined(learnt, popular)


def _excluded(items: Ids, bought: Sequence[Sequence[str]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs (person, place of the item in the index) of what was bought and could be shown."""
    people = np.repeat(np.arange(len(bought)), [len(own) for own in bought])
    wanted = np.array([item for own in bought for item in own], object)
    if not len(wanted) or not len(items):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    places = np.minimum(np.searchsorted(items, wanted), len(items) - 1)
    found = items[places] == wanted
    return people[found], places[found]


def _popular(index: CandidateIndex, bought: set[str], count: int) -> NDArray[np.int64]:
    """Among the first ``count + len(bought)`` there are ``count`` that were not bought, if there are so
    many.
    """
    near = index.popular[: count + len(bought)]
    return np.flatnonzero([item not in bought for item in near])[:count]


def _joined(first: Ranking, second: Ranking) -> Ranking:
    return Ranking(
        np.concatenate([first.person, second.person]),
        np.concatenate([first.rank, second.rank]),
        np.concatenate([first.item, second.item]),
        np.concatenate([first.score, second.score]),
        np.concatenate([first.source, second.source]),
    )
