"""Pure text: one spelling for the same words, its language, its digest, and personal data taken out.

Nothing here reads files, the network or the clock. The same text gives the same answer on every machine.
"""

from nightmarket.text.digest import digest
from nightmarket.text.language import language
from nightmarket.text.normalise import normalise
from nightmarket.text.redact import redact

__all__ = ["digest", "language", "normalise", "redact"]
