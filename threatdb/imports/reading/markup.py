"""XML of spreadsheets as events, in bounded memory.

The parsers of trees keep an element for each row that they have passed, and build a row before anybody can say that
it is too long. Here the elements are handed on as they begin and end, and nothing is kept. A document type is refused,
and with it every entity that could be declared.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any, Protocol
from xml.parsers import expat

from .sheets import Unreadable
from .unpacking import DAMAGE, damaged

CHUNK = 65_536

# How deep elements lie in each other, how many names they have, and the bytes of one tag or comment.
DEEPEST = 64
MOST_NAMES = 5_000
LONGEST_TOKEN = 1_048_576


class Handler(Protocol):
    """What is told of the elements, by their names without a prefix."""

    def start(self, name: str, attributes: dict[str, str]) -> None: ...
    def end(self, name: str) -> None: ...
    def text(self, data: str) -> None: ...


def parse(stream: IO[bytes], handler: Handler) -> Iterator[None]:
    """Tell the handler of the elements of a document, piece by piece: what it gathered can be taken in between.

    Raises ``Unreadable`` where it is no XML, or hostile.
    """
    names: dict[str, str] = {}
    parser = _parser(handler, names)
    fed = 0
    while chunk := _read(stream):
        fed += len(chunk)
        _feed(parser, chunk)
        if len(names) > MOST_NAMES or fed - parser.CurrentByteIndex > LONGEST_TOKEN:
            raise _hostile()
        yield
    _feed(parser, b"", last=True)
    yield


def _read(stream: IO[bytes]) -> bytes:
    try:
        return stream.read(CHUNK)
    except DAMAGE as error:
        raise damaged(error) from error


def _feed(parser: Any, chunk: bytes, last: bool = False) -> None:
    try:
        parser.Parse(chunk, last)
    except expat.ExpatError as error:
        raise Unreadable(f"The spreadsheet is damaged: {error}.", code="damaged") from error


def _parser(handler: Handler, names: dict[str, str]) -> Any:
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise _hostile()
        handler.start(name.rpartition(":")[2], attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        handler.end(name.rpartition(":")[2])

    parser = expat.ParserCreate(intern=names)
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = handler.text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    return parser


def _refuse_doctype(*_: object) -> None:
    raise Unreadable("The spreadsheet declares a document type, which no spreadsheet needs.", code="hostile_markup")


def _hostile() -> Unreadable:
    return Unreadable("The spreadsheet is made of markup that no spreadsheet has.", code="hostile_markup")
