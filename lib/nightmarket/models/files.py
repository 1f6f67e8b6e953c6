"""A model's files on this machine: found or decoded once, and checked against their pinned digests."""

import os
import tempfile
from pathlib import Path

from nightmarket.errors import ModelError
from nightmarket.models.entry import Model
from nightmarket.models.packaged import Decoded, sha256
from nightmarket.models.registry import model


def models_folder(folder: Path | None = None) -> Path:
    """The folder of models: the one given, else ``$NIGHTMARKET_MODELS``.

    Raises:
        ModelError: neither is set.
    """
    if folder is not None:
        return Path(folder).expanduser().resolve()
    named = os.environ.get("NIGHTMARKET_MODELS")
    if not named:
        raise ModelError("NIGHTMARKET_MODELS is not set; set it to the folder in which models are kept.")
    return Path(named).expanduser().resolve()


def prepare(name: str, folder: Path | None = None) -> Path:
    """Make a model ready to load, and return the folder with its files, each checked by its digest.

    A packaged folder, a folder of yours and a hub revision are used where they lie. What is packaged in a
    form of its own is decoded into ``folder/<name>``: into a temporary folder first and then renamed, so a
    killed run leaves nothing half-written, and a folder found damaged is made anew. Done already, it only
    checks.

    Raises:
        ModelError: the package is not installed, or a file is not the pinned one.
    """
    folder = models_folder(folder)
    entry = model(name, folder)
    if not isinstance(entry.origin, Decoded):
        place = located(entry, folder)
        check(entry, place)
        return place
    final = folder / name
    if _problem(entry, final) is None:
        return final
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=folder) as scratch:
        fresh = Path(scratch) / "fresh"
        fresh.mkdir()
        entry.origin.decode(fresh)
        check(entry, fresh)
        if final.exists():
            # Damaged, or another process was faster; either way the fresh one is right.
            final.rename(Path(scratch) / "old")
        try:
            fresh.rename(final)
        except OSError:
            # Another process put its own there in between.
            check(entry, final)
    return final


def located(entry: Model, folder: Path) -> Path:
    """Where the prepared files of a model lie; not checked.

    Raises:
        ModelError: they are not there, with what to do.
    """
    return entry.origin.located(entry.name, entry.files, folder)


def check(entry: Model, place: Path) -> None:
    """Compare every file of a model with its pinned digest.

    Raises:
        ModelError: a file is missing or is another one.
    """
    problem = _problem(entry, place)
    if problem:
        raise ModelError(problem)


def ready(name: str, folder: Path | None = None) -> bool:
    """Whether a model is there, each of its files the pinned one."""
    folder = models_folder(folder)
    try:
        entry = model(name, folder)
        check(entry, located(entry, folder))
    except ModelError:
        return False
    return True


def _problem(entry: Model, place: Path) -> str | None:
    for name, expected in entry.files.items():
        path = place / name
        if not path.is_file():
            return f"the model {entry.name} lacks {name} in {place}; prepare it again."
        if sha256(path) != expected:
            return (
                f"{path} is not the file pinned for the model {entry.name} (its SHA-256 does not begin with "
                f"{expected[:8]}); {entry.origin.restored(place)}"
            )
    return None
