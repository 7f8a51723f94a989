"""Files as rows of cells, whatever they are written in."""

from .sheets import BadRow, Row, Sheet, Unreadable, open_sheet

__all__ = ["BadRow", "Row", "Sheet", "Unreadable", "open_sheet"]
