"""Files as rows of cells, whatever they are written in.

A file comes from outside, so nothing of it is believed: each reader streams, stops at its limits before it has filled
any memory, and says where in the file it found what it cannot take.
"""

from .opening import open_sheet
from .sheets import BadRow, Row, Sheet, Unreadable

__all__ = ["BadRow", "Row", "Sheet", "Unreadable", "open_sheet"]
