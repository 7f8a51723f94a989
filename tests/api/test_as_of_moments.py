"""Which moments ``as_of`` takes: an instant or a cursor of the feed, in the past of whoever asks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from sources.serializers import SourceSerializer
from tests.base import ask, assert_refused, found, path_of
from tests.factories.records import change
from threatdb.records import documents
from threatdb.records.markings import Marking
from threatdb.records.models import Revision

from . import public
from .conftest import ClientFor
from .grammar import FILTERED, LISTS
from .moments import cursor, now

pytestmark = pytest.mark.django_db


def test_an_instant_takes_in_all_that_was_done_until_then(client: Client) -> None:
    source = public.source(title="First")
    change(SourceSerializer, source, title="Second", published=True)
    change(SourceSerializer, source, title="Third", published=True)
    for revision in Revision.objects.filter(action="publish"):
        at = documents.timestamp(revision.at)
        title = documents.load(revision.document)["title"]
        assert ask(client, "sources", source.pk, as_of=at)["title"] == title


@pytest.mark.parametrize("form", ["{:%Y-%m-%dT%H:%M:%S.%f}Z", "{:%Y-%m-%d %H:%M:%S.%f}", "{:%Y-%m-%dt%H:%M:%S.%f}z"])
def test_the_forms_of_an_instant(client: Client, form: str) -> None:
    source = public.source()
    assert found(client, "sources", as_of=form.format(timezone.now().astimezone(UTC))) == [str(source.pk)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "invalid"),
        ("yesterday", "invalid"),
        ("2021-13-01", "invalid"),
        ("2021-10-08T25:00:00Z", "invalid"),
        ("cursor", "invalid"),
        ("c" * 44, "invalid"),
        ("c" + "_" * 43, "invalid"),
        ("c" + "A" * 2000, "invalid"),
        ("1\x00", "invalid"),
        ("0001-01-01", "before_the_start"),
        ("2020-01-01T00:00:00Z", "before_the_start"),
        ("9999-12-31T23:59:59Z", "future"),
    ],
)
@pytest.mark.parametrize("resource", FILTERED)
def test_what_is_refused(client: Client, text: str, code: str, resource: str) -> None:
    key = public.source().pk
    assert_refused(client.get(path_of(resource, as_of=text)), "as_of", code)
    if resource in LISTS:
        assert_refused(client.get(path_of(resource, key, as_of=text)), "as_of", code)


def test_a_second_ahead_is_the_future(client: Client) -> None:
    public.source()
    ahead = documents.timestamp(datetime.now(UTC) + timedelta(seconds=5))
    assert_refused(client.get(path_of("sources", as_of=ahead)), "as_of", "future")


def test_each_letter_of_a_cursor_counts(client: Client) -> None:
    public.source()
    good = cursor()
    assert client.get(path_of("sources", as_of=good)).status_code == 200
    for place in range(1, len(good) - 1):
        other = "A" if good[place] != "A" else "B"
        assert_refused(client.get(path_of("sources", as_of=good[:place] + other + good[place + 1 :])), "as_of")


def test_the_cursor_of_another_clearance(client: Client, cleared: ClientFor) -> None:
    public.source()
    green = cleared(Marking.GREEN)
    assert green.get(path_of("sources", as_of=cursor(Marking.GREEN))).status_code == 200
    for who, moment in ((client, cursor(Marking.GREEN)), (green, cursor())):
        assert_refused(who.get(path_of("sources", as_of=moment)), "as_of", "another_clearance")


def test_it_is_given_once_and_not_with_working_copies(cleared: ClientFor) -> None:
    public.source()
    curator, then = cleared(Marking.RED, curates=True), now()
    assert_refused(curator.get(path_of("sources", as_of=[then, then])), "as_of", "repeated")
    assert_refused(curator.get(path_of("sources", as_of=then, view="working")), "as_of", "invalid")
    assert curator.get(path_of("sources", as_of=then)).status_code == 200


def test_when_the_ledger_began_is_not_told_by_hidden_work(client: Client, cleared: ClientFor) -> None:
    """For each reader it begins with the first record that he could see."""
    public.source(marking="red")
    public.source(published=False)
    then = now()
    assert_refused(client.get(path_of("sources", as_of=then)), "as_of", "before_the_start")
    assert cleared(Marking.RED).get(path_of("sources", as_of=then)).status_code == 200
    public.actor()
    assert_refused(client.get(path_of("sources", as_of=then)), "as_of", "before_the_start")
    assert found(client, "sources", as_of=now()) == []
