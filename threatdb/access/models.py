"""API tokens."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from threatdb.records.fields import BoundedCharField, RankField
from threatdb.records.markings import Marking
from threatdb.records.visibility import Viewer, viewer_of

from .choices import Scope, reach


def refuse_unknown_scopes(scopes: object) -> None:
    """A list of scopes, each of them once."""
    if not isinstance(scopes, list) or not set(scopes) <= set(Scope.values) or len(set(scopes)) < len(scopes):
        raise ValidationError(f"Scopes are a list of {', '.join(Scope.values)}.", code="unknown_scope")


class Token(models.Model):
    """A secret with which a client application acts for its owner, for some purposes and some time.

    Of the secret only the digest is kept. At each request the owner's account says what the token is worth
    at most: his permissions, his clearance, and whether he is active.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tokens")
    name = BoundedCharField(max_length=100, help_text="What uses it, such as “map of the newsroom”.")
    key = BoundedCharField(max_length=16, unique=True, editable=False, help_text="The public part, after tdb_.")
    digest = BoundedCharField(max_length=64, editable=False, help_text="SHA-256 of the secret, in hexadecimal digits.")
    scopes = models.JSONField(default=list, blank=True, validators=[refuse_unknown_scopes])
    clearance = RankField(
        choices=Marking.choices,
        default=Marking.CLEAR,
        help_text="The highest marking that it reads; never more than its owner may.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, editable=False, help_text="To the minute.")
    revoked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering: ClassVar = ["-created_at", "pk"]
        default_permissions = ()
        permissions: ClassVar = [("manage_tokens", "May make, see and revoke everybody's tokens")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(expires_at__gt=models.F("created_at")), name="token_expires"),
        ]

    def __str__(self) -> str:
        return f"{self.name} (tdb_{self.key})"

    def clean(self) -> None:
        """Refuses a token that would outdo its owner or last too long, by field."""
        errors: dict[str, str] = {}
        highest = viewer_of(self.owner).clearance
        if self.clearance is not None and self.clearance > highest:
            errors["clearance"] = f"The owner reads up to {highest.label}, and the token may read no more."
        now, days = timezone.now(), settings.TOKEN_LONGEST_DAYS
        if self.expires_at is not None and not now < self.expires_at <= now + timedelta(days=days):
            errors["expires_at"] = f"A token has to end within {days} days from now."
        if errors:
            raise ValidationError(errors)

    def is_valid(self, now: datetime) -> bool:
        """Whether it works at that moment."""
        return self.standing(now) == "valid"

    def standing(self, now: datetime) -> str:
        """Whether it works at that moment, and if not, why: valid, revoked, expired, or of an inactive account."""
        if self.revoked_at is not None:
            return "revoked"
        if self.expires_at <= now:
            return "expired"
        return "valid" if self.owner.is_active else "inactive account"

    def reaches(self, scope: str) -> bool:
        """Whether its scopes hold that one, or imply it."""
        return scope in reach(self.scopes)

    def limit(self, owner: Viewer) -> Viewer:
        """What it lets its owner see: no more than either of them may. Reading alone shows no working copies."""
        more_than_reading = reach(self.scopes) != {Scope.READ}
        return Viewer(min(Marking(self.clearance), owner.clearance), owner.curates and more_than_reading)
