"""Who is told of changes, and what was sent to him.

The ledger is the outbox: a subscription keeps the position up to which its receiver has everything, and a
delivery is a stretch of the ledger on its way there. No text of a record is kept here.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from threatdb.records import registry
from threatdb.records.fields import BoundedCharField, BoundedTextField, ChoiceField, RankField
from threatdb.records.markings import Marking

from . import addresses, sending, signing

# Hours for which the secret before the last one still signs too.
OVERLAP_HOURS = 24


class Subscription(models.Model):
    """That a receiver is told of what its owner may see, from the moment of its making on."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, editable=False, related_name="subscriptions"
    )
    name = BoundedCharField(max_length=100, help_text="Yours to choose; the receiver is not told.")
    url = BoundedCharField("address", max_length=addresses.MAX_URL, help_text="Where changes are posted to.")
    clearance = RankField(
        choices=Marking.choices,
        default=Marking.CLEAR,
        help_text="The most restrictive marking that is sent; never more than you may read yourself at that time.",
    )
    working = models.BooleanField(
        "working copies",
        default=False,
        help_text="Send working copies, drafts included, instead of what is published; for curators alone.",
    )
    types = models.JSONField(
        "record types", default=list, blank=True, help_text="Which records are told of; all where none is chosen."
    )
    active = models.BooleanField(
        default=True, help_text="Switched off, nothing is sent; switched on again, it goes on where it stopped."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    secret = BoundedCharField(max_length=100, default=signing.new_secret, editable=False)
    former_secret = BoundedCharField(max_length=100, blank=True, editable=False)
    former_until = models.DateTimeField(null=True, editable=False)
    position = models.BigIntegerField(editable=False)
    last_success_at = models.DateTimeField(null=True, editable=False)
    disabled_at = models.DateTimeField(null=True, editable=False)
    disabled_reason = BoundedTextField(max_length=500, blank=True, editable=False)
    # Which worker has it in hand, and until when nobody else may take it.
    lease = models.UUIDField(null=True, editable=False)
    leased_until = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["name", "pk"]
        permissions = [("manage_subscriptions", "May see and change the subscriptions of others")]

    def __str__(self) -> str:
        return str(self.name)

    def clean(self) -> None:
        try:
            addresses.refuse_literal(addresses.target_of(self.url))
        except addresses.Refused as refused:
            raise ValidationError({"url": str(refused)}) from None
        known = {record_type.name for record_type in registry.all_types()}
        if not isinstance(self.types, list) or not {*map(str, self.types)} <= known:
            raise ValidationError({"types": f"Record types are a list of: {', '.join(sorted(known))}."})

    @property
    def host(self) -> str:
        """The host of its address, which shows where it goes without what the address may keep secret."""
        return urlsplit(self.url).hostname or ""

    def secrets(self, now: datetime) -> list[str]:
        """The secrets that sign now, the newest first: two for a while after a change."""
        former = self.former_until is not None and now < self.former_until
        return [self.secret, self.former_secret] if former else [self.secret]


class Kind(models.TextChoices):
    """What a delivery holds."""

    CHANGES = "changes", "Changes"
    TEST = "test", "Test"


class Status(models.TextChoices):
    """What became of a delivery."""

    PENDING = "pending", "Pending"
    DELIVERED = "delivered", "Delivered"
    EMPTY = "empty", "Nothing left to send"
    FAILED = "failed", "Failed"


class Delivery(models.Model):
    """One message to a receiver: all that the owner may see of a stretch of the ledger, or a test.

    The stretch begins after the subscription's position and ends at ``until``. Its text is made anew for each
    attempt, so that what was withdrawn meanwhile is not sent; its id stays, so that the receiver knows it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subscription = models.ForeignKey(Subscription, on_delete=models.CASCADE, related_name="deliveries")
    kind = ChoiceField(choices=Kind.choices)
    until = models.BigIntegerField(null=True)
    status = ChoiceField(choices=Status.choices, default=Status.PENDING)
    events = models.PositiveIntegerField(default=0, help_text="How many changes the last attempt held.")
    attempts = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    last_attempt_at = models.DateTimeField(null=True)
    response_status = models.PositiveIntegerField(null=True)
    problem = BoundedTextField(max_length=500, blank=True)
    excerpt = BoundedTextField("answer", max_length=sending.MAX_EXCERPT, blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        ordering = ["-created_at", "pk"]
        default_permissions = ("view",)
        indexes = [models.Index(fields=["subscription", "-created_at"], name="delivery_newest")]
        constraints = [
            # In order: what comes later is made when this has arrived.
            models.UniqueConstraint(
                fields=["subscription", "kind"], condition=Q(status="pending"), name="delivery_one_pending"
            ),
            models.CheckConstraint(
                condition=Q(kind="changes", until__isnull=False) | Q(kind="test", until__isnull=True),
                name="delivery_of_changes_has_an_end",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.created_at:%Y-%m-%d %H:%M} UTC"
