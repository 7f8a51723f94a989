"""The API's description of incidents and claims holds for their documents: every key, and every value."""

from __future__ import annotations

from functools import cache
from typing import Any

import jsonschema
import pytest
from drf_spectacular.generators import SchemaGenerator

from tests.factories.incidents import make_claim, make_incident
from threatdb.records.registry import Document

from . import documents
from .conftest import Cast

pytestmark = pytest.mark.django_db


@cache
def description() -> Document:
    """The description with each object closed: a key that it does not name fails the test."""
    schema: Document = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    for component in schema["components"]["schemas"].values():
        if "properties" in component:
            component |= {"additionalProperties": False, "required": list(component["properties"])}
    return schema


def check(document: Document, name: str) -> None:
    whole = {"$ref": f"#/components/schemas/{name}", "components": description()["components"]}
    jsonschema.Draft202012Validator(whole).validate(document)


def test_whole_documents_are_as_described(cast: Cast) -> None:
    clear: dict[str, Any] = {"published": True, "marking": "clear"}
    incident = make_incident(**documents.incident(*cast.everyone()) | clear)
    make_incident(**clear, links=[{"kind": "part_of", "incident": incident}])
    claim = make_claim(**documents.claim(cast.source, cast.actor, cast.other, incident) | clear)

    document = documents.current(incident)
    assert document["claims"]
    assert document["members"]
    assert document["coverage"]
    check(document, "Incident")
    check(documents.current(claim), "Claim")


def test_least_documents_are_as_described(cast: Cast) -> None:
    check(documents.current(make_incident()), "Incident")
    check(documents.current(make_claim(claimant=cast.actor)), "Claim")
