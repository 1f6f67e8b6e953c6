"""Pure text: its two forms, its language, its digest, and personal data taken out.

:func:`clean` gives what is shown: what the shop wrote, without accidents of its export. :func:`normalise`
gives what is compared: hashed, embedded, searched for. :func:`letterwise` finds in the shown form what is
written in other widths. Nothing here reads files, the network or the clock. The same text gives the same
answer on every machine.
"""

from nightmarket.text.clean import clean
from nightmarket.text.digest import digest
from nightmarket.text.language import language
from nightmarket.text.normalise import letterwise, normalise
from nightmarket.text.redact import redact

__all__ = ["clean", "digest", "language", "letterwise", "normalise", "redact"]
