"""A torch state dict in torch's old file form, read without unpickling it.

Such a file is five pickles (a mark, a version, facts about the machine, the tensors, the order of their
storages) and then each storage as its length and its bytes. Whoever unpickles a file runs what it names. So
here the opcodes are only listed, by the standard library's ``pickletools``, and the few that a state dict is
made of are followed: plain values, containers, and four names, none of which is ever called. Anything else is
refused.
"""

import pickletools
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from nightmarket.errors import ModelError

_MARK_OF_FILE, _VERSION = 0x1950A86A20F9469CFC6C, 1001
_FORMS = {"torch FloatStorage": "<f4", "torch LongStorage": "<i8"}
_DICT, _TENSOR = "collections OrderedDict", "torch._utils _rebuild_tensor_v2"
_PLAIN = {"BINUNICODE", "BININT", "BININT1", "BININT2", "LONG1"}
_CONSTANT = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
_SHORT_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}


@dataclass(frozen=True)
class _Name:
    """A name that a pickle asks for; never looked up."""

    text: str


@dataclass(frozen=True)
class _Storage:
    form: str
    key: str
    elements: int


@dataclass(frozen=True)
class _Tensor:
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _Refused(Exception):
    """What a state dict has no use for; the text says what it is."""


def read(path: Path) -> dict[str, NDArray[Any]]:
    """The tensors by name, as float32 or int64; all of the file is read into memory.

    Raises:
        ModelError: the file is not of this form, is cut short, or asks for what a state dict does not need.
    """
    with path.open("rb") as file:
        try:
            if _followed(file) != _MARK_OF_FILE or _followed(file) != _VERSION:
                raise _Refused("it does not begin as torch's old files do")
            if _followed(file).get("little_endian") is not True:
                raise _Refused("its numbers are not little-endian")
            tensors = _followed(file)
            if not isinstance(tensors, dict) or not all(isinstance(t, _Tensor) for t in tensors.values()):
                raise _Refused("it holds something else than tensors by name")
            storages = {key: _values(file, key, tensors) for key in _followed(file)}
            return {name: _array(tensor, storages) for name, tensor in tensors.items()}
        except _Refused as reason:
            raise ModelError(f"{path} is no plain state dict: {reason}; it was not opened further.") from None
        except (ValueError, IndexError, KeyError, TypeError, AttributeError) as error:
            # Opcodes that do not fit together fail like any other wrong use of a list or a dict.
            raise ModelError(
                f"{path} is not a whole state dict ({error}); install its package again."
            ) from error


def _followed(file: BinaryIO) -> Any:
    """What one pickle says, followed opcode by opcode; the file then stands behind it."""
    stack: list[Any] = []
    marks: list[int] = []
    memo: dict[Any, Any] = {}

    def since_mark() -> list[Any]:
        begin = marks.pop()
        found = stack[begin:]
        del stack[begin:]
        return found

    for opcode, argument, _ in pickletools.genops(file):
        match opcode.name:
            case "PROTO":
                continue
            case "STOP":
                return stack.pop()
            case "MARK":
                marks.append(len(stack))
            case "GLOBAL":
                stack.append(_name(str(argument)))
            case "BINPUT" | "LONG_BINPUT":
                memo[argument] = stack[-1]
            case "BINGET" | "LONG_BINGET":
                stack.append(memo[argument])
            case "EMPTY_DICT":
                stack.append({})
            case "EMPTY_LIST":
                stack.append([])
            case "TUPLE":
                stack.append(tuple(since_mark()))
            case "APPENDS":
                items = since_mark()
                stack[-1].extend(items)
            case "SETITEM":
                value, key = stack.pop(), stack.pop()
                stack[-1][key] = value
            case "SETITEMS":
                pairs = since_mark()
                stack[-1].update(zip(pairs[::2], pairs[1::2], strict=True))
            case "BINPERSID":
                stack.append(_storage(stack.pop()))
            case "REDUCE":
                arguments, name = stack.pop(), stack.pop()
                stack.append(_made(name, arguments))
            case "BUILD":
                # A module's notes about its own version, kept on the dict.
                if not isinstance(stack.pop(), dict) or not isinstance(stack[-1], dict):
                    raise _Refused("it sets the state of something else than a dict")
            case name if name in _PLAIN:
                stack.append(argument)
            case name if name in _CONSTANT:
                stack.append(_CONSTANT[name])
            case name if name in _SHORT_TUPLES:
                size = _SHORT_TUPLES[name]
                stack[-size:] = [tuple(stack[-size:])]
            case name:
                raise _Refused(f"it uses {name}, which no state dict needs")
    raise ValueError("a pickle without end")


def _name(text: str) -> _Name:
    if text not in {_DICT, _TENSOR, *_FORMS}:
        raise _Refused(f"it asks for {text.replace(' ', '.')}, which no state dict needs")
    return _Name(text)


def _made(name: Any, arguments: Any) -> Any:
    """What calling a name would make, for the two that are called in a state dict."""
    if name == _Name(_DICT) and arguments == ():
        return {}
    if name == _Name(_TENSOR):
        storage, offset, shape, strides, *_ = arguments
        numbers = (offset, *shape, *strides)
        if not isinstance(storage, _Storage) or not all(type(n) is int and n >= 0 for n in numbers):
            raise _Refused("a tensor of it is not made of numbers beside it")
        return _Tensor(storage, offset, shape, strides)
    raise _Refused("it calls something else than a tensor's maker")


def _storage(said: Any) -> _Storage:
    kind, name, key, _, elements, _ = said
    if kind != "storage" or not isinstance(name, _Name) or name.text not in _FORMS:
        raise _Refused("it refers to something else than numbers beside it")
    return _Storage(_FORMS[name.text], key, elements)


def _values(file: BinaryIO, key: str, tensors: dict[str, _Tensor]) -> NDArray[Any]:
    """The storage that comes next in the file."""
    wanted, *others = {tensor.storage for tensor in tensors.values() if tensor.storage.key == key}
    if others:
        raise ValueError(f"storage {key} is spoken of in two ways")
    elements = int.from_bytes(file.read(8), "little")
    width = np.dtype(wanted.form).itemsize
    if elements != wanted.elements:
        raise ValueError(f"storage {key} has {elements} values, not {wanted.elements}")
    data = file.read(elements * width)
    if len(data) < elements * width:
        raise ValueError(f"storage {key} is cut off")
    return np.frombuffer(data, wanted.form)


def _array(tensor: _Tensor, storages: dict[str, NDArray[Any]]) -> NDArray[Any]:
    """The tensor's values in their order, wherever its strides find them in its storage."""
    last = tensor.offset + sum((n - 1) * step for n, step in zip(tensor.shape, tensor.strides, strict=True))
    if 0 in tensor.shape or last >= tensor.storage.elements:
        raise ValueError("a tensor is empty or reaches beyond its storage")
    values = storages[tensor.storage.key][tensor.offset :]
    strides = [step * values.itemsize for step in tensor.strides]
    seen = np.lib.stride_tricks.as_strided(values, tensor.shape, strides, writeable=False)
    return seen.copy()
