"""A picture as SVG (1.1): shapes and words at places in pixels, escaped, with a title and a description.

Readers of the screen are told the title and the description and none of the shapes, so whatever a picture shows
has to stand beside it in words or in a table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Literal
from xml.etree.ElementTree import Element, SubElement, tostring

from . import palette
from .numbers import coordinate

MEDIA_TYPE = "image/svg+xml"

Anchor = Literal["start", "middle", "end"]
Point = tuple[float, float]

FONT = "system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif"
SIZE = 12
# What a letter of an ordinary sans-serif takes of its size on average, with some room; no font is at hand to ask.
_LETTER = 0.56

# Characters that XML 1.0 does not know, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Picture:
    """A drawing that grows by calls; ``key`` keeps its ids apart from those of other pictures on a page."""

    def __init__(self, width: float, height: float, title: str, description: str, key: str = "picture") -> None:
        names = {"title": f"{key}-title", "desc": f"{key}-desc"}
        self._root = Element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "viewBox": f"0 0 {coordinate(width)} {coordinate(height)}",
                "width": coordinate(width),
                "height": coordinate(height),
                "role": "img",
                "aria-labelledby": " ".join(names.values()),
                "font-family": FONT,
                "font-size": str(SIZE),
                "fill": palette.INK,
            },
        )
        for tag, words in (("title", title), ("desc", description)):
            SubElement(self._root, tag, {"id": names[tag]}).text = clean(words)
        self._into = self._root
        # Its own paper, so that it can be read on a dark page and saved as a file.
        self.rectangle(0, 0, width, height, fill=palette.PAPER)

    def line(
        self, start: Point, end: Point, *, colour: str = palette.INK, width: float = 1, dashes: str = "", tip: str = ""
    ) -> None:
        """A straight line; ``dashes`` are lengths of strokes and gaps, such as ``4 3``."""
        places = dict(zip(("x1", "y1", "x2", "y2"), (*start, *end), strict=True))
        self._stroked("line", {key: coordinate(value) for key, value in places.items()}, colour, width, dashes, tip)

    def path(
        self, points: Sequence[Point], *, colour: str = palette.INK, width: float = 1.5, dashes: str = "", tip: str = ""
    ) -> None:
        """A line through points."""
        self._stroked("polyline", {"points": _points(points), "fill": "none"}, colour, width, dashes, tip)

    def area(self, points: Sequence[Point], *, fill: str, opacity: float = 1, tip: str = "") -> None:
        """A filled shape whose last point is joined to its first."""
        self._add("polygon", {"points": _points(points), "fill": fill, **_opacity(opacity)}, tip)

    def rectangle(
        self,
        left: float,
        top: float,
        width: float,
        height: float,
        *,
        fill: str,
        opacity: float = 1,
        edge: str = "",
        tip: str = "",
    ) -> None:
        """A filled rectangle, with an edge where a colour for it is given."""
        places = dict(zip(("x", "y", "width", "height"), (left, top, max(width, 0), max(height, 0)), strict=True))
        looks = {"fill": fill, **_opacity(opacity), **({"stroke": edge} if edge else {})}
        self._add("rect", {**{key: coordinate(value) for key, value in places.items()}, **looks}, tip)

    def circle(
        self,
        centre: Point,
        radius: float,
        *,
        fill: str,
        opacity: float = 1,
        edge: str = "",
        dashes: str = "",
        tip: str = "",
    ) -> None:
        """A filled circle; ``fill="none"`` with an edge for a ring."""
        places = dict(zip(("cx", "cy", "r"), (*centre, radius), strict=True))
        looks = {"fill": fill, **_opacity(opacity), **({"stroke": edge} if edge else {}), **_dashes(dashes)}
        self._add("circle", {**{key: coordinate(value) for key, value in places.items()}, **looks}, tip)

    def text(
        self,
        at: Point,
        words: str,
        *,
        anchor: Anchor = "start",
        size: float = SIZE,
        colour: str = palette.INK,
        bold: bool = False,
        within: float | None = None,
    ) -> None:
        """Words whose baseline is at a place. ``within`` cuts them to so many pixels; the whole is then their tip."""
        shown = words if within is None else fitted(words, within, size)
        looks = {"x": coordinate(at[0]), "y": coordinate(at[1]), "fill": colour, "font-size": coordinate(size)}
        if anchor != "start":
            looks["text-anchor"] = anchor
        if bold:
            looks["font-weight"] = "bold"
        element = self._add("text", looks, words if shown != words else "")
        # After the tip, which is a child of the element, stands what is shown.
        if len(element):
            element[-1].tail = clean(shown)
        else:
            element.text = clean(shown)

    @contextmanager
    def link(self, address: str) -> Iterator[None]:
        """What is drawn inside leads to an address, which the caller has made itself."""
        outside, self._into = self._into, SubElement(self._into, "a", {"href": clean(address)})
        try:
            yield
        finally:
            self._into = outside

    def encode(self) -> bytes:
        """The file."""
        body: bytes = tostring(self._root, encoding="utf-8", xml_declaration=True)
        return body

    def markup(self) -> str:
        """The element, for a page to hold; all that came from outside is escaped in it."""
        return tostring(self._root, encoding="unicode")

    def _stroked(self, tag: str, places: dict[str, str], colour: str, width: float, dashes: str, tip: str) -> None:
        looks = {"stroke": colour, "stroke-width": coordinate(width), **_dashes(dashes)}
        self._add(tag, {**places, **looks}, tip)

    def _add(self, tag: str, attributes: dict[str, str], tip: str) -> Element:
        element = SubElement(self._into, tag, attributes)
        if tip:
            SubElement(element, "title").text = clean(tip)
        return element


def clean(words: str) -> str:
    """Words without the characters that XML cannot hold."""
    return _NOT_XML.sub("\ufffd", words)


def fitted(words: str, width: float, size: float = SIZE) -> str:
    """As much of the words as has room, with an ellipsis where some is left out."""
    most = max(int(width / (size * _LETTER)), 1)
    return words if len(words) <= most else f"{words[: most - 1].rstrip()}…"


def width_of(words: str, size: float = SIZE) -> float:
    """About how many pixels the words take."""
    return len(words) * size * _LETTER


def _points(points: Sequence[Point]) -> str:
    return " ".join(f"{coordinate(x)},{coordinate(y)}" for x, y in points)


def _opacity(opacity: float) -> dict[str, str]:
    return {} if opacity == 1 else {"fill-opacity": coordinate(opacity)}


def _dashes(dashes: str) -> dict[str, str]:
    return {"stroke-dasharray": dashes} if dashes else {}
