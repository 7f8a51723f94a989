"""Closed code lists that are true of every record."""

from __future__ import annotations

from django.db import models


class State(models.TextChoices):
    """Where a record's working copy stands in review."""

    DRAFT = "draft", "Draft"
    IN_REVIEW = "in_review", "In review"
    PUBLISHED = "published", "Published"
    WITHDRAWN = "withdrawn", "Withdrawn"


class Action(models.TextChoices):
    """What made a revision."""

    CREATE = "create", "Created"
    UPDATE = "update", "Changed"
    SUBMIT = "submit", "Submitted for review"
    RETURN = "return", "Returned to draft"
    PUBLISH = "publish", "Published"
    WITHDRAW = "withdraw", "Withdrawn"
    RECLASSIFY = "reclassify", "Marking raised"
    REFRESH = "refresh", "Embedded record changed"
    DISCARD = "discard", "Pending change discarded"
    RESTORE = "restore", "Earlier version restored"
    REOPEN = "reopen", "Taken up again"
    MERGE = "merge", "Merged"
    UNMERGE = "unmerge", "Merge undone"
    SPLIT = "split", "Split"
    PURGE = "purge", "Purged"


class ReasonCode(models.TextChoices):
    """Why a published record was changed."""

    NEW_SOURCE = "new_source", "New source"
    CORRECTION = "correction", "Correction"
    DUPLICATE = "duplicate", "Duplicate"
    OUT_OF_SCOPE = "out_of_scope", "Out of scope"
    DEFINITION_CHANGE = "definition_change", "Change of definition"
    OTHER = "other", "Other"


class DatePrecision(models.TextChoices):
    """How wide the interval of a date is (crosswalk to UCDP date_prec and ACLED time_precision)."""

    DAY = "day", "Day"
    DAYS = "days", "Two to six days"
    WEEK = "week", "Week"
    MONTH = "month", "Up to a month"
    MONTHS = "months", "Over a month, up to a year"
    YEAR = "year", "Year"
    DECADE = "decade", "Decade"
    UNKNOWN = "unknown", "Unknown"


class Likelihood(models.TextChoices):
    """Estimative terms of ICD 203, with ``confirmed`` above them for what is not an estimate."""

    ALMOST_NO_CHANCE = "almost_no_chance", "Almost no chance (1-5 %)"
    VERY_UNLIKELY = "very_unlikely", "Very unlikely (5-20 %)"
    UNLIKELY = "unlikely", "Unlikely (20-45 %)"
    ROUGHLY_EVEN_CHANCE = "roughly_even_chance", "Roughly even chance (45-55 %)"
    LIKELY = "likely", "Likely (55-80 %)"
    VERY_LIKELY = "very_likely", "Very likely (80-95 %)"
    ALMOST_CERTAIN = "almost_certain", "Almost certain (95-99 %)"
    CONFIRMED = "confirmed", "Confirmed"

    @property
    def rank(self) -> int:
        """Position on the scale, 1 (almost no chance) to 8 (confirmed)."""
        return list(Likelihood).index(self) + 1


class Reliability(models.TextChoices):
    """Reliability of a source on the Admiralty scale (NATO AJP-2.1)."""

    A = "A", "A: completely reliable"
    B = "B", "B: usually reliable"
    C = "C", "C: fairly reliable"
    D = "D", "D: not usually reliable"
    E = "E", "E: unreliable"
    F = "F", "F: cannot be judged"


class Credibility(models.TextChoices):
    """Credibility of a piece of information on the Admiralty scale (NATO AJP-2.1)."""

    ONE = "1", "1: confirmed by other sources"
    TWO = "2", "2: probably true"
    THREE = "3", "3: possibly true"
    FOUR = "4", "4: doubtful"
    FIVE = "5", "5: improbable"
    SIX = "6", "6: cannot be judged"
