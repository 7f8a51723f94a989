"""Pictures as SVG: escaped, described, and without a style or a script."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from defusedxml import ElementTree
from hypothesis import given
from hypothesis import strategies as st

from threatdb.pictures import palette
from threatdb.pictures.svg import Picture, fitted, width_of

SVG = "{http://www.w3.org/2000/svg}"


def drawn(picture: Picture) -> Element:
    found: Element = ElementTree.fromstring(picture.encode())
    return found


def test_a_picture_is_what_was_drawn() -> None:
    picture = Picture(100, 50.5, "Tolls", "Killed by year.", key="tolls")
    picture.line((0, 1), (2.345, 3), dashes="4 3")
    picture.path([(0, 0), (1.5, 2)], colour=palette.BLUE, tip="2021: 3")
    picture.area([(0, 0), (1, 0), (1, 1)], fill=palette.RED, opacity=0.5)
    picture.rectangle(1, 2, 3, -4, fill=palette.BLUE, edge=palette.INK)
    picture.circle((5, 6), 7, fill="none", edge=palette.INK, dashes="2 2")
    with picture.link("/api/v1/"):
        picture.text((8, 9), "A & <B>", anchor="end", bold=True)

    assert picture.encode().decode() == (
        "<?xml version='1.0' encoding='utf-8'?>\n"
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 50.5" width="100" height="50.5" role="img"'
        " aria-labelledby=\"tolls-title tolls-desc\" font-family=\"system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif\""
        ' font-size="12" fill="#1f2933"><title id="tolls-title">Tolls</title>'
        '<desc id="tolls-desc">Killed by year.</desc>'
        '<rect x="0" y="0" width="100" height="50.5" fill="#ffffff" />'
        '<line x1="0" y1="1" x2="2.35" y2="3" stroke="#1f2933" stroke-width="1" stroke-dasharray="4 3" />'
        '<polyline points="0,0 1.5,2" fill="none" stroke="#0072b2" stroke-width="1.5"><title>2021: 3</title></polyline>'
        '<polygon points="0,0 1,0 1,1" fill="#c8500a" fill-opacity="0.5" />'
        '<rect x="1" y="2" width="3" height="0" fill="#0072b2" stroke="#1f2933" />'
        '<circle cx="5" cy="6" r="7" fill="none" stroke="#1f2933" stroke-dasharray="2 2" />'
        '<a href="/api/v1/"><text x="8" y="9" fill="#1f2933" font-size="12" text-anchor="end" font-weight="bold">'
        "A &amp; &lt;B&gt;</text></a></svg>"
    )


@given(st.text())
def test_whatever_the_words_are_it_can_be_read(words: str) -> None:
    picture = Picture(10, 10, words, words)
    picture.text((0, 0), words, within=30)
    picture.circle((1, 1), 1, fill=palette.INK, tip=words)

    root = drawn(picture)

    assert {element.tag for element in root.iter()} <= {f"{SVG}{tag}" for tag in _TAGS}


_TAGS = ("svg", "title", "desc", "rect", "text", "circle")


def test_words_that_have_no_room_are_cut_and_stand_whole_in_the_tip() -> None:
    picture = Picture(10, 10, "t", "d")
    picture.text((0, 0), "Sanaag and Sool regions of Somalia", within=60)

    text = drawn(picture).find(f"{SVG}text")

    assert text is not None
    assert text[0].text == "Sanaag and Sool regions of Somalia"
    assert text[0].tail == "Sanaag…"


def test_words_that_have_room_are_not_cut() -> None:
    assert fitted("Kabul", width_of("Kabul")) == "Kabul"
    assert fitted("Kabul", width_of("Kabul") - 1) == "Kab…"


def contrast(colour: str) -> float:
    """With white, by WCAG 2.2."""
    shares = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def test_colours_stand_out_from_the_paper() -> None:
    assert all(contrast(colour) >= 3 for colour in palette.SERIES)
    assert all(contrast(colour) >= 4.5 for colour in (palette.INK, palette.MUTED))


def test_the_colours_of_series_repeat() -> None:
    assert [palette.of_series(place) for place in (0, 6)] == [palette.BLUE, palette.BLUE]
