"""Sources: /api/v1/sources/ and /api/v1/sources/{id}/."""

from __future__ import annotations

import pytest
from django.test import Client

from sources.models import Licence, Source
from tests.base import Document, ask, ids, path_of

from . import expected, public

pytestmark = pytest.mark.django_db


@pytest.fixture
def source() -> Source:
    Licence.objects.create(code="cc-by-4.0", label="CC BY 4.0", redistributable=True)
    return public.source(
        kind="report",
        title="Insurgents of Nangarhar",
        publisher="The Institute",
        author="A. Writer",
        web_url="https://example.org/report",
        archived_url="https://archive.example.org/report",
        published_on={**public.on("2021-11-01", "2021-11-30", "month"), "as_reported": "November 2021"},
        language="en",
        reliability="B",
        licence="cc-by-4.0",
        summary="What it says.",
        tags=["afghanistan", "iskp"],
    )


def body(source: Source) -> Document:
    return {
        **expected.head(source, "sources"),
        "kind": "report",
        "title": "Insurgents of Nangarhar",
        "publisher": "The Institute",
        "author": "A. Writer",
        "web_url": "https://example.org/report",
        "archived_url": "https://archive.example.org/report",
        "published_on": expected.date("2021-11-01", "2021-11-30", "month", "November 2021"),
        "language": "en",
        "reliability": "B",
        "licence": "cc-by-4.0",
        "summary": "What it says.",
        "tags": ["afghanistan", "iskp"],
    }


def test_list(client: Client, source: Source) -> None:
    assert ask(client, "sources") == expected.page(body(source))


def test_detail(client: Client, source: Source) -> None:
    assert ask(client, "sources", source.pk) == body(source)
    assert list(ask(client, "sources", source.pk)) == list(body(source))


def test_what_is_missing_is_null_or_an_empty_list(client: Client) -> None:
    source = public.source(kind="video", title="V", reliability="F")
    empty = ("publisher", "author", "web_url", "archived_url", "published_on", "language", "licence", "summary")
    assert ask(client, "sources", source.pk) == {
        **expected.head(source, "sources"),
        "kind": "video",
        "title": "V",
        "reliability": "F",
        **dict.fromkeys(empty),
        "tags": [],
    }


def test_the_newest_comes_first_and_the_undated_last(client: Client) -> None:
    old, new = (public.source(published_on=public.on(day)) for day in ("2001-01-01", "2021-01-01"))
    undated = sorted(str(public.source().pk) for _ in range(3))
    assert ids(ask(client, "sources")) == [str(new.pk), str(old.pk), *reversed(undated)]
    assert ids(ask(client, "sources", ordering="date")) == [str(old.pk), str(new.pk), *undated]


def test_addresses_end_in_a_slash(client: Client) -> None:
    for path in ("/api/v1/sources", path_of("sources", "00000000-0000-4000-8000-000000000000").rstrip("/")):
        assert client.get(path).status_code == 301
