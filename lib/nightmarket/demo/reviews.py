"""The demo shop's reviews: text by grammar, with planted opinions, personal data and repeats.

Reviews are made in chunks of 512, each from its own random stream; a repeat repeats an earlier review of its
own chunk. The opening day's export is an archive of 180 days.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import numpy as np

from nightmarket.demo import people, private
from nightmarket.demo.catalogue import item_id, listings, product_of
from nightmarket.demo.grammar import Product
from nightmarket.demo.phrases import reading
from nightmarket.demo.shop import Shop
from nightmarket.demo.words import AXES, KINDS, SPEECH

ASPECTS = tuple(SPEECH[0].aspects)
CHUNK = 512
ARCHIVE_DAYS = 180
POSITIVE, NEGATIVE, MIXED = 0, 1, 2
POLARITIES = ("positive", "negative", "mixed")
HEADER = ("review_id", "item_id", "user_id", "stars", "title", "text", "written_at")

SHARES = {"negative": 0.27, "mixed": 0.10, "private": 0.05, "exact": 0.02, "near": 0.02, "broken": 0.01}
"""Of all reviews. Stars contradict the text in MISRATED of them."""
MISRATED = 0.03
OTHER_TONGUE = 0.06
_STARS = ((5, 5, 5, 5, 4, 4, 4, 5, 4, 3), (1, 1, 1, 2, 2, 1, 2, 1, 3, 2), (3, 3, 3, 2, 4, 3, 3, 4, 3, 2))
BROKEN = ("stars_out_of_range", "stars_in_words", "no_item", "bad_date", "no_text")
_LENGTHS = (1, 1, 2, 2, 2, 3)
_RANKED = ("broken", "exact", "near", "private")
_SIZES = {"size", "dimensions", "diameter", "capacity"}
_LOOKS = {"colour", "theme"}


@dataclass(frozen=True)
class Review:
    """One row of the export, and what is true of it. ``private`` are (kind, start, end) in the text."""

    number: int
    listing: int
    person: int
    stars: str
    title: str
    text: str
    written: str
    language: int
    polarity: int
    aspects: tuple[tuple[str, int], ...]
    private: tuple[tuple[str, int, int], ...] = ()
    repeats: int = -1
    nearly: bool = False
    broken: str = ""


@dataclass
class _Dice:
    """A stream of integers drawn in advance: one row of a chunk's draws."""

    draws: list[int]
    place: int = field(default=0)

    def roll(self, sides: int) -> int:
        self.place += 1
        return self.draws[self.place - 1] % sides

    def chance(self, share: float) -> bool:
        return self.roll(100_000) < share * 100_000


def count(shop: Shop, day: date) -> int:
    """Reviews in the day's export: 8 for every 3 items in the opening archive, then 1 for every 10."""
    return shop.items * 8 // 3 if day == shop.opening else max(1, shop.items // 10)


def review_id(day: date, number: int) -> str:
    return f"R{day:%y%m%d}{number:06d}"


def reviews(shop: Shop, day: date) -> Iterator[list[Review]]:
    """The day's reviews in chunks, in the export's order."""
    total = count(shop, day)
    for first in range(0, total, CHUNK):
        yield _chunk(shop, day, first, min(CHUNK, total - first))


def as_csv(day: date, chunk: list[Review], *, header: bool) -> bytes:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    if header:
        rows.writerow(HEADER)
    for review in chunk:
        rows.writerow(_row(day, review))
    return text.getvalue().encode()


def _row(day: date, review: Review) -> tuple[str, ...]:
    stars, item, text, written = review.stars, item_id(review.listing), review.text, review.written
    if review.broken == "stars_out_of_range":
        stars = "7"
    elif review.broken == "stars_in_words":
        stars = "five"
    elif review.broken == "no_item":
        item = ""
    elif review.broken == "bad_date":
        written = "31.13.2025"
    elif review.broken == "no_text":
        text = ""
    return (review_id(day, review.number), item, f"u{review.person:08d}", stars, review.title, text, written)


