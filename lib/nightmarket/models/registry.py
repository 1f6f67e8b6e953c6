"""Which models there are: what each is good for, what it consists of, and where it comes from."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal, cast, get_args

from nightmarket import documents
from nightmarket.errors import ModelError

DEFAULT = "multilingual-e5-small"
DEFAULT_OF_IMAGES = "efficientnet-lite0"
Kind = Literal["encoder", "image-encoder"]
"""What a model reads: texts, or pictures."""
Pooling = Literal["mean", "cls"]
Precision = Literal["fp32", "bf16", "int8"]
"""What a CPU computes in: a night's choice, not the model's. bf16 is three times as fast on a CPU with AMX,
int8 nearly twice on one with VNNI, and a little off; other CPUs compute both in fp32. BERT models only."""
_COMPUTED = {"bf16": "bf16 products", "int8": "int8 by groups of 64"}
"""What that is in a digest: vectors that were computed another way under the same name are others."""

TUNED_AGAIN = (
    "bring it back, or run embeddings.encoders again; until then tuned: false in the mapping of "
    "embeddings.items lets the model read that it was tuned from"
)
"""What to do about a tuned model that is not as it was."""
_SAFE_ENDINGS = (".safetensors", ".json", ".txt", ".model")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,80}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_KEYS = {"kind", "dimension", "licence", "origin", "files"}
_KEYS_OF_KIND: dict[Kind, set[str]] = {
    "encoder": _KEYS | {"languages", "pooling", "prefix", "max_length"},
    "image-encoder": _KEYS | {"size"},
}
_FILES_OF_KIND: dict[Kind, list[str]] = {
    "encoder": ["config.json", "model.safetensors", "tokenizer.json"],
    "image-encoder": ["config.json", "model.safetensors"],
}
_DECODED = {"e5s1": ("weights", "tokenizer"), "efficientnet": ("weights",)}
"""Origins that are packaged files in a form of their own, and what each file holds."""
_ORIGIN_KEYS = {
    "built-in": set(),
    "package": {"package", "path"},
    "folder": {"path"},
    "hub": {"repository", "revision"},
    **{kind: set(names) for kind, names in _DECODED.items()},
}


@dataclass(frozen=True)
class PackageFile:
    """A file inside an installed package, known by its digest. Only read: nothing of it is imported."""

    package: str
    path: str
    sha256: str


@dataclass(frozen=True)
class Origin:
    """Where a model comes from.

    ``package``: a folder inside an installed package, used where it lies. ``e5s1``, ``efficientnet``: decoded
    once from packaged files, by the module of that name. ``folder``: a folder on this machine. ``hub``: one
    revision in the local Hugging Face cache. ``built-in``: no files at all. ``tuned``: a model of the
    registry after it has learnt from a shop's own texts, in the folder of models; its name ends in ``@`` and
    the SHA-256 of its weights.
    """

    kind: Literal["built-in", "package", "e5s1", "efficientnet", "folder", "hub", "tuned"]
    package: str = ""
    path: str = ""
    packaged: tuple[PackageFile, ...] = ()
    """What is decoded, in the order its module takes it; empty where nothing is."""
    repository: str = ""
    revision: str = ""


@dataclass(frozen=True)
class Model:
    name: str
    kind: Kind
    dimension: int
    licence: str
    origin: Origin
    files: Mapping[str, str]
    """SHA-256 of every file of the prepared model, by name."""
    languages: frozenset[str] = frozenset()
    """ISO 639-1 codes; of an encoder of texts, as are the next three."""
    pooling: Pooling = "mean"
    prefix: str = ""
    max_length: int = 0
    """Tokens of one window, the special ones included."""
    size: int = 0
    """Pixels of a side of what an encoder of pictures sees."""
    precision: Precision = "fp32"

    @property
    def digest(self) -> str:
        """SHA-256 over everything that decides a vector, to the rounding of the machine that computes it:
        weights, tokenizer, configuration, pooling, window, prefix, precision; of pictures their size.

        Rows that carry the same digest were made by the same model and may be compared.
        """
        parts = [f"{name}={sha256}" for name, sha256 in sorted(self.files.items())]
        if self.kind == "encoder":
            parts += [f"pooling={self.pooling}", f"max_length={self.max_length}"]
            parts += [f"dimension={self.dimension}", f"prefix={self.prefix}"]
        else:
            parts += [f"size={self.size}", f"dimension={self.dimension}"]
        if self.precision in _COMPUTED:
            parts.append(f"precision={_COMPUTED[self.precision]}")
        if not self.files:
            parts.append(f"name={self.name}")
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


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
    for place in sorted(folder.glob("*@*")) if folder else ():
        base, _, weights = place.name.partition("@")
        if base in known and _SHA256.fullmatch(weights):
            # All but the weights is the model's it was tuned from.
            files = {**known[base].files, "model.safetensors": weights}
            known[place.name] = replace(known[base], name=place.name, origin=Origin("tuned"), files=files)
    return known


def built_in(name: str) -> bool:
    """Whether it is a model of the project's that has no files, so that it needs no folder of models."""
    known = models().get(name)
    return known is not None and known.origin.kind == "built-in"


