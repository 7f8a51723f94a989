"""Moments as queries name them, and what lists say as of one."""

from __future__ import annotations

from django.test import Client
from django.utils import timezone

from tests.base import Document, ask
from threatdb.api.moments import Place
from threatdb.records import documents, ledger
from threatdb.records.markings import Marking

Moment = str


def now() -> Moment:
    """This instant, which lies before all that is done later."""
    return documents.timestamp(timezone.now())


def cursor(clearance: Marking = Marking.CLEAR) -> str:
    """Today as the feed names it for readers with that clearance."""
    return Place(ledger.position()).write(clearance.code)


def everything(client: Client, **asked: str) -> Document:
    """What the lists of all that a merge of actors touches say."""
    return {name: ask(client, name, **asked)["results"] for name in ("actors", "relationships", "incidents")}
