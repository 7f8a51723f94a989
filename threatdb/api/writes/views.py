"""The writing half of every resource of records: the same for all types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Q
from django.http import Http404
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from threatdb.api import gone
from threatdb.records.registry import RecordType

from . import bodies, bulk, records, requests
from .answers import Answer, working
from .moves import MOVES
from .performing import perform
from .records import WorkingCopy
from .requests import Asked, Right
from .schema import WritingAutoSchema

PATCHES = (bodies.MERGE_PATCH, bodies.JSON)


def move(name: str, method: str = "") -> Any:
    """The action of a view that makes a move; ``method`` is its own name where that is another."""
    made = MOVES[name]

    def make(self: WritingViewSet, request: Request, id: str) -> Response:
        asked = requests.read(request, made.right, needed=bool(made.required))
        made.check(asked.body)
        return self.change(id, asked, lambda copy: made.act(copy, asked))

    make.__name__ = method or name
    make.__doc__ = made.summary
    return action(detail=True, methods=["post"], url_path=name, url_name=name)(make)


class WritingViewSet(ViewSet):
    """Creates, replaces, patches and withdraws working copies, and moves them through review."""

    type: RecordType
    named: Callable[[str], Q]
    schema = WritingAutoSchema()

    def create(self, request: Request) -> Response:
        """Make a record, or from an array up to 500 of them: all or none."""
        asked = requests.read(request, self.right("add"), lists=True, conditional=False)
        if isinstance(asked.body, list):
            return perform(asked, self.type.model, lambda: bulk.create(self.type, asked))
        return perform(asked, self.type.model, lambda: self._created(asked))

    def update(self, request: Request, id: str) -> Response:
        """Put a document in place of the working copy's."""
        asked = requests.read(request, self.right("change"))
        return self.change(
            id, asked, lambda copy: _answer(copy, records.replace(copy, asked.body, asked, asked.reason))
        )

    def partial_update(self, request: Request, id: str) -> Response:
        """Merge a JSON merge patch (RFC 7396) into the working copy."""
        asked = requests.read(request, self.right("change"), media_types=PATCHES)
        return self.change(id, asked, lambda c: _answer(c, records.patch(c, asked.body, asked, asked.reason)))

    def bulk_update(self, request: Request) -> Response:
        """Merge patches into up to 500 working copies: all or none. Each item has id and if_match."""
        asked = requests.read(request, self.right("change"), media_types=PATCHES, lists=True, conditional=False)
        return perform(asked, self.type.model, lambda: bulk.patch(self.type, asked))

    def destroy(self, request: Request, id: str) -> Response:
        """Withdraw the record: readers are told that it is gone."""
        asked = requests.read(request, MOVES["withdraw"].right, needed=False)
        MOVES["withdraw"].check(asked.body)
        return self.change(id, asked, lambda copy: MOVES["withdraw"].act(copy, asked))

    submit = move("submit")
    publish = move("publish")
    send_back = move("return", "send_back")
    withdraw = move("withdraw")
    discard = move("discard")
    reopen = move("reopen")
    restore = move("restore")
    merge = move("merge")
    unmerge = move("unmerge")
    split = move("split")
    purge = move("purge")

    def change(self, id: str, asked: Asked, act: Callable[[WorkingCopy], Answer]) -> Response:
        """Answer with what the act makes of the working copy that the address names."""
        return perform(asked, self.type.model, lambda: act(self._copy(id, asked)))

    def _copy(self, id: str, asked: Asked) -> WorkingCopy:
        try:
            return records.named(self.type, self.named(id), asked)
        except Http404:
            gone.refuse(self.type, id, self.named(id), asked.viewer)
            raise

    def right(self, verb: str) -> Right:
        """What is needed to ``add`` or ``change`` records of this type."""
        options = self.type.model._meta
        return Right(f"{options.app_label}.{verb}_{options.model_name}", "propose")

    def _created(self, asked: Asked) -> Answer:
        record, text = records.create(self.type, asked.body, asked, asked.reason)
        return working(self.type, record.pk, text, made=True)


def _answer(copy: WorkingCopy, text: str) -> Answer:
    return working(copy.record_type, copy.record.pk, text)
