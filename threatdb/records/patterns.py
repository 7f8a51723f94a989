"""Text fields whose form is a pattern, kept by both engines.

PostgreSQL reads the same regular expression as Python. SQLite has none, so there the pattern is said by
GLOB: ``*`` is any text, ``?`` any character, ``[...]`` one of a class, each with regard to case.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models

from .fields import WHITE_SPACE, BoundedCharField


class PatternField(BoundedCharField):
    """A line of text that matches ``pattern`` whole. Subclass it; ``globs`` says the same in SQL for SQLite."""

    pattern: ClassVar[str]
    globs: ClassVar[str]
    """A condition on ``{0}``, the quoted column."""
    wanted: ClassVar[str]
    """What is right, as a sentence."""

    def condition(self, column: str, vendor: str) -> str:
        form = self.globs.format(column) if vendor == "sqlite" else f"{column} ~ '^({self.pattern})$'"
        form = f"({column} = '' OR ({form}))" if self.blank else form
        return f"{super().condition(column, vendor)} AND {form}"

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        super().validate(value, model_instance)
        if value and not re.fullmatch(self.pattern, value):
            raise ValidationError(self.wanted, code=self.code)

    @property
    def code(self) -> str:
        """The code of the error, such as ``invalid_language``."""
        return f"invalid_{type(self).__name__.removesuffix('Field').lower()}"


class LanguageField(PatternField):
    """A language by its ISO 639 code, with such further subtags of BCP 47 as it needs: en, ps-AF, uz-Cyrl."""

    pattern = "[a-z]{2,3}(-[A-Za-z0-9]{1,8})*"
    globs = (
        "({0} || '-' GLOB '[a-z][a-z]-*' OR {0} || '-' GLOB '[a-z][a-z][a-z]-*')"
        " AND {0} NOT GLOB '*[^A-Za-z0-9-]*' AND {0} NOT GLOB '*--*' AND {0} NOT GLOB '*-'"
        f" AND {{0}} NOT GLOB '*{'[A-Za-z0-9]' * 9}*'"
    )
    wanted = "Write a BCP 47 tag that begins with a code of ISO 639 in small letters: en, ps-AF or uz-Cyrl."

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs |= {"max_length": 35, "blank": True}
        kwargs.setdefault("help_text", "BCP 47 tag, such as en or ps-AF.")
        super().__init__(*args, **kwargs)


class ScriptField(PatternField):
    """A script by its ISO 15924 code, such as Arab."""

    pattern = "[A-Z][a-z]{3}"
    globs = "{0} GLOB '[A-Z][a-z][a-z][a-z]'"
    wanted = "Write a code of ISO 15924, one capital and three small letters: Arab or Latn."

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs |= {"max_length": 4, "blank": True}
        kwargs.setdefault("help_text", "ISO 15924 code, such as Arab.")
        super().__init__(*args, **kwargs)


class WebAddressField(PatternField):
    """An address on the web. Only http and https: whoever shows it as a link must not run what it says."""

    pattern = r"[hH][tT][tT][pP][sS]?://[^\s/?#]\S*"
    globs = (
        "(LOWER({0}) GLOB 'http://[^/?#]*' OR LOWER({0}) GLOB 'https://[^/?#]*')"
        " AND {0} NOT GLOB '*[" + WHITE_SPACE + "]*'"
    )
    wanted = "Write an address that begins with http:// or https:// and has no spaces."

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs |= {"blank": True}
        kwargs.setdefault("max_length", 2000)
        super().__init__(*args, **kwargs)


class CodeField(PatternField):
    """A stable code of a vocabulary: small letters and digits, words joined by single _ - or full stops."""

    pattern = "[a-z0-9]+([._-][a-z0-9]+)*"
    globs = (
        "{0} NOT GLOB '*[^a-z0-9._-]*' AND {0} NOT GLOB '*[._-][._-]*'"
        " AND {0} GLOB '[a-z0-9]*' AND {0} GLOB '*[a-z0-9]'"
    )
    wanted = "Write small letters and digits, with a single _ - or full stop between words: armed_assault."
