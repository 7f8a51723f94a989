"""Closed code lists of sources."""

from __future__ import annotations

from django.db import models


class SourceKind(models.TextChoices):
    """What a source is."""

    ARTICLE = "article", "Article"
    REPORT = "report", "Report"
    DATASET = "dataset", "Data set"
    STATEMENT = "statement", "Statement"
    SOCIAL_MEDIA = "social_media", "Social media"
    OFFICIAL_DOCUMENT = "official_document", "Official document"
    INTERVIEW = "interview", "Interview"
    COURT_RECORD = "court_record", "Court record"
    VIDEO = "video", "Video"
    OTHER = "other", "Other"
