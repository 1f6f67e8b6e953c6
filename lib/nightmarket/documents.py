"""YAML that people write: mapping files, contracts, registries of models. Plain data, or one sentence.

YAML can do far more than our files need, and each extra is a way to do harm or a mistake nobody sees: an
alias of aliases unfolds to gigabytes, a node that holds itself has no end, twenty thousand brackets
overflow the stack, a tag makes objects, of two equal keys one is lost, and an unquoted ``no`` is a Boolean.
All of it is refused with its line while the text is still being read, before anything is built from it.
"""

import re
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Any

import yaml

LARGEST = 1 << 20
"""Bytes of a file that are read; the largest contract of ours has a fiftieth of it."""
DEEPEST = 30
"""Lists and mappings one inside the other."""

_HALF = re.compile("[\ud800-\udfff]")


class UnreadableError(Exception):
    """The text is not what we read; ``line`` is where, ``reason`` a clause without a full stop."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line, self.reason = line, reason


@dataclass(frozen=True)
class Document:
    value: Any
    """Mappings with text keys, lists, and scalars; None of an empty text."""
    node: yaml.Node | None
    """The same with the lines it stands on."""


def read(path: Traversable) -> Document:
    """Read a file of UTF-8 text.

    Raises:
        UnreadableError: it is too large, not UTF-8, or not plain YAML.
        OSError: as opening it gives.
    """
    with path.open("rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise UnreadableError(
            1, f"the file is larger than {LARGEST >> 20} MiB, which no file of this kind is"
        )
    try:
        return parse(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableError(line, "it is not UTF-8 text; save it in that encoding") from None


def parse(text: str) -> Document:
    """Read a text.

    Raises:
        UnreadableError: it is not plain YAML.
    """
    loader = _Plain(text)
    try:
        node = loader.get_single_node()
        return Document(None if node is None else loader.construct_document(node), node)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        reason = (error.problem or "it is malformed").removeprefix("but ")
        raise UnreadableError(line, f"not readable as YAML: {reason}") from None
    except (ValueError, OverflowError):
        # Escapes such as \U99999999 in quotes; PyYAML looks up what they stand for and finds nothing.
        line = loader.get_mark().line + 1
        raise UnreadableError(line, "not readable as YAML: an escape names no character") from None
    finally:
        loader.dispose()


class _Plain(yaml.SafeLoader):
    """PyYAML's safe loader, which looks at every node before it makes it."""

    def __init__(self, text: str) -> None:
        try:
            super().__init__(text)
        except yaml.reader.ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            reason = f"not readable as YAML: it holds the character U+{error.character:04X}"
            raise UnreadableError(line, reason) from None
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            mark = "*" if isinstance(event, yaml.AliasEvent) else "&"
            raise _refused(event, f"'{mark}{event.anchor}' is an alias or its anchor; write the value out")
        if getattr(event, "tag", None) is not None:
            raise _refused(event, f"the tag '{event.tag}' is not read; for a text use quotes")
        if self._depth == DEEPEST:
            raise _refused(event, f"it is nested more than {DEEPEST} deep")
        self._depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node: yaml.MappingNode = super().compose_mapping_node(anchor)
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag != "tag:yaml.org,2002:str":
                shown = f"'{key.value}'" if isinstance(key, yaml.ScalarNode) else "a list or mapping"
                raise _refused(key, f"{shown} is a key and no text; write it in quotes")
            if not key.value.isprintable():
                raise _refused(key, f"the key {key.value!a} holds characters that nobody sees")
            if key.value in seen:
                raise _refused(key, f"'{key.value}' is given twice")
            seen.add(key.value)
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        if isinstance(node, yaml.ScalarNode) and _HALF.search(node.value):
            raise _refused(node, "a text holds half a surrogate pair, which is no character")
        try:
            return super().construct_object(node, deep=deep)
        except (ValueError, OverflowError):
            # A day there is none of, a number of ten thousand digits.
            shown = str(node.value)[:40]
            raise _refused(node, f"'{shown}' is no date or number; for a text use quotes") from None


def _refused(at: yaml.Node | yaml.Event, reason: str) -> UnreadableError:
    return UnreadableError(at.start_mark.line + 1 if at.start_mark else 1, reason)
