"""Write a day's exports of the demo shop, its parts in parallel, and the truth about them.

Landing zone: ``events/{day}/part-00000.jsonl.gz`` and on, ``items/{day}.csv.gz``, ``reviews/{day}.csv``, and
``pictures/{item}.png``, one folder to which days add.
Every file is a function of the shop and the day alone, whichever process makes it and in whatever order.
"""

import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from nightmarket.demo import behaviour, catalogue, lines, pictures, reviews, truth
from nightmarket.demo.shop import Shop, settle
from nightmarket.errors import SourceError

_Task = tuple[Callable[..., dict[str, Any]], tuple[Any, ...]]

FAST = 1
"""gzip's level for events: half the time of the default for a tenth more bytes."""


def write_day(
    day: date,
    landing: Path,
    truth_folder: Path,
    *,
    seed: int | None = None,
    scale: int | None = None,
    events: int | None = None,
    users: int | None = None,
    heavy_bot: float | None = None,
    opening: date | None = None,
    processes: int | None = None,
) -> dict[str, Any]:
    """Write the exports of ``day`` and the truth about them; the same arguments write the same bytes.

    scale: listings on the opening day (default 300). events: lines a day (default in proportion, half as many
    again on the opening day). users: people with an account (default in proportion). heavy_bot: share of the
    events that one crawler makes (default 0.02). opening: the shop's first day (default the first written).
    All this is recorded in ``<truth_folder>/shop.json``; later days take it from there, and fail when given
    otherwise.
    processes: how many work at once, by default one a processor, at most one a part.

    Returns ``{"day", "opening", "rows": {export: rows}, "files": {path: {"rows", "bytes"}}, "plants": {plant:
    lines}}``, pictures under the path of their folder; it is also in ``<truth_folder>/days/{day}.json``.
    Raises SourceError.
    """
    landing, truth_folder = Path(landing), Path(truth_folder)
    if truth_folder.resolve().is_relative_to(landing.resolve()):
        raise SourceError(
            f"the truth folder {truth_folder} lies in the landing zone {landing}; name one outside it, "
            "for nothing that reads the exports may see what was planted."
        )
    sizes = {"seed": seed, "scale": scale, "events": events, "users": users, "heavy_bot": heavy_bot}
    stated = {name: value for name, value in sizes.items() if value is not None}
    shop = settle(day, truth_folder, opening, stated)
    truth.write_once(shop, truth_folder)
    # Those that are not in parts go first: they take longest.
    whole = (write_items, write_reviews, write_pictures)
    tasks: list[_Task] = [(make, (shop, day, landing, truth_folder)) for make in whole]
    tasks += [(write_events, (shop, day, part, landing, truth_folder)) for part in range(shop.parts)]
    written = _run(tasks, min(processes or os.cpu_count() or 1, shop.parts))
    plants: dict[str, int] = {}
    rows: dict[str, int] = {}
    for report in written:
        rows[report["export"]] = rows.get(report["export"], 0) + report["rows"]
        for plant, number in report["plants"].items():
            plants[plant] = plants.get(plant, 0) + number
    summary = {
        "day": day.isoformat(),
        "opening": shop.opening.isoformat(),
        "rows": rows,
        "files": {report["file"]: {"rows": report["rows"], "bytes": report["bytes"]} for report in written},
        "plants": plants,
    }
    truth.write_json(summary, truth_folder / "days" / f"{day}.json")
    return summary


def write_events(shop: Shop, day: date, part: int, landing: Path, truth_folder: Path) -> dict[str, Any]:
    """One part of the behaviour log."""
    rows = behaviour.events(shop, day, part)
    name = f"events/{day}/part-{part:05d}"
    size = _write(landing / f"{name}.jsonl.gz", [lines.text(shop, day, part, rows)], FAST)
    truth.write_parquet(truth.of_events(rows), truth_folder / f"{name}.parquet")
    return _report("events", f"{name}.jsonl.gz", len(rows), size, truth.counted(rows))