def model(name: str, folder: Path | None = None, precision: str = "fp32") -> Model:
    """The entry of one model, to be computed in that precision.

    Raises:
        ModelError: no model has this name, or there is no such precision.
    """
    if precision not in get_args(Precision):
        raise ModelError(f"'{precision}' is no precision; it is one of {', '.join(get_args(Precision))}.")
    known = models(folder)
    if name not in known and "@" in name:
        raise ModelError(f"the tuned model {name} is not in {folder}; {TUNED_AGAIN}.")
    if name not in known:
        raise ModelError(
            f"there is no model named '{name}'; known are {', '.join(known)}. "
            "Correct NIGHTMARKET_ENCODER or NIGHTMARKET_IMAGE_ENCODER, or add the model to registry.yaml in "
            "the folder of models."
        )
    return replace(known[name], precision=cast(Precision, precision))


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
    kind = entry.get("kind") if isinstance(entry, dict) else None
    if kind not in _KEYS_OF_KIND:
        raise ModelError(f"{where}: kind must be one of {_list(set(_KEYS_OF_KIND))}.")
    keys = _KEYS_OF_KIND[kind]
    if set(entry) != keys:
        raise ModelError(
            f"{where}: missing {_list(keys - set(entry))}, unknown {_list(set(entry) - keys)}; "
            "an entry has exactly the keys of the project's own of its kind."
        )
    if not isinstance(entry["files"], dict):
        raise ModelError(f"{where}: files must give each file's name with its digest.")
    files = {str(file): str(sha256) for file, sha256 in entry["files"].items()}
    for file, sha256 in files.items():
        if not file.endswith(_SAFE_ENDINGS) or Path(file).name != file:
            raise ModelError(
                f"{where}: '{file}' may not be part of a model; only {_list(set(_SAFE_ENDINGS))} files are "
                "read, because other forms can run code when opened. Convert the weights to safetensors."
            )
        if not _SHA256.fullmatch(sha256):
            raise ModelError(f"{where}: the digest of '{file}' must be 64 hexadecimal digits in quotes.")
    origin = _origin(entry["origin"], where)
    if origin.kind != "built-in" and not set(_FILES_OF_KIND[kind]) <= set(files):
        *most, last = _FILES_OF_KIND[kind]
        raise ModelError(f"{where}: files must pin {', '.join(most)} and {last}.")
    if type(entry["dimension"]) is not int or entry["dimension"] < 1:
        raise ModelError(f"{where}: dimension must be a whole number of at least 1.")
    own = _of_texts(entry, where) if kind == "encoder" else _of_pictures(entry, where)
    return Model(
        name=name,
        kind=kind,
        dimension=entry["dimension"],
        licence=str(entry["licence"]),
        origin=origin,
        files=files,
        **own,
    )


def _of_texts(entry: dict[str, Any], where: str) -> dict[str, Any]:
    if entry["pooling"] not in get_args(Pooling):
        raise ModelError(f"{where}: pooling must be mean or cls.")
    if not isinstance(entry["max_length"], int) or entry["max_length"] < 16:
        raise ModelError(f"{where}: max_length must be a whole number of at least 16.")
    codes = entry["languages"]
    if not isinstance(codes, list) or not all(isinstance(code, str) and len(code) == 2 for code in codes):
        raise ModelError(f'{where}: languages are two-letter codes; write Norwegian as "no" in quotes.')
    return {
        "languages": frozenset(codes),
        "pooling": entry["pooling"],
        "prefix": str(entry["prefix"]),
        "max_length": entry["max_length"],
    }


def _of_pictures(entry: dict[str, Any], where: str) -> dict[str, Any]:
    if not isinstance(entry["size"], int) or not 32 <= entry["size"] <= 1024:
        raise ModelError(f"{where}: size must be a whole number of pixels from 32 to 1024.")
    return {"size": entry["size"]}


def _origin(origin: Any, where: str) -> Origin:
    kind = origin.get("kind") if isinstance(origin, dict) else None
    if kind not in _ORIGIN_KEYS:
        raise ModelError(f"{where}: the origin's kind must be one of {_list(set(_ORIGIN_KEYS))}.")
    if set(origin) - {"kind"} != _ORIGIN_KEYS[kind]:
        raise ModelError(f"{where}: an origin of kind {kind} has the keys {_list(_ORIGIN_KEYS[kind])}.")
    values = {key: value for key, value in origin.items() if key != "kind"}
    if kind in _DECODED:
        for key, value in values.items():
            if not isinstance(value, dict) or set(value) != {"package", "path", "sha256"}:
                raise ModelError(f"{where}: {key} needs package, path and sha256.")
        return Origin(kind=kind, packaged=tuple(PackageFile(**values[key]) for key in _DECODED[kind]))
    for key, value in values.items():
        if not isinstance(value, str):
            raise ModelError(f"{where}: {key} must be a text.")
    return Origin(kind=kind, **values)


def _list(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "nothing"
