"""Two groupings crossed: a cell for each pair, the darker the more there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from . import axes, numbers, palette
from .svg import Picture

LEFT, RIGHT, TOP, LINE, BOTTOM = 170, 12, 34, 24, 14

# A cell that is darker than this is written on in the colour of the paper.
_DARK = 0.55


def draw(
    rows: Sequence[str],
    columns: Sequence[str],
    counts: Mapping[tuple[str, str], int],
    width: float,
    title: str,
    description: str,
    note: str = "",
    key: str = "matrix",
) -> Picture:
    """Rows downwards, columns across; a pair that is not in ``counts`` is empty. ``note`` stands below."""
    bottom = TOP + LINE * max(len(rows), 1)
    picture = Picture(width, bottom + BOTTOM + (18 if note else 0), title, description, key)
    step = (width - LEFT - RIGHT) / max(len(columns), 1)
    most = max(counts.values(), default=0)
    for across, column in enumerate(columns):
        middle = LEFT + (across + 0.5) * step
        picture.text((middle, TOP - 8), column, anchor="middle", size=axes.SMALL, colour=palette.MUTED, within=step)
    for down, row in enumerate(rows):
        top = TOP + down * LINE
        picture.text((LEFT - 8, top + LINE / 2 + 4), row, anchor="end", within=LEFT - 12)
        for across, column in enumerate(columns):
            if count := counts.get((row, column)):
                tip = f"{row}, {column}: {count} incidents"
                _cell(picture, count, most, (LEFT + across * step, top), step, tip)
    if note:
        picture.text((LEFT, bottom + BOTTOM + 12), note, size=axes.SMALL, colour=palette.MUTED)
    return picture


def _cell(picture: Picture, count: int, most: int, at: tuple[float, float], step: float, tip: str) -> None:
    # By the root, or all but the greatest would look alike; never so pale that it looks empty.
    shade = 0.12 + 0.88 * (count / most) ** 0.5
    picture.rectangle(at[0] + 1, at[1] + 1, step - 2, LINE - 2, fill=palette.BLUE, opacity=shade, tip=tip)
    words = numbers.written(count)
    colour = palette.PAPER if shade > _DARK else palette.INK
    picture.text(
        (at[0] + step / 2, at[1] + LINE / 2 + 4), words, anchor="middle", size=axes.SMALL, colour=colour, within=step
    )
