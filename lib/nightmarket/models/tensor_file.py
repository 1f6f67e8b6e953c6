"""The safetensors form, written here so that neither its bytes nor their digest depend on a library."""

import json
import struct
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_FORMS = {"<f2": "F16", "<f4": "F32"}
_WIDTH = {"<f2": 2, "<f4": 4}


def write(
    path: Path,
    shapes: Mapping[str, tuple[int, ...]],
    values: Mapping[str, Iterable[NDArray[Any]]],
    form: str,
) -> None:
    """Write tensors in the order of their names.

    Args:
        values: each tensor's values in order, in as many pieces as its maker likes.
        form: what all are of, as numpy spells it: "<f2" or "<f4".
    """
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name in sorted(shapes):
        begin, end = end, end + _WIDTH[form] * int(np.prod(shapes[name]))
        header[name] = {"dtype": _FORMS[form], "shape": list(shapes[name]), "data_offsets": [begin, end]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name in sorted(shapes):
            for piece in values[name]:
                file.write(piece.astype(form, copy=False).tobytes())


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
