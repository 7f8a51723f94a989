"""From what a client sent to the document that is written: merge patches, replacements, and keys that nobody writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from http import HTTPStatus
from typing import Any

from rest_framework import serializers

from threatdb.api.errors import NOT_UNDERSTOOD, Refused, body_error, escaped
from threatdb.records import registry
from threatdb.records.registry import Document, RecordType
from threatdb.records.serializers import FlatSerializer, ReferenceField

# Stands for a key that is not there, which null is not.
ABSENT: Any = object()

DERIVED = "The service sets this. Leave it out, or send it as it is."
SET_LATER = "The service sets this: leave it out."
NOT_OF_THE_RECORD = "This is no key of a reference, or not what the named record says. Change that record itself."


def merge_patch(target: Any, patch: Any) -> Any:
    """The target after a JSON merge patch (RFC 7396): null removes, objects are merged, all else is replaced."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def created(record_type: RecordType, given: Document, pointer: str = "") -> Document:
    """The document of a new record. Raises ``Refused`` for keys that only the service sets."""
    keys = (key for key in _unwritten(record_type) if key in given)
    refuse(body_error(f"{pointer}/{escaped(key)}", SET_LATER, "forbidden") for key in keys)
    return given


def replaced(record_type: RecordType, given: Document, current: Document) -> Document:
    """The whole document that stands in place of the current one.

    A key that is left out is as if it had never been given, but for the marking, which stays: nothing is
    declassified by an oversight.
    """
    _refuse_forbidden(record_type, given, given, current)
    whole = {**_blanks(record_type), "marking": current["marking"], **given}
    return _writable(record_type, whole)


def patched(record_type: RecordType, patch: Document, current: Document) -> Document:
    """The current document after a merge patch; what the patch removes is as if it had never been given."""
    merged = merge_patch(current, patch)
    # To remove what is null already changes nothing: a document that is sent as it was read does that.
    _refuse_forbidden(record_type, patch, *(merge_patch({}, document) for document in (merged, current)))
    if merged.get("marking", ABSENT) is ABSENT:
        refuse([body_error("/marking", "A record has a marking: it cannot be removed.", "required")])
    return _writable(record_type, {**_blanks(record_type), **merged})


def refuse(errors: Iterable[dict[str, Any]]) -> None:
    """Raise ``Refused`` with the errors, if there are any."""
    if found := list(errors):
        raise Refused(HTTPStatus.BAD_REQUEST, NOT_UNDERSTOOD, found)


def refuse_ignored(
    record_type: RecordType, given: Document, before: Document, after: Document, pointer: str = ""
) -> None:
    """Raise ``Refused`` for what was given and had no effect: keys of embedded records, and nested derived ones.

    Such a value is taken where it says what already stands there (``before``) or what now does (``after``).
    """
    refuse(_ignored(registry.serializer_of(record_type)(), given, before, after, pointer))


def _refuse_forbidden(record_type: RecordType, named: Document, said: Document, current: Document) -> None:
    keys = (key for key in _unwritten(record_type) if key in named)
    wrong = (key for key in keys if not _same(said.get(key, ABSENT), current.get(key, ABSENT)))
    refuse(body_error(f"/{key}", DERIVED, "forbidden") for key in wrong)


def _writable(record_type: RecordType, document: Document) -> Document:
    return {key: value for key, value in document.items() if key not in _unwritten(record_type)}


@cache
def _unwritten(record_type: RecordType) -> frozenset[str]:
    """The keys of the document that only the service sets."""
    fields = registry.serializer_of(record_type)().fields
    return frozenset(key for key, field in fields.items() if field.read_only)


def _blanks(record_type: RecordType) -> Document:
    """What each key says where nothing is given; a required key has nothing to say."""
    serializer: Any = registry.serializer_of(record_type)()
    open_fields = {key: f for key, f in serializer.fields.items() if not (f.read_only or f.required)}
    return {key: _blank(serializer, field) for key, field in open_fields.items() if key != "marking"}


def _blank(serializer: Any, field: Any) -> Any:
    if isinstance(field, serializers.ListSerializer | serializers.ListField | serializers.ManyRelatedField):
        return []
    if isinstance(field, FlatSerializer):
        return None if field.allow_null else {}
    value = serializer.Meta.model._meta.get_field(field.source).get_default()
    return None if value is None else field.to_representation(value)


def _ignored(field: Any, given: Any, before: Any, after: Any, pointer: str) -> Iterator[dict[str, Any]]:
    if isinstance(field, ReferenceField):
        if isinstance(given, dict) and isinstance(after, dict):
            wrong = (key for key, value in given.items() if not _same(after.get(key, ABSENT), value))
            yield from (body_error(f"{pointer}/{escaped(key)}", NOT_OF_THE_RECORD, "forbidden") for key in wrong)
    elif isinstance(field, serializers.ListSerializer):
        for position, item in enumerate(given or ()):
            own, its = _item(before, position), _item(after, position)
            yield from _ignored(field.child, item, own, its, f"{pointer}/{position}")
    elif isinstance(field, serializers.Serializer):
        yield from _ignored_in(field, given, before, after, pointer)


def _ignored_in(serializer: Any, given: Any, before: Any, after: Any, pointer: str) -> Iterator[dict[str, Any]]:
    if not isinstance(given, dict):
        # A part that documents show as the bare value of its one field.
        bare = getattr(serializer, "key", None)
        if bare is not None:
            yield from _ignored(serializer.fields[bare], given, before, after, pointer)
        return
    for key in given.keys() & serializer.fields.keys():
        field, said = serializer.fields[key], given[key]
        old, new = _value(before, key), _value(after, key)
        if not field.read_only:
            yield from _ignored(field, said, old, new, f"{pointer}/{key}")
        elif not (_same(said, old) or _same(said, new)):
            yield body_error(f"{pointer}/{key}", DERIVED, "forbidden")


def _same(one: Any, other: Any) -> bool:
    """Whether two values are the same in JSON, where true is not 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def _item(values: Any, position: int) -> Any:
    return values[position] if isinstance(values, list) and position < len(values) else ABSENT


def _value(values: Any, key: str) -> Any:
    return values.get(key, ABSENT) if isinstance(values, dict) else ABSENT
