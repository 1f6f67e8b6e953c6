"""Values that are right one by one, on another scale than meant: a clock without seconds, ten stars."""

from collections.abc import Iterator, Sequence

from pyspark.sql import Row

from nightmarket.contracts.rules import Within
from nightmarket.sources.fit import Source
from nightmarket.spark.clocks import ENOUGH, UNITS, coarsest, slots

_WIDER = (10, 100)
"""Scales of stars beside the contract's own."""
_FEW, _MANY = 0.01, 0.2
"""Shares of stars beyond the contract's bound: fewer are slips of the hand, and of more hardly any is one."""


def coarse_clocks(source: Source, rows: Sequence[Row]) -> Iterator[str]:
    """A note where the events of a file show no seconds."""
    if source.mapping.source != "events":
        return
    for file in sorted({row.source_file for row in rows}):
        times = [row.event_at for row in rows if row.source_file == file and row.event_at is not None]
        unit = coarsest(slots(times))
        if unit and len(times) >= ENOUGH:
            yield (
                f"{source.place('event_at')}the times of {file} are full {UNITS[unit]}: seconds are not "
                "seen, so no event of it is a double click, and hardly any visitor too fast for a person."
            )


def other_stars(source: Source, rows: Sequence[Row]) -> tuple[list[str], list[str]]:
    """Problems and notes where reviews are given on a scale of ten or a hundred."""
    if source.mapping.source != "reviews":
        return [], []
    limits = source.contract.column("stars").rule(Within)
    most = limits.maximum if limits else None
    given = [row.stars for row in rows if row.stars is not None] if most else []
    beyond = sum(stars > most for stars in given)
    scale = next((scale for scale in _WIDER if max(given, default=0) <= scale), None)
    if not scale or not most or beyond <= _FEW * len(given):
        return [], []
    said = (
        f"{source.place('stars')}{beyond} of {len(given)} records sampled have more than {most:g}, up to "
        f"{max(given)}: this looks like a scale of {scale}; write "
        f"`stars: greatest(1, ceil(({source.mapping.columns['stars']}) / {scale / most:g}))`."
    )
    return ([said], []) if beyond > _MANY * len(given) else ([], [said])
