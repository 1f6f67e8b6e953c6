"""Which models there are: what each is good for, what it consists of, and where it comes from."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar, cast, get_args

from nightmarket import documents
from nightmarket.errors import ModelError
from nightmarket.models.entry import Model, Precision
from nightmarket.models.kinds import kinds
from nightmarket.models.origin import Origin
from nightmarket.models.origins import origins
from nightmarket.models.origins.tuned import TUNED_AGAIN, tuned_models

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,80}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
Of = TypeVar("Of", bound=Model)


def models(folder: Path | None = None) -> dict[str, Model]:
    """All models by name: the project's own, those of ``registry.yaml`` in the folder of models, and those
    that were tuned there.

    Raises:
        ModelError: an entry is malformed or names a file that may hold code, with the file and the entry.
    """
    own = resources.files("nightmarket.models").joinpath("registry.yaml")
    known = _read(own, "the project's registry.yaml")
    added = folder / "registry.yaml" if folder else None
    if added and added.is_file():
        for name, model in _read(added, str(added)).items():
            if name in known:
                raise ModelError(
                    f"{added}: the name '{name}' is taken by a model of the project; choose another."
                )
            known[name] = model
    return known | tuned_models(known, folder) if folder else known


def built_in(name: str) -> bool:
    """Whether it is a model of the project's that has no files, so that it needs no folder of models."""
    known = models().get(name)
    return known is not None and not known.origin.has_files


def model(name: str, folder: Path | None = None, precision: str = "fp32") -> Model:
    """The entry of one model, to be computed in that precision.

    Raises:
        ModelError: no model has this name, there is no such precision, or it is not for this kind of model.
    """
    if precision not in get_args(Precision):
        raise ModelError(f"'{precision}' is no precision; it is one of {', '.join(get_args(Precision))}.")
    known = models(folder)
    if name not in known and "@" in name:
        raise ModelError(f"the tuned model {name} is not in {folder}; {TUNED_AGAIN}.")
    if name not in known:
        variables = " or ".join(kind.variable for kind in kinds().values())
        raise ModelError(
            f"there is no model named '{name}'; known are {', '.join(known)}. "
            f"Correct {variables}, or add the model to registry.yaml in the folder of models."
        )
    entry = known[name]
    if precision not in entry.precisions:
        raise ModelError(
            f"the model {name} cannot be computed in {precision}: models of kind {entry.kind} are computed "
            f"in {' or '.join(entry.precisions)}."
        )
    return replace(entry, precision=cast(Precision, precision))


def of_kind(entry: Model, kind: type[Of]) -> Of:
    """The entry, when it is of that kind.

    Raises:
        ModelError: it is of another.
    """
    if not isinstance(entry, kind):
        raise ModelError(
            f"the model {entry.name} reads {entry.reads}, not {kind.reads}; choose another in "
            f"{kind.variable}."
        )
    return entry


def _read(place: Traversable, where: str) -> dict[str, Model]:
    try:
        entries = documents.read(place).value
    except documents.UnreadableError as error:
        raise ModelError(f"{where}:{error.line}: {error.reason}.") from None
    if not isinstance(entries, dict):
        raise ModelError(f"{where} must hold one entry per model, each under its name.")
    return {name: _entry(name, entry, f"{where}, entry '{name}'") for name, entry in entries.items()}


def _entry(name: str, entry: Any, where: str) -> Model:
    if not _NAME.fullmatch(name):
        raise ModelError(f"{where}: a name is small letters, digits, '.', '_' and '-'.")
    found = entry.get("kind") if isinstance(entry, dict) else None
    if not isinstance(found, str) or found not in kinds():
        raise ModelError(f"{where}: kind must be one of {_list(kinds())}{_unlike(found)}.")
    kind = kinds()[found]
    if set(entry) != kind.keys():
        raise ModelError(
            f"{where}: missing {_list(kind.keys() - set(entry))}, unknown {_list(set(entry) - kind.keys())}; "
            "an entry has exactly the keys of the project's own of its kind."
        )
    files = _files(entry["files"], kind, where)
    origin = _origin(entry["origin"], where)
    if origin.has_files and not set(kind.required) <= set(files):
        *most, last = kind.required
        raise ModelError(f"{where}: files must pin {', '.join(most)}{' and ' if most else ''}{last}.")
    own = kind.read(entry, where)
    return kind(name=name, licence=str(entry["licence"]), origin=origin, files=files, **own)


def _files(written: Any, kind: type[Model], where: str) -> Mapping[str, str]:
    if not isinstance(written, dict):
        raise ModelError(f"{where}: files must give each file's name with its digest.")
    files = {str(file): str(sha256) for file, sha256 in written.items()}
    for file, sha256 in files.items():
        if not file.endswith(kind.endings) or Path(file).name != file:
            raise ModelError(
                f"{where}: '{file}' may not be part of a model; only {_list(kind.endings)} files are "
                "read, because other forms can run code when opened. Convert the weights to safetensors."
            )
        if not _SHA256.fullmatch(sha256):
            raise ModelError(f"{where}: the digest of '{file}' must be 64 hexadecimal digits in quotes.")
    return files


def _origin(written: Any, where: str) -> Origin:
    listed = {name: kind for name, kind in origins().items() if kind.listed}
    found = written.get("kind") if isinstance(written, dict) else None
    if not isinstance(found, str) or found not in listed:
        raise ModelError(f"{where}: the origin's kind must be one of {_list(listed)}{_unlike(found)}.")
    values = {key: value for key, value in written.items() if key != "kind"}
    keys = {field.name for field in fields(listed[found])}
    if set(values) != keys:
        raise ModelError(f"{where}: an origin of kind {found} has the keys {_list(keys)}.")
    return listed[found].read(values, where)


def _unlike(kind: Any) -> str:
    return "" if kind is None else f", not '{kind}'"


def _list(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "nothing"