def _chunk(shop: Shop, day: date, first: int, size: int) -> list[Review]:
    rng = shop.rng("reviews", day.toordinal(), first // CHUNK)
    draws = rng.integers(0, 2**62, (CHUNK, 40)).tolist()
    person = rng.integers(0, shop.users, CHUNK)
    taste, tongue = people.group(person).tolist(), people.language(person).tolist()
    preferred, _ = people.subcategories(shop, day)
    # Exact shares even in a small chunk: the first ranks are broken, repeated and so on. The first five
    # reviews are ordinary, so that there is something to repeat.
    rank = [size] * min(5, size) + rng.permutation(max(0, size - 5)).tolist()
    wanted = [max(1, round(size * SHARES[name])) if size > 15 else 0 for name in _RANKED]
    ends = np.cumsum(wanted).tolist()
    written: list[Review] = []
    for place in range(size):
        dice, number = _Dice(draws[place]), first + place
        plant = next((name for name, end in zip(_RANKED, ends, strict=True) if rank[place] < end), "")
        if plant in {"exact", "near"}:
            written.append(
                _again(written, day, shop, number, int(person[place]), dice, nearly=plant == "near")
            )
            continue
        own = preferred[taste[place]][tongue[place]]
        listing = int(own[dice.roll(len(own))])
        review = _written(
            shop, day, number, listing, int(person[place]), dice, private_too=plant == "private"
        )
        written.append(
            replace(review, broken=BROKEN[rank[place] % len(BROKEN)]) if plant == "broken" else review
        )
    return written


def _written(
    shop: Shop, day: date, number: int, listing: int, person: int, dice: _Dice, *, private_too: bool
) -> Review:
    """A new review by the person of the listing."""
    known = listings(shop, day)
    language = int(known.language[listing])
    if dice.chance(OTHER_TONGUE):
        language = 1 - language
    speech = SPEECH[language]
    luck = dice.roll(100_000) / 100_000
    polarity = NEGATIVE if luck < SHARES["negative"] else POSITIVE
    if luck > 1 - SHARES["mixed"]:
        polarity = MIXED
    made = product_of(shop, known, listing)
    words = _words(made, language, dice)
    aspects = _aspects(made, polarity, dice)
    sentences = [_said(made, language, aspect, bad, words, dice) for aspect, bad in aspects]
    if polarity == MIXED:
        turned = (
            sentences[1] if sentences[1].startswith("I ") else sentences[1][:1].lower() + sentences[1][1:]
        )
        sentences[1] = speech.turns[dice.roll(len(speech.turns))] + turned
    if len(sentences) == 1 or dice.chance(0.5):
        openers = _apt(made, speech.openers)
        sentences.insert(0, reading(openers[dice.roll(len(openers))], dice.roll(1000), words))
    if dice.chance(0.06):
        sentences.append(reading(speech.extras[dice.roll(len(speech.extras))], dice.roll(1000), words))
    if dice.chance(0.5):
        closers = speech.closers[polarity]
        sentences.append(reading(closers[dice.roll(len(closers))], dice.roll(1000), words))
    if dice.chance(0.08):
        sentences[-1] += speech.emoji[polarity][dice.roll(5)]
    planted = private.sentence(language, dice.roll(10**6)) if private_too else None
    place = dice.roll(len(sentences) + 1)
    text, start = _joined(sentences, planted.sentence if planted else None, place, language, dice)
    titles = speech.titles[polarity]
    stars = _STARS[1 - polarity if polarity < MIXED and dice.chance(MISRATED) else polarity]
    return Review(
        number=number,
        listing=listing,
        person=person,
        stars=str(stars[dice.roll(10)]),
        title=reading(titles[dice.roll(len(titles))], 0, words),
        text=text,
        written=_when(shop, day, dice),
        language=language,
        polarity=polarity,
        aspects=aspects,
        private=((planted.kind, start + planted.start, start + planted.end),) if planted else (),
    )


def _words(made: Product, language: int, dice: _Dice) -> dict[str, str]:
    kind = KINDS[made.kind]
    return {
        "noun": kind.one(language),
        "noun_plural": kind.plural[language].lower(),
        "brand": made.brand[language],
        "series": made.series[language],
        "make": made.values[0][language],
        "look": made.values[1][language],
        "measure": made.values[2][language],
        "days": str(4 + dice.roll(56)),
        "days_short": str(4 + dice.roll(5)),
    }


def _aspects(made: Product, polarity: int, dice: _Dice) -> tuple[tuple[str, int], ...]:
    """What it is about, each with whether it pleased (0) or not (1); a mixed one begins with one of each."""
    kind = KINDS[made.kind]
    fitting = [
        aspect
        for aspect in ASPECTS
        if (aspect != "size" or AXES[kind.axes[2]].key[0] in _SIZES)
        and (aspect != "look" or kind.axes[1] in _LOOKS)
    ]
    many = 2 + dice.roll(2) if polarity == MIXED else _LENGTHS[dice.roll(len(_LENGTHS))]
    mentioned = [fitting.pop(dice.roll(len(fitting))) for _ in range(many)]
    if polarity != MIXED:
        return tuple((aspect, polarity) for aspect in mentioned)
    turn = dice.roll(2)
    return tuple((aspect, (place + turn) % 2) for place, aspect in enumerate(mentioned))


def _said(made: Product, language: int, aspect: str, bad: int, words: dict[str, str], dice: _Dice) -> str:
    """One sentence about the aspect."""
    phrases = _apt(made, SPEECH[language].aspects[aspect][bad])
    return reading(phrases[dice.roll(len(phrases))], dice.roll(10**6), words)


def _apt(made: Product, phrases: tuple[str, ...]) -> list[str]:
    """The phrases that suit the product: only a material is spoken of as one, and a colour as a colour."""
    axes = KINDS[made.kind].axes
    return [
        phrase
        for phrase in phrases
        if ("{make}" not in phrase or AXES[axes[0]].key[0] == "material")
        and ("{look}" not in phrase or axes[1] == "colour")
    ]


def _joined(
    sentences: list[str], extra: str | None, place: int, language: int, dice: _Dice
) -> tuple[str, int]:  # fmt: skip
    """The sentences as one text with ``extra`` before the ``place``-th, and where that begins."""
    space = "\n" if dice.chance(0.06) else (" " if language == 0 else "")
    if extra is None:
        return space.join(sentences), -1
    before = space.join(sentences[:place])
    start = len(before) + (len(space) if place else 0)
    return space.join([*sentences[:place], extra, *sentences[place:]]), start


def _again(
    written: list[Review],
    day: date,
    shop: Shop,
    number: int,
    person: int,
    dice: _Dice,
    *,
    nearly: bool,
) -> Review:
    """An earlier review of the chunk under another id, half the time by the same person; nearly: reworded."""
    earlier = [review for review in written if review.repeats < 0 and not review.broken]
    first = earlier[dice.roll(len(earlier))]
    text = first.text
    if nearly:
        text = (f"{text}!!", f"{text} 👍", f"{text.lower()}~", f"{text[:-1]}…", f"{text} (edit)")[
            dice.roll(5)
        ]
    return replace(
        first,
        number=number,
        person=first.person if dice.chance(0.5) else person,
        text=text,
        written=_when(shop, day, dice),
        repeats=first.number,
        nearly=nearly,
    )


def _when(shop: Shop, day: date, dice: _Dice) -> str:
    """Local wall clock: between seven and eleven at night of the day, or of a day of the archive."""
    on = day - timedelta(dice.roll(ARCHIVE_DAYS)) if day == shop.opening else day
    second = 7 * 3600 + dice.roll(16 * 3600)
    return f"{on} {second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
