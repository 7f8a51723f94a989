"""What the API itself keeps: the answers to requests that carried a key."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from threatdb.records.fields import BoundedCharField, RankField
from threatdb.records.markings import Marking


class KeptAnswer(models.Model):
    """What a POST with an ``Idempotency-Key`` came to, so that a repetition gets the same bytes.

    The row is made when the request begins, without a status, which tells others that it is under way. The
    transaction that writes fills it in, so that an answer is kept exactly where its effect is.
    """

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    credential = BoundedCharField(
        max_length=60, help_text="The session's or the token's own keys: none replays others'."
    )
    key = BoundedCharField(max_length=255)
    fingerprint = BoundedCharField(max_length=64, help_text="Keyed digest of method, address and body.")
    claim = models.UUIDField(help_text="Which run of the request may fill in the answer.")
    status = models.PositiveSmallIntegerField(null=True, help_text="Empty while the request is under way.")
    headers: models.JSONField[Any, Any] = models.JSONField(default=dict)
    body = models.BinaryField(null=True)
    shown: models.JSONField[Any, Any] = models.JSONField(default=list, help_text="Ids of what the body is about.")
    embedded: models.JSONField[Any, Any] = models.JSONField(default=list, help_text="Ids of records that those name.")
    purged = RankField(
        null=True, choices=Marking.choices, help_text="Highest marking of what it showed and was purged since."
    )
    expires_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["expires_at"], name="kept_answer_expiry")]
        constraints = [
            models.UniqueConstraint(fields=["account", "credential", "key"], name="kept_answer_is_one_per_key"),
            models.CheckConstraint(
                name="kept_answer_is_whole",
                condition=Q(status__isnull=True, body__isnull=True) | Q(status__isnull=False, body__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"answer to {self.key}"
