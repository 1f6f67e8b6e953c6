"""Which snapshots and branches nobody needs any more, decided from a table's metadata alone.

A snapshot's own age says little. Readers pin what is newest, so a snapshot committed a month ago may have
been ``main`` until a moment ago, and somebody may be reading it. What counts is when it was last the head
of ``main`` or of a branch.
"""

from collections.abc import Callable, Collection
from datetime import datetime
from itertools import pairwise

from nightmarket.warehouse.history import RUNS, History, Snapshot

HeadsSince = Callable[[datetime], Collection[int] | None]
"""Heads of all branches at any time since then; None when that is no longer known."""


def dispensable(history: History, before: datetime, heads_since: HeadsSince) -> tuple[Snapshot, ...]:
    """Snapshots that were no head since ``before``, oldest first.

    Kept is the head of each branch and tag, and of branches also what lies on them alone: a run under way
    goes back to what it staged.

    Args:
        heads_since: called only for snapshots that are neither on ``main``'s line nor on a branch.
    """
    line = list(history.ancestors(history.main))
    on_main = {snapshot.id for snapshot in line}
    kept = {*history.branches.values(), *history.tags.values()}
    for head in history.branches.values():
        for snapshot in history.ancestors(head):
            if snapshot.id in on_main:
                break
            kept.add(snapshot.id)
    over = _left_by_main(history)
    found = [s for s in line if s.id not in kept and over[s.id] <= before]
    others = [
        s
        for s in history.snapshots.values()
        if s.id not in on_main and s.id not in kept and s.committed_at <= before
    ]
    if others:
        heads = heads_since(before)
        found += [s for s in others if heads is not None and s.id not in heads]
    return tuple(sorted(found, key=lambda snapshot: (snapshot.committed_at, snapshot.id)))


def seals_to_keep(history: History, gone: Collection[Snapshot]) -> list[Snapshot]:
    """Sealed snapshots of ``main``'s line that expire or can be found no longer when these do, newest first.

    Beyond the newest that goes the line is broken: what is still there is no known ancestor.
    """
    ids = {snapshot.id for snapshot in gone}
    line = list(history.ancestors(history.main))
    broken = next((place for place, snapshot in enumerate(line) if snapshot.id in ids), len(line))
    return [snapshot for snapshot in line[broken:] if snapshot.sealed]


def idle_branches(history: History, before: datetime) -> tuple[str, ...]:
    """Branches of runs on which nothing has happened since then, by name.

    A branch that holds nothing yet is the ``main`` it began from, and no younger than the end of that.
    """
    over = _left_by_main(history)
    idle = []
    for name, head in history.branches.items():
        if not name.startswith(RUNS) or head == history.main:
            continue
        last = over[head] if head in over else history.snapshots[head].committed_at
        if last <= before:
            idle.append(name)
    return tuple(sorted(idle))


def busy(history: History, since: datetime) -> bool:
    """Whether a run may be under way: a branch of one that has not been idle so long."""
    runs = {name for name in history.branches if name.startswith(RUNS)}
    return not runs <= set(idle_branches(history, since))


def _left_by_main(history: History) -> dict[int, datetime]:
    """When each snapshot of ``main``'s line but its head was last the head of ``main`` or of its run.

    Where ``main`` never stood the next snapshot ended it, on the run's branch.
    """
    line = list(history.ancestors(history.main))
    over = {earlier.id: later.committed_at for later, earlier in pairwise(line)}
    for (_, snapshot), (moved, _) in pairwise(history.mains):
        if snapshot in over:
            over[snapshot] = max(over[snapshot], moved)
    return over
