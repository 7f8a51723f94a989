"""The colours of pictures.

Those of data are told apart by people who see no red or no green as well (Okabe and Ito, "Color Universal Design",
2008); each stands out from the paper with a contrast of at least 3:1 (WCAG 2.2, 1.4.11), so that its yellow and its
light blue are left out and its orange is darkened.
"""

from __future__ import annotations

PAPER = "#ffffff"
INK = "#1f2933"
# For what is read second: units, notes. 4.5:1 on paper.
MUTED = "#5f6b76"
# For lines that only guide the eye.
GRID = "#d9dee3"

BLUE = "#0072b2"
RED = "#c8500a"
GREEN = "#00795a"
PURPLE = "#a8457f"
ORANGE = "#b87400"
GREY = "#737b84"

# In this order, for things beside each other that have no order of their own.
SERIES = (BLUE, RED, GREEN, PURPLE, ORANGE, GREY)


def of_series(place: int) -> str:
    """The colour of the series at this place; they repeat after six, where a picture should name its lines."""
    return SERIES[place % len(SERIES)]