def write_items(shop: Shop, day: date, landing: Path, truth_folder: Path) -> dict[str, Any]:
    """The catalogue dump."""
    name = f"items/{day}.csv.gz"
    size = _write(landing / name, catalogue.dump(shop, day), 6)
    known = truth.of_items(shop, day)
    truth.write_parquet(known, truth_folder / "items" / f"{day}.parquet")
    plants = {
        "items_new": int(known["new"].sum()),
        "items_reworded": int(known["reworded"].sum()),
        "items_undescribed": known.height - int(known["described"].sum()),
        "items_near_duplicate": known.height - known["repeats"].null_count(),
        "items_twin_pairs": (known.height - known["twin"].null_count()) // 2,
        "items_broken": catalogue.BROKEN_ROWS,
    }
    return _report("items", name, known.height + catalogue.BROKEN_ROWS, size, plants)


def write_reviews(shop: Shop, day: date, landing: Path, truth_folder: Path) -> dict[str, Any]:
    """The day's reviews; on the opening day the archive."""
    name = f"reviews/{day}.csv"
    made: list[reviews.Review] = []
    pieces: list[bytes] = []
    for number, chunk in enumerate(reviews.reviews(shop, day)):
        made += chunk
        pieces.append(reviews.as_csv(day, chunk, header=number == 0))
    size = _write(landing / name, pieces, None)
    truth.write_parquet(truth.of_reviews(day, made), truth_folder / "reviews" / f"{day}.parquet")
    plants = {
        "reviews_private": sum(bool(review.private) for review in made),
        "reviews_repeated": sum(review.repeats >= 0 and not review.nearly for review in made),
        "reviews_repeated_nearly": sum(review.nearly for review in made),
        "reviews_broken": sum(bool(review.broken) for review in made),
    }
    return _report("reviews", name, len(made), size, plants)


def write_pictures(shop: Shop, day: date, landing: Path, truth_folder: Path) -> dict[str, Any]:
    """The pictures of all listings begun by the day."""
    made, size = [], 0
    for item, plant, content in pictures.files(shop, day):
        made.append((item, plant))
        size += _write(landing / "pictures" / f"{item}.png", [content], None)
    truth.write_parquet(truth.of_pictures(made), truth_folder / "pictures" / f"{day}.parquet")
    plants = {f"pictures_{plant}": sum(each == plant for _, each in made) for plant in pictures.PLANTS}
    return _report("pictures", "pictures", len(made), size, plants)


def _report(export: str, file: str, rows: int, size: int, plants: dict[str, int]) -> dict[str, Any]:
    return {"export": export, "file": file, "rows": rows, "bytes": size, "plants": plants}


def _write(path: Path, pieces: Iterable[Any], level: int | None) -> int:
    """Write the pieces, gzipped at ``level`` unless None, beside the place and move there; bytes written.

    zlib's own gzip header carries no time and no name, so equal text makes equal files.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    waiting = path.with_name(f".{path.name}.tmp")
    packer = zlib.compressobj(level, wbits=31) if level is not None else None
    with waiting.open("wb") as file:
        for piece in pieces:
            file.write(packer.compress(piece) if packer else piece)
        if packer:
            file.write(packer.flush())
        size = file.tell()
    waiting.replace(path)
    return size


def _run(tasks: list[_Task], processes: int) -> list[dict[str, Any]]:
    """The tasks' reports in the order of the tasks."""
    if processes <= 1:
        return [make(*arguments) for make, arguments in tasks]
    # Fresh processes: polars' threads do not survive a fork. One thread each, for there are enough processes.
    with _one_thread_each(), ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        waiting = [pool.submit(make, *arguments) for make, arguments in tasks]
        return [task.result() for task in waiting]


@contextmanager
def _one_thread_each() -> Iterator[None]:
    name = "POLARS_MAX_THREADS"
    before = os.environ.get(name)
    os.environ[name] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
