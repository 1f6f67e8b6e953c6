"""Spark SQL types as contracts spell them: one spelling for each, and what kind of values they hold."""

import re

_SPELLINGS = {
    "integer": "int",
    "long": "bigint",
    # Iceberg stores the narrow integers as int.
    "short": "int",
    "smallint": "int",
    "byte": "int",
    "tinyint": "int",
    "real": "float",
    "numeric": "decimal",
    "dec": "decimal",
    "timestamp_ltz": "timestamp",
}


def spelled(kind: str) -> str:
    """One spelling per type: ``"Decimal(18, 4)"`` and ``"decimal(18,4)"`` are the same."""
    squeezed = re.sub(r"\s+", "", kind)
    squeezed = re.sub(r"\b(?:var)?char\(\d+\)", "string", squeezed, flags=re.IGNORECASE)
    # A word before a colon names a struct's field, it is no type.
    words = re.sub(r"[A-Za-z_]\w*(?!\w*:)", lambda word: _word(word.group()), squeezed)
    return re.sub(r"\bdecimal(?!\()", "decimal(10,0)", words)


def is_float(kind: str) -> bool:
    return spelled(kind) in {"float", "double"}


def holds_floats(kind: str) -> bool:
    """Whether it is an array of floats, such as a vector."""
    return spelled(kind) in {"array<float>", "array<double>"}


def _word(word: str) -> str:
    return _SPELLINGS.get(word.lower(), word.lower())
