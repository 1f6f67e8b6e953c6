"""``encoder()``: the models that read a table's texts or pictures, as an input of its job."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TUNED_DAYS = 3650
"""For so many days a tuned model that was accepted may read."""


@dataclass(frozen=True)
class Encoder:
    """Models of one kind: ``build`` gets a list of :class:`nightmarket.models.Route`, one per model, under
    the name of the input, each with what it reads.

    Which models these are is said by the shop in tuning values of the job, which ``build`` does not take:
    ``model`` (by default the shop's model of the kind); of texts also ``by_language`` (other models for
    single languages), ``precision`` (what a CPU computes in) and, with ``tuned_by``, ``tuned`` (whether tuned
    models may read).
    """

    kind: str
    """As the registry of models has it."""
    values: Mapping[str, Any]
    """The tuning values and their defaults."""
    of: str | None = None
    """The table for which the shop says them; None: this one."""
    tuned_by: str | None = None
    """A table of which days before the run's say which tuned model reads in place of which: columns ``base``,
    ``tuned`` and ``accepted``."""
    only_ready: bool = False
    """Whether a tuned model whose files are gone is passed over, and does not stop the table."""


def encoder(*, of: str | None = None, tuned_by: str | None = None, only_ready: bool = False) -> Encoder:
    """Encoders of texts, each with its languages."""
    values: dict[str, Any] = {"model": None, "by_language": None, "precision": "fp32"}
    return Encoder("encoder", values | ({"tuned": True} if tuned_by else {}), of, tuned_by, only_ready)


def image_encoder() -> Encoder:
    """The encoder of pictures."""
    return Encoder("image-encoder", {"model": None})
