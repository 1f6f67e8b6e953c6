"""One name for one content: what decides whether a text was already embedded, scored or described."""

import hashlib

from nightmarket.text.normalise import normalise


def digest(text: str) -> str:
    """SHA-256, in hex, of the normalised text in UTF-8.

    Two texts that differ only in what :func:`normalise` removes (markup, spacing, width of characters) have
    the same digest, so a model is not paid twice for them.
    """
    return hashlib.sha256(normalise(text).encode("utf-8")).hexdigest()
