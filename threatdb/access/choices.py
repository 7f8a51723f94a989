"""What a token may be used for."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models


class Scope(models.TextChoices):
    """One thing that a token may be used for; its owner has to have the permission as well."""

    READ = "read", "Read what is published"
    PROPOSE = "propose", "Create records, change working copies and submit them"
    WRITE = "write", "Propose, and withdraw, discard, restore, merge and split"
    PUBLISH = "publish", "Publish and return"
    IMPORT = "import", "Run imports"


def reach(scopes: Iterable[str]) -> frozenset[str]:
    """The scopes with all that they imply: each implies reading, and writing implies proposing."""
    held = {*scopes, Scope.READ.value}
    if Scope.WRITE in held:
        held.add(Scope.PROPOSE.value)
    return frozenset(held)
