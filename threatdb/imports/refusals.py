"""What refuses a document, as problems of the row that it was read from."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from rest_framework import serializers

from threatdb.api.errors import errors_of
from threatdb.records import services

from .formats import Problem

REFUSALS = (ValidationError, serializers.ValidationError, services.Conflict)


def problems_of(refusal: Exception) -> list[Problem]:
    """What refused a document, as problems of its row; the key of the document goes before the sentence."""
    found = errors_of(refusal) or [{"pointer": "", "code": "refused", "detail": str(refusal)}]
    return [Problem(None, e["code"], f"{e['pointer'].lstrip('/')}: {e['detail']}".lstrip(": ")) for e in found]
