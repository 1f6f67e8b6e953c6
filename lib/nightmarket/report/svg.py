"""A matplotlib figure as inline SVG that belongs to the page it stands in.

Text stays text (the reader's browser draws it, Chinese included) and colours become the page's own CSS
variables, so that a chart follows a dark screen and a printer. Ids are kept only where something refers
to them, and made unique to the chart; nothing in the result names an address.
"""

import io
import re
import warnings
from typing import Any
from xml.etree import ElementTree

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# matplotlib wants real colours: these stand for the page's variables and are swapped in the SVG.
INK, MUTED, LINE, BAR, ACCENT, BAD, GOOD = (f"#0102{n:02x}" for n in range(1, 8))
_VARIABLES = {
    INK: "--ink",
    MUTED: "--muted",
    LINE: "--line",
    BAR: "--bar",
    ACCENT: "--accent",
    BAD: "--bad",
    GOOD: "--good",
}
FONT = 13.0
STYLE: Any = {
    "font.size": FONT,
    "text.color": INK,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "xtick.color": LINE,
    "ytick.color": LINE,
    "axes.spines.left": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.edgecolor": LINE,
    "axes.facecolor": "none",
    "axes.axisbelow": True,
    "svg.fonttype": "none",
}
_SVG = "{http://www.w3.org/2000/svg}"


def figure(width: int, height: int) -> Figure:
    """A figure whose SVG units are CSS pixels."""
    return Figure(figsize=(width / 72, height / 72), dpi=72)


def axes(drawing: Figure, left: float, top: float, right: float, bottom: float) -> Axes:
    """Axes between two corners given in CSS pixels from the figure's top left."""
    width, height = (72 * inches for inches in drawing.get_size_inches())
    added = drawing.add_axes(
        (left / width, 1 - bottom / height, (right - left) / width, (bottom - top) / height)
    )
    added.tick_params(length=0, pad=7)
    return added


def markup(drawing: Figure, name: str, words: str) -> str:
    """The figure as an ``<svg>`` element.

    Args:
        name: makes the element's ids unique in the page.
        words: what the picture says, for a reader who cannot see it.
    """
    text = io.StringIO()
    nothing = {"Date": None, "Creator": None, "Type": None, "Format": None}
    with mpl.rc_context({"svg.hashsalt": name}), warnings.catch_warnings():
        # The browser has the glyphs; that matplotlib's own font lacks Chinese does not matter here.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        drawing.savefig(text, format="svg", metadata=nothing, transparent=True)
    root = ElementTree.fromstring(text.getvalue())  # noqa: S314 - matplotlib's own output, drawn just above
    used = set(re.findall(r"(?:url\(#|href=\"#)([^)\"]+)", text.getvalue()))
    for parent in root.iter():
        for child in list(parent):
            if child.tag in {f"{_SVG}metadata", f"{_SVG}style"} or (
                child.tag == f"{_SVG}defs" and not len(child)
            ):
                parent.remove(child)
    for element in root.iter():
        element.tag = element.tag.removeprefix(_SVG)
        identity = element.attrib.pop("id", None)
        element.attrib = {k.rpartition("}")[2]: _restyled(v, name) for k, v in element.attrib.items()}
        if identity in used:
            element.attrib["id"] = f"{name}-{identity}"
        element.text, element.tail = (element.text or "").strip() or None, None
    for attribute in ("width", "height", "version"):
        root.attrib.pop(attribute, None)
    root.attrib |= {"role": "img", "aria-label": words}
    return ElementTree.tostring(root, encoding="unicode", method="html")


def _restyled(value: str, name: str) -> str:
    value = re.sub(r"\s*font-family: [^;]*;?", "", value)
    value = re.sub(r"#0102[0-9a-f]{2}", lambda found: f"var({_VARIABLES[found.group()]})", value)
    value = re.sub(r"url\(#", f"url(#{name}-", value)
    value = re.sub(r"^#", f"#{name}-", value)
    return " ".join(value.split())
