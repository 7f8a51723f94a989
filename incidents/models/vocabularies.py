"""The open code lists of incidents and claims."""

from __future__ import annotations

from threatdb.records.vocabularies import VocabularyEntry


class Tactic(VocabularyEntry):
    """How an incident was carried out."""


class TargetType(VocabularyEntry):
    """What or whom an incident was aimed at."""

    class Meta(VocabularyEntry.Meta):
        verbose_name = "target type"


class WeaponType(VocabularyEntry):
    """What an incident was carried out with."""

    class Meta(VocabularyEntry.Meta):
        verbose_name = "weapon type"


class ClaimMode(VocabularyEntry):
    """How a claim was made."""

    class Meta(VocabularyEntry.Meta):
        verbose_name = "claim mode"
