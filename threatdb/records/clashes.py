"""Values that no two records may share, as far as anybody can see that they do.

A constraint over all records would tell a writer of those that are hidden from him. So the writer's view decides:
what he sees is refused, what he does not see changes nothing. Each app adds a constraint for one marking, within
which all who may write see the same.
"""

from __future__ import annotations

from collections.abc import Collection

from django.core.exceptions import ValidationError

from . import visibility
from .markings import parse_marking
from .registry import Document, RecordType
from .visibility import Viewer


def refuse_clash(record_type: RecordType, document: Document, changed: Collection[str], viewer: Viewer) -> None:
    """Raise ``ValidationError`` where a changed value of the working copy belongs to another record that he sees."""
    for key in record_type.unique_keys:
        if key in changed and any(_taken(record_type, document, key, viewer, working) for working in (False, True)):
            _refuse(record_type, document, key)


def refuse_clash_in_force(record_type: RecordType, document: Document, viewer: Viewer) -> None:
    """Raise ``ValidationError`` where what is about to be in force shares a value with what is, and he sees it.

    Whoever writes at a marking sees what is in force at it: nobody writes beyond his clearance.
    """
    visibility.refuse_beyond(parse_marking(document["marking"]), viewer)
    for key in record_type.unique_keys:
        if _taken(record_type, document, key, viewer, working=False):
            _refuse(record_type, document, key)


def _taken(record_type: RecordType, document: Document, key: str, viewer: Viewer, working: bool) -> bool:
    seen = record_type.index.objects.visible_to(viewer, working=working)
    return bool(seen.filter(**{key: document[key]}).exclude(record_id=document["id"]).exists())


def _refuse(record_type: RecordType, document: Document, key: str) -> None:
    sentence = f"Another {record_type.name} has the {key} “{document[key]}” already."
    raise ValidationError({key: ValidationError(sentence, code="unique")})
