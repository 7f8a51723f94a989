"""What a lowered marking tells of the time before: a named limit, which README states."""

from __future__ import annotations

import pytest
from django.test import Client

from sources.serializers import SourceSerializer
from tests.base import ask
from tests.factories.records import change
from tests.factories.sources import make_source
from threatdb.records.documents import timestamp


@pytest.mark.django_db
def test_version_and_creation_go_on() -> None:
    client = Client()
    source = make_source(marking="amber", published=True)
    change(SourceSerializer, source, title="Changed", published=True)

    change(SourceSerializer, source, marking="clear", published=True)

    shown = ask(client, "sources", source.pk)
    assert shown["version"] == 3
    assert shown["created_at"] == timestamp(source.created_at)
    assert shown["created_at"] < shown["updated_at"]
