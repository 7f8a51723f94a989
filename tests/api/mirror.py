"""A client that keeps a copy of all that it may read, made from the feed and nothing else."""

from __future__ import annotations

from typing import Any

from django.test import Client

from tests.base import Document, path_of

from .grammar import LISTS


class Mirror:
    """Documents by id, and how far the feed was read."""

    def __init__(self, client: Client, **query: Any) -> None:
        self.client, self.query = client, query
        self.documents: dict[str, Document] = {}
        self.cursor: str | None = None
        self.past: list[str] = []
        """Cursors from which to read again, as a client does that did not see an answer arrive."""

    def read_page(self, size: int = 1000) -> bool:
        """Read one page and keep what it says; whether there is more to read at once."""
        after = {"after": self.cursor} if self.cursor else {}
        response = self.client.get(path_of("changes", page_size=size, **after, **self.query))
        assert response.status_code == 200, response.content
        body = response.json()
        for change in body["results"]:
            self.apply(change)
        self.cursor = body["cursor"]
        self.past.append(body["cursor"])
        return bool(body["more"])

    def apply(self, change: Document) -> None:
        if change["type"] == "upsert":
            assert change["document"]["id"] == change["id"]
            self.documents[change["id"]] = change["document"]
        else:
            self.documents.pop(change["id"], None)

    def catch_up(self, size: int = 1000) -> None:
        """Read until there is no more."""
        while self.read_page(size):
            pass

    def read_again_from(self, cursor: str) -> None:
        """Go back to an earlier place: all that came after it comes a second time.

        Until it has come, a cursor from further on would leave the old documents that are read again in place.
        """
        self.cursor = cursor
        self.past = self.past[: self.past.index(cursor) + 1]


def whole(client: Client, **query: Any) -> dict[str, Document]:
    """All documents of all lists, by id."""
    found: dict[str, Document] = {}
    for resource in LISTS:
        following = path_of(resource, page_size=1000, **query)
        while following:
            body = client.get(following).json()
            found |= {document["id"]: document for document in body["results"]}
            following = body["next"]
    return found
