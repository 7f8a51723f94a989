"""The slug of an actor: a field whose form the database keeps on both engines."""

from __future__ import annotations

import re
from string import ascii_lowercase, digits
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator

from threatdb.records.fields import BoundedCharField, refuse_nul

LETTERS = ascii_lowercase + digits
SLUG = r"\A[a-z0-9]+(-[a-z0-9]+)*\Z"


def is_slug(value: str) -> bool:
    """Whether a text has the form of a slug."""
    return re.match(SLUG, value) is not None


def refuse_uuid(value: str) -> None:
    """A slug stands where an id may stand, so it must not read as one."""
    try:
        UUID(value)
    except ValueError:
        return
    raise ValidationError("A slug must not look like an id.", code="looks_like_id")


class SlugField(BoundedCharField):
    """A readable name for addresses: small letters and digits, words joined by single hyphens."""

    default_validators = [
        refuse_nul,
        RegexValidator(
            SLUG,
            "Write small letters and digits, with single hyphens between words: red-front-2.",
            code="invalid_slug",
        ),
        refuse_uuid,
    ]

    def condition(self, column: str, vendor: str) -> str:
        # Written with functions that both engines have: neither reads the other's patterns.
        rules = (
            super().condition(column, vendor),
            f"LTRIM({column}, '{LETTERS}-') = ''",
            f"REPLACE({column}, '--', '') = {column}",
            f"TRIM({column}, '-') = {column}",
            f"{column} <> ''",
        )
        return " AND ".join(rules)
