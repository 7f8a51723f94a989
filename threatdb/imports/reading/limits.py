"""How large the files and their parts may be."""

from __future__ import annotations

MAX_COLUMNS = 500

# Characters of one cell, and of a row or a line of text.
MAX_CELL = 131_072
MAX_ROW = 1_048_576

# The last row that a spreadsheet can have.
MAX_SHEET_ROWS = 1_048_576

# Different texts in a spreadsheet, of each of which the place is kept in memory.
MAX_STRINGS = 4_000_000

# Bytes of a file once it is unpacked.
MAX_UNPACKED = 4 * 1024**3

# A file that grows more than this when it is unpacked is made to fill a disk. Tables grow some tenfold; what is small
# enough does no harm, however much it grows.
MAX_GROWTH = 100
HARMLESS = 1024**2

# Files in an archive, and bytes of its directory, which is read whole.
MAX_MEMBERS = 1_000
MAX_DIRECTORY = 262_144

# Bytes of a list in JSON, which is held in memory as text, and characters of one of its items.
MAX_JSON = 8 * 1024**2
MAX_ITEM = 524_288
