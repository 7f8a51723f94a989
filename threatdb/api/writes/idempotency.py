"""``Idempotency-Key``: a POST that is sent again has its effect once, and gets the same answer.

A key belongs to the account and the credential (session or token) that sent it. Its row is claimed before the work
begins, in a transaction of its own, which lets a second request see that the first is under way. The answer is
filled in by the writing transaction itself: it is kept exactly where the effect is. What was refused is not kept, so
that the key can be used for the corrected request. A crash leaves a claim that runs out by itself.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils import timezone
from rest_framework.request import Request

from threatdb.access.permissions import token_of
from threatdb.api.errors import Refused, header_error
from threatdb.api.models import KeptAnswer

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
            shown=[str(record_id) for record_id in answer.shown],
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
    its answer was forgotten.
    """
    owner = _owner(asked.request)
    found = _find(owner, key) or _begun(owner, key, _fingerprint(asked))
    if isinstance(found, Claim):
        return found
    return _replayed(found, asked, model)


def forget_all(purged: UUID) -> None:
    """Forget every answer that is kept: any of them may show, or name, the record that is purged.

    The keys stay as long as they would have, or a repetition would write again what was purged.
    """
    KeptAnswer.objects.filter(status__isnull=False).update(
        status=HTTPStatus.GONE, fingerprint="forgotten", headers={}, body=b"", shown=[]
    )


def _owner(request: Request) -> dict[str, Any]:
    token = token_of(request)
    return {"account": request.user, "credential": f"token {token.pk}" if token else "session"}


def _fingerprint(asked: Asked) -> str:
    request, digest = asked.request, hashlib.blake2b(digest_size=32)
    for part in (request.method, request.get_full_path()):
        digest.update(str(part).encode() + b"\n")
    digest.update(request._request.body if asked.content is None else asked.content)
    return digest.hexdigest()


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
    # No answer that is kept is an error: this is one that was forgotten, and with it what the request was.
    if row.status == HTTPStatus.GONE:
        raise Refused(HTTPStatus.GONE, FORGOTTEN, [header_error(HEADER, FORGOTTEN, "forgotten")])
    if row.fingerprint != _fingerprint(asked):
        told = header_error(HEADER, ANOTHER, "reused")
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, ANOTHER, [told])
    if row.status is None or row.body is None:
        raise _conflict()
    shown = tuple(UUID(text) for text in row.shown)
    # What was hidden since is not shown again, even to whoever has read it.
    if model.objects.visible_to(asked.viewer).filter(pk__in=shown).count() != len(shown):
        raise Http404
    return Answer(row.status, bytes(row.body), {**row.headers, REPLAYED: "true"}, shown)


def _conflict() -> Refused:
    return Refused(HTTPStatus.CONFLICT, IN_FLIGHT, [header_error(HEADER, IN_FLIGHT, "in_flight")])
