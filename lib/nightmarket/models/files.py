"""A model's files on this machine: found or decoded once, and checked against their pinned digests."""

import hashlib
import os
import tempfile
from importlib import metadata
from pathlib import Path

from nightmarket.errors import ModelError
from nightmarket.models import e5s1, efficientnet
from nightmarket.models.registry import TUNED_AGAIN, Model, PackageFile, model

_DECODERS = {"e5s1": e5s1, "efficientnet": efficientnet}
"""The module that decodes packaged files of a form of their own, by the kind of origin."""


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
    if not entry.origin.packaged:
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
        found = [_packaged(file) for file in entry.origin.packaged]
        _DECODERS[entry.origin.kind].decode(*found, fresh)
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
    origin = entry.origin
    match origin.kind:
        case "built-in":
            return folder
        case "package":
            place = Path(str(_distribution(origin.package).locate_file(origin.path)))
        case "folder":
            place = Path(origin.path).expanduser()
            place = place if place.is_absolute() else folder / place
        case "hub":
            return _cached(entry)
        case _:
            place = folder / entry.name
    if not place.is_dir():
        raise ModelError(
            f"the model {entry.name} is not in {folder}; set up the project once (./infra/demo or "
            "./infra/test does it), or name the folder that holds it in NIGHTMARKET_MODELS."
            if origin.packaged
            else f"the model {entry.name} should be in {place}, which is no folder."
        )
    return place


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
    again = f"delete the folder {place} and prepare the model again."
    if entry.origin.kind == "tuned":
        again = f"{TUNED_AGAIN}."
    for name, expected in entry.files.items():
        path = place / name
        if not path.is_file():
            return f"the model {entry.name} lacks {name} in {place}; prepare it again."
        if _sha256(path) != expected:
            return (
                f"{path} is not the file pinned for the model {entry.name} (its SHA-256 does not begin with "
                f"{expected[:8]}); {again}"
            )
    return None


def _packaged(file: PackageFile) -> Path:
    wanted = [listed for listed in _distribution(file.package).files or [] if str(listed) == file.path]
    path = Path(str(wanted[0].locate())) if wanted else None
    if path is None or not path.is_file():
        raise ModelError(f"the package {file.package} has no file {file.path}; install the pinned version.")
    if _sha256(path) != file.sha256:
        raise ModelError(
            f"{file.path} of the package {file.package} is not the pinned file (its SHA-256 does not "
            f"begin with {file.sha256[:8]}); install the pinned version again."
        )
    return path


def _distribution(package: str) -> metadata.Distribution:
    try:
        return metadata.distribution(package)
    except metadata.PackageNotFoundError as error:
        raise ModelError(
            f"the package {package}, which holds a model, is not installed; "
            "install Night Market with its 'models' extra."
        ) from error


def _cached(entry: Model) -> Path:
    """A hub revision from the local cache: nothing is fetched while tables are being made."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    origin = entry.origin
    try:
        return Path(
            snapshot_download(
                origin.repository,
                revision=origin.revision,
                local_files_only=True,
                allow_patterns=sorted(entry.files),
            )
        )
    except (LocalEntryNotFoundError, OSError, ValueError) as error:
        raise ModelError(
            f"the model {entry.name} is not in the local cache; fetch it once with: hf download "
            f"{origin.repository} --revision {origin.revision} {' '.join(sorted(entry.files))}"
        ) from error


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
