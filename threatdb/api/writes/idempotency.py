"""``Idempotency-Key``: a POST that is sent again has its effect once, and gets the same answer.

A key belongs to the account and the credential (session or token) that sent it. Its row is claimed before the work
begins, in a transaction of its own, which lets a second request see that the first is under way. The answer is
filled in by the writing transaction itself: it is kept exactly where the effect is. What was refused is not kept, so
that the key can be used for the corrected request. A crash leaves a claim that runs out by itself.

An answer is shown again only to whoever may still see every record in it, those too that others in it name. Once one
of them is purged, the answer is forgotten: whoever was cleared for that record hears so, and for anybody else it stays
hidden, as it was before. Neither says which record it was, and what becomes of others' records changes no answer.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, models, transaction
from django.db.models.functions import Cast
from django.http import Http404
from django.utils import timezone
from django.utils.crypto import salted_hmac
from rest_framework.request import Request

from threatdb.access.permissions import token_of
from threatdb.api.errors import Refused, header_error
from threatdb.api.models import KeptAnswer
from threatdb.records import documents, veiling
from threatdb.records.markings import Marking, parse_marking
from threatdb.records.models import Revision
from threatdb.records.visibility import Viewer

from .answers import Answer
from .requests import Asked

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"

MAX_KEY = 255
MAX_HOURS = 24
# After this a claim is taken for that of a process which died. One that still runs then loses its claim, and is undone.
UNDER_WAY = timedelta(minutes=5)

# The draft RFC sends the key as a string in quotes; most clients leave them out.
_KEY = re.compile(rf'"([\x20-\x21\x23-\x5b\x5d-\x7e]{{1,{MAX_KEY}}})"|([\x21\x23-\x7e]{{1,{MAX_KEY}}})')

MALFORMED = f"Write 1 to {MAX_KEY} visible ASCII characters, such as a random UUID."
ANOTHER = "This key was sent with another request; a new request needs a new key."
FORGOTTEN = "The request with this key was answered, and the answer erased since; a new request needs a new key."
IN_FLIGHT = "The request with this key is under way. Ask again shortly."


@dataclass(frozen=True)
class Claim:
    """The right of one run of a request to fill in the answer under its key."""

    pk: int
    claim: UUID

    def keep(self, answer: Answer) -> None:
        """Keep the answer, in the transaction that writes. Raises ``Refused`` where the claim ran out and was taken."""
        kept = self._own().update(
            status=answer.status,
            headers=answer.headers,
            body=answer.body,
            shown=_texts(answer.shown),
            embedded=_texts(answer.embedded()),
            expires_at=timezone.now() + timedelta(hours=MAX_HOURS),
        )
        if not kept:
            raise _conflict()

    def release(self) -> None:
        """Let the key be used again: nothing came of the request."""
        self._own().delete()

    def _own(self) -> Any:
        return KeptAnswer.objects.filter(pk=self.pk, claim=self.claim, status__isnull=True)


def key_of(request: Request) -> str | None:
    """The key that the request carries. Raises ``Refused`` for one that is none."""
    given = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if given is None:
        return None
    found = _KEY.fullmatch(given.strip())
    if found is None:
        raise Refused(HTTPStatus.BAD_REQUEST, "A header is not understood.", [header_error(HEADER, MALFORMED)])
    return found[1] or found[2]


def claim(asked: Asked, key: str, model: Any) -> Claim | Answer:
    """The right to answer under the key, or the answer that was given before, of rows of the model.

    Raises ``Refused``: 422 where the key came with another request, 409 while that request is under way, 410 where
    its answer was forgotten; and ``Http404`` where the answer shows or showed what its sender may not see.
    """
    owner = _owner(asked.request)
    found = _find(owner, key) or _begun(owner, key, _fingerprint(asked))
    if isinstance(found, Claim):
        return found
    return _replayed(found, asked, model)


def forget(purged: UUID) -> None:
    """Forget the answers that show the record which is being purged, wherever in them it stands.

    Their keys stay as long as they would have, or a repetition would write again what was purged. So does what a
    replay asks first, the other records and the marking of the purged one: nobody can tell by it whether what was
    hidden from him is there still.
    """
    marking, name = _last_marking(purged), str(purged)
    for pk in _showing(name):
        row = KeptAnswer.objects.only("shown", "embedded", "purged").get(pk=pk)
        others = {column: [one for one in getattr(row, column) if one != name] for column in ("shown", "embedded")}
        highest = max(marking, row.purged or Marking.CLEAR)
        KeptAnswer.objects.filter(pk=pk).update(status=HTTPStatus.GONE, headers={}, body=b"", purged=highest, **others)


def _last_marking(purged: UUID) -> Marking:
    """The marking of its working copy to the end: what the purge leaves of the record says it."""
    head = documents.load(Revision.objects.filter(record_id=purged).latest("number").document)
    return parse_marking(head["marking"])


def _showing(name: str) -> list[int]:
    """The keys of the answers that show the record of this id; an answer may show thousands, so none is read here."""
    as_text = {f"{column}_text": Cast(column, models.TextField()) for column in ("shown", "embedded")}
    showing = models.Q(shown_text__contains=name) | models.Q(embedded_text__contains=name)
    return list(KeptAnswer.objects.annotate(**as_text).filter(showing).values_list("pk", flat=True))


def _owner(request: Request) -> dict[str, Any]:
    token = token_of(request)
    return {"account": request.user, "credential": f"token {token.pk}" if token else "session"}


def _fingerprint(asked: Asked) -> str:
    request, digest = asked.request, hashlib.blake2b(digest_size=32)
    for part in (request.method, request.get_full_path()):
        digest.update(str(part).encode() + b"\n")
    digest.update(request._request.body if asked.content is None else asked.content)
    # It outlives what is purged: without the key, no guess at what that said can be checked against it.
    return salted_hmac("threatdb.api.idempotency", digest.digest(), algorithm="sha256").hexdigest()


def _find(owner: dict[str, Any], key: str) -> KeptAnswer | None:
    # Read before anything is written: on SQLite a request under way would make a writer wait until it is over.
    return KeptAnswer.objects.filter(**owner, key=key, expires_at__gt=timezone.now()).first()


def _begun(owner: dict[str, Any], key: str, fingerprint: str) -> Claim | KeptAnswer:
    """A claim, or the row of somebody who was faster."""
    now, own = timezone.now(), uuid4()
    try:
        with transaction.atomic():
            KeptAnswer.objects.filter(expires_at__lte=now).delete()
            row = KeptAnswer.objects.create(
                **owner, key=key, fingerprint=fingerprint, claim=own, expires_at=now + UNDER_WAY
            )
    except IntegrityError:
        faster = _find(owner, key)
        if faster is None:
            raise _conflict() from None
        return faster
    return Claim(row.pk, own)


def _replayed(row: KeptAnswer, asked: Asked, model: Any) -> Answer:
    if row.fingerprint != _fingerprint(asked):
        told = header_error(HEADER, ANOTHER, "reused")
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, ANOTHER, [told])
    if row.status is None or row.body is None:
        raise _conflict()
    _refuse_hidden(row, asked.viewer, model)
    # No answer that is kept is an error: this is one that was forgotten.
    if row.status == HTTPStatus.GONE:
        raise Refused(HTTPStatus.GONE, FORGOTTEN, [header_error(HEADER, FORGOTTEN, "forgotten")])
    return Answer(row.status, bytes(row.body), {**row.headers, REPLAYED: "true"})


def _refuse_hidden(row: KeptAnswer, viewer: Viewer, model: Any) -> None:
    """Raise ``Http404`` for what was hidden since: it is not shown again, even to whoever has read it."""
    shown, embedded = ({UUID(text) for text in texts} for texts in (row.shown, row.embedded))
    hidden = row.purged is not None and row.purged > viewer.clearance
    if hidden or model.objects.visible_to(viewer).filter(pk__in=shown).count() != len(shown):
        raise Http404
    if veiling.seen(embedded, viewer) != embedded:
        raise Http404


def _texts(ids: Iterable[UUID]) -> list[str]:
    return sorted(str(record_id) for record_id in ids)


def _conflict() -> Refused:
    return Refused(HTTPStatus.CONFLICT, IN_FLIGHT, [header_error(HEADER, IN_FLIGHT, "in_flight")])
