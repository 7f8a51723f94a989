"""Open code lists: tables whose primary key is a stable code, filled by fixtures, extended by curators."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from . import ledger
from .fields import BoundedCharField, BoundedTextField, FlagField, _Checked
from .patterns import CodeField

# The bounds of a crosswalk: schemes, codes of one scheme, characters of a code, and of the whole as JSON.
MAX_SCHEMES = 50
MAX_CODES = 100
MAX_CODE = 200
MAX_CROSSWALK = 20_000

SCHEME = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")


class CrosswalkField(_Checked, models.JSONField[Any, Any]):
    """Codes of other schemes that mean the same: {scheme: [code, ...]}, all of them texts.

    In a CHECK both engines keep that it is an object of bounded length, and PostgreSQL that it holds lists of
    texts. The form of the schemes' names and how many codes there are is kept by ``clean``.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs |= {"default": dict, "blank": True}
        super().__init__(*args, **kwargs)

    def condition(self, column: str, vendor: str) -> str:
        short = f"LENGTH(CAST({column} AS TEXT)) <= {MAX_CROSSWALK}"
        if vendor == "sqlite":
            return f"JSON_VALID({column}) AND JSON_TYPE({column}) = 'object' AND {short}"
        # Asked silently: where a value is no list, the second path fails, and the first has found it already.
        lists = f"NOT JSONB_PATH_EXISTS({column}, 'strict $.* ? (@.type() != \"array\")')"
        texts = f"JSONB_PATH_EXISTS({column}, 'strict $.*[*] ? (@.type() != \"string\")', '{{}}', TRUE) IS NOT TRUE"
        return f"JSONB_TYPEOF({column}) = 'object' AND {short} AND {lists} AND {texts}"

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        super().validate(value, model_instance)
        if not is_crosswalk(value):
            raise ValidationError(
                f'Write {{"scheme": ["code", ...], ...}}: at most {MAX_SCHEMES} schemes in small letters, digits and _,'
                f" each with 1 to {MAX_CODES} texts of 1 to {MAX_CODE} characters.",
                code="invalid_crosswalk",
            )


def is_crosswalk(value: Any) -> bool:
    """Whether the value maps names of schemes to lists of codes, within the bounds."""
    if not isinstance(value, dict) or len(value) > MAX_SCHEMES:
        return False
    return all(SCHEME.fullmatch(scheme) and len(scheme) <= 64 and _are_codes(codes) for scheme, codes in value.items())


def _are_codes(codes: Any) -> bool:
    if not isinstance(codes, list) or not 0 < len(codes) <= MAX_CODES:
        return False
    return all(isinstance(c, str) and c.strip() and len(c) <= MAX_CODE and "\x00" not in c for c in codes)


class VocabularyEntry(models.Model):
    """One code of a vocabulary. Codes are never renamed or reused; a code out of use is retired."""

    code = CodeField(max_length=64, primary_key=True)
    label = BoundedCharField(max_length=200)
    definition = BoundedTextField(max_length=1000, blank=True)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    position = models.PositiveIntegerField(default=0, help_text="Place in lists; ties by code.")
    crosswalk = CrosswalkField(help_text="Codes of other schemes that mean this: {scheme: [code, ...]}.")
    retired = FlagField(default=False)

    class Meta:
        abstract = True
        ordering = ["position", "code"]

    def __str__(self) -> str:
        return str(self.label)

    def clean(self) -> None:
        super().clean()
        parents = dict(type(self)._base_manager.values_list("pk", "parent_id"))
        refuse_ring({**parents, self.pk: self.parent_id}, self.pk)  # type: ignore[attr-defined]


def keep(entry: VocabularyEntry) -> None:
    """Save an entry. Its ancestors are read again behind the writers' lock: two edits at once could tie a ring."""
    ledger.lock()
    entry.clean()
    entry.save()


def refuse_rings(vocabulary: type[VocabularyEntry]) -> None:
    """Raise ``ValidationError`` where any code of the vocabulary, as it is stored, is above itself."""
    parents = dict(vocabulary._base_manager.values_list("pk", "parent_id"))
    for code in parents:
        refuse_ring(parents, code)


def refuse_ring(parents: Mapping[str, str | None], code: str) -> None:
    """Raise ``ValidationError`` where a code is its own ancestor, which no CHECK can see beyond the parent itself."""
    ring = [code, *_ancestors(parents, code)]
    if parents.get(ring[-1]) == code:
        way = " → ".join([*ring, code])
        raise ValidationError({"parent": ValidationError(f"A code cannot be above itself: {way}.", code="ring")})


def _ancestors(parents: Mapping[str, str | None], code: str) -> Iterator[str]:
    """The ancestors, nearest first; in a ring each once, without the code itself."""
    seen = {code}
    while (parent := parents.get(code)) and parent not in seen:
        seen.add(parent)
        yield (code := parent)


def with_narrower(vocabulary: type[VocabularyEntry], codes: Collection[str]) -> set[str]:
    """The codes, and those of all narrower terms."""
    parents = dict(vocabulary._default_manager.values_list("code", "parent_id"))
    found = set(codes)
    while more := {code for code, parent in parents.items() if parent in found} - found:
        found |= more
    return found
