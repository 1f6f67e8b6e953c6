"""Pure text: its two forms, its language, its digest, and personal data taken out.

:func:`clean` gives what is shown: what the shop wrote, without accidents of its export. :func:`normalise`
gives what is compared: hashed, embedded, searched for. Nothing here reads the network or the clock, and no
file but a package's own model. The same text gives the same answer on every machine.
"""

from nightmarket.text.clean import clean
from nightmarket.text.digest import digest
from nightmarket.text.language import language, named, spoken
from nightmarket.text.normalise import normalise
from nightmarket.text.redact import redact

__all__ = ["clean", "digest", "language", "named", "normalise", "redact", "spoken"]
