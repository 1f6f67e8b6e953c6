"""What sections are built of: their own template text, in which the page's macros and words are at hand.

In a template ``bars``, ``picture`` and ``title`` are the macros of ``blocks.html.j2``, ``say`` is
:mod:`nightmarket.report.wording`. Every value is escaped, and characters that would not show are spelled.
"""

from collections.abc import Callable
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from nightmarket.report import wording
from nightmarket.visible import visible

_WIDTHS = {"wide": 1080, "slim": 340}
"""Content width of a desk's and of a phone's screen, in CSS pixels; the style sheet shows one of the two."""


def render(template: str, **values: object) -> Markup:
    """A section's template filled in.

    Raises:
        jinja2.TemplateError: it is malformed, or names a value that it is not given.
    """
    # Safe as it is: the environment has escaped every value in it.
    return Markup(_compiled(template).render(values))  # noqa: S704


def picture(chart: Callable[[int], str]) -> dict[str, Markup]:
    """A chart for both screens, for the macro ``picture``; empty when there is nothing to draw.

    Args:
        chart: draws for a width in CSS pixels, with :mod:`nightmarket.report.charts`.
    """
    # Safe as it is: the SVG writer has escaped every text in it.
    drawn = {kind: Markup(chart(width)) for kind, width in _WIDTHS.items()}  # noqa: S704
    return drawn if all(drawn.values()) else {}


@cache
def _compiled(template: str) -> Template:
    return environment().from_string(template)


@cache
def environment() -> Environment:
    made = Environment(
        loader=PackageLoader("nightmarket.report", "."),
        autoescape=True,
        # Markup is what we have made of values; autoescape sees to what is code, this to what is unseen.
        finalize=lambda value: visible(value) if type(value) is str else value,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["say"] = wording
    macros = made.get_template("blocks.html.j2").module
    made.globals |= {name: getattr(macros, name) for name in ("bars", "picture", "title")}
    return made
