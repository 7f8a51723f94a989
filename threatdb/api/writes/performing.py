"""One transaction for each write: lock, act, and keep the answer or undo it all."""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.db import DataError, IntegrityError, transaction
from rest_framework.response import Response

from threatdb.api.errors import Refused
from threatdb.records import ledger

from . import idempotency
from .answers import Answer
from .idempotency import Claim
from .requests import Asked

logger = logging.getLogger(__name__)

UNKEPT = "A value is in use elsewhere, or beyond what the database keeps. Nothing was written."


def perform(asked: Asked, model: Any, act: Callable[[], Answer]) -> Response:
    """Do what the request asks, in one transaction under the ledger's lock, and answer of rows of the model.

    A dry run undoes it and leaves nothing; it neither uses nor keeps a key.
    """
    claim = _claimed(asked, model)
    if isinstance(claim, Answer):
        return claim.response()
    try:
        answer = _transacted(asked, act, claim)
    except BaseException:
        if claim:
            claim.release()
        raise
    return answer.response()


def _claimed(asked: Asked, model: Any) -> Claim | Answer | None:
    key = idempotency.key_of(asked.request) if asked.request.method == "POST" else None
    return idempotency.claim(asked, key, model) if key and not asked.dry_run else None


def _transacted(asked: Asked, act: Callable[[], Answer], claim: Claim | None) -> Answer:
    try:
        with transaction.atomic():
            ledger.lock()
            answer = act()
            if asked.dry_run:
                transaction.set_rollback(True)
                return answer.in_vain()
            if claim:
                claim.keep(answer)
    except (IntegrityError, DataError):
        # The rules of the models come first and say more; what only the database refused is worth a look.
        logger.exception("The database refused what the rules had let through.")
        raise Refused(HTTPStatus.CONFLICT, UNKEPT) from None
    return answer
