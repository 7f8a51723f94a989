"""Closed code lists of actors."""

from __future__ import annotations

from django.db import models


class ActorKind(models.TextChoices):
    """What an actor is, in general or during one of its phases."""

    ARMED_GROUP = "armed_group", "Armed group"
    POLITICAL_MOVEMENT = "political_movement", "Political movement"
    STATE = "state", "State"
    STATE_FORCE = "state_force", "State force"
    MILITIA = "militia", "Militia"
    CRIMINAL_GROUP = "criminal_group", "Criminal group"
    COMMUNITY = "community", "Community"
    ORGANISATION = "organisation", "Organisation"
    PERSON = "person", "Person"
    UNIDENTIFIED = "unidentified", "Unidentified"


class ActorStatus(models.TextChoices):
    """Whether an actor is at work."""

    ACTIVE = "active", "Active"
    INACTIVE = "inactive", "Inactive"
    DISSOLVED = "dissolved", "Dissolved"
    UNKNOWN = "unknown", "Unknown"


class NameKind(models.TextChoices):
    """What sort of name a name is."""

    PRIMARY = "primary", "Primary"
    ALIAS = "alias", "Alias"
    ACRONYM = "acronym", "Acronym"
    FORMER = "former", "Former name"
    TRANSLITERATION = "transliteration", "Transliteration"
