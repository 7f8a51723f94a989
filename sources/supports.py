"""What the ``supports`` of a citation may name: the fields of the document that the citation stands in."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError

from threatdb.records import registry

if TYPE_CHECKING:
    from .models import Citation


def refuse_unknown_names(citation: Citation) -> None:
    """Raise ``ValidationError`` for the first name that is no field, with those that look like it."""
    # Imported here, since models are loaded before Django can load what answers requests.
    from threatdb.api.errors import did_you_mean

    known = names_for(type(citation))
    # What is no list of texts at all was refused with the field itself.
    for name in citation.supports if isinstance(citation.supports, list) else ():
        if name not in known:
            sentence = f"There is no field “{name}” to support.{did_you_mean(str(name), known)}"
            raise ValidationError({"supports": ValidationError(sentence, code="unknown")})


@cache
def names_for(citations: type[Citation]) -> tuple[str, ...]:
    """The names of the fields beside those citations, a nested one with its path: killed, killed.low."""
    for record_type in registry.all_types():
        for beside in _around(registry.serializer_of(record_type)(), citations):
            return tuple(beside.supportable())
    raise LookupError(f"No document holds {citations.__name__}.")


def _around(serializer: Any, citations: type[Citation]) -> Iterator[Any]:
    """The serializers, this one or nested in it, that have those citations as a part."""
    for key in serializer.parts:
        child = serializer.fields[key].child
        if child.Meta.model is citations:
            yield serializer
        yield from _around(child, citations)
