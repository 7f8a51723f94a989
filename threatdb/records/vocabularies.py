"""Open code lists: tables whose primary key is a stable code, filled by fixtures, extended by curators."""

from __future__ import annotations

from collections.abc import Collection

from django.db import models

from .fields import BoundedCharField, BoundedTextField


class VocabularyEntry(models.Model):
    """One code of a vocabulary. Codes are never renamed or reused; a code out of use is retired."""

    code = BoundedCharField(max_length=64, primary_key=True)
    label = BoundedCharField(max_length=200)
    definition = BoundedTextField(max_length=1000, blank=True)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    position = models.PositiveIntegerField(default=0, help_text="Place in lists; ties by code.")
    crosswalk = models.JSONField(
        default=dict, blank=True, help_text="Codes of other schemes that mean this: {scheme: [code, ...]}."
    )
    retired = models.BooleanField(default=False)

    class Meta:
        abstract = True
        ordering = ["position", "code"]

    def __str__(self) -> str:
        return str(self.label)


def with_narrower(vocabulary: type[VocabularyEntry], codes: Collection[str]) -> set[str]:
    """The codes, and those of all narrower terms."""
    parents = dict(vocabulary._default_manager.values_list("code", "parent_id"))
    found = set(codes)
    while more := {code for code, parent in parents.items() if parent in found} - found:
        found |= more
    return found
