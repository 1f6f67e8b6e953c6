"""The night's page: one HTML file with everything in it, for a browser, a phone or a printer."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from nightmarket.errors import NightMarketError
from nightmarket.outage import explained
from nightmarket.report import wording
from nightmarket.report.blocks import environment
from nightmarket.report.night import Night
from nightmarket.report.section import Section, discover

_FEW = 3
"""Tables named in the sentence at the top; more are only counted there and listed below it."""


@dataclass(frozen=True)
class Made:
    """A section as it stands on the page."""

    section: Section
    body: Markup
    failure: str = ""
    """Why it could not be made, in one sentence."""


def page(night: Night, found: Mapping[str, Any]) -> str:
    """The page of one night as an HTML document.

    Pure: the same arguments give the same text. The document asks nothing of any other file or server and
    runs no script. All values are escaped.

    Args:
        found: what sections have read, by their names, or the exception that kept one from reading; a section
            that is not in it and reads the warehouse is left out.
    """
    made = [one for section in discover() if (one := _made(section, night, found))]
    return (
        environment()
        .get_template("page.html.j2")
        .render(
            night=night,
            summary=_summary(night),
            merchant=[one for one in made if one.section.place == "merchant"],
            operator=[one for one in made if one.section.place == "operator"],
            domains=_domains(night, [one for one in made if one.section.place == "details"]),
        )
    )


def _made(section: Section, night: Night, found: Mapping[str, Any]) -> Made | None:
    content = found.get(section.name, night if section.read is None else None)
    if isinstance(content, Exception):
        return Made(section, Markup(), reason(content))
    if content is None:
        return None
    try:
        body = section.show(content)
    except Exception as failure:
        logging.getLogger(__name__).exception("the section %s of the page could not be shown", section.name)
        return Made(section, Markup(), reason(failure))
    return Made(section, body) if body else None


def reason(failure: Exception) -> str:
    """A failure in one sentence. Of one that we have no words for only its kind and its place are said: its
    own words may quote a row."""
    known = failure if isinstance(failure, NightMarketError) else explained(failure)
    if known is not None:
        return str(known)
    places, at = [], failure.__traceback__
    while at is not None:
        module = at.tb_frame.f_globals.get("__name__", "")
        places += [f" in {module}, line {at.tb_lineno}"] if ".sections." in module else []
        at = at.tb_next
    return f"{type(failure).__name__}{places[-1] if places else ''}; the log of the report has the rest."


def _summary(night: Night) -> str:
    """The night in one or two sentences."""
    missing = [table.table for table in night.unpublished]
    whole = len(night.tables)
    if not night.published:
        return f"None of the {whole} tables was published for this day; readers still see earlier days."
    if missing:
        were = "was" if len(missing) == 1 else "were"
        which = wording.joined(missing) if len(missing) <= _FEW else str(len(missing))
        return f"{len(night.published)} of {whole} tables were published. {which} {were} not."
    took = f"The night took {wording.duration(night.seconds)}."
    slowest = night.slowest
    if slowest is None or whole == 1:
        return f"All {whole} tables were published. {took}"
    return f"All {whole} tables were published. {took} The slowest was {slowest.table}."


def _domains(night: Night, details: list[Made]) -> list[tuple[str, Night, list[Made]]]:
    """Each domain with its tables and with its own sections, in the order of names."""
    names = sorted({*night.domains, *(one.section.domain for one in details)})
    return [(name, night.of(name), [one for one in details if one.section.domain == name]) for name in names]
