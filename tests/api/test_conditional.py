"""ETags: what a client has already is not sent again, and nothing out of its sight moves them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from actors.serializers import ActorSerializer
from incidents.models import Incident
from incidents.serializers import IncidentSerializer
from tests.base import ask, path_of
from tests.factories.records import change
from threatdb.records import services
from threatdb.records.markings import Marking

from . import public
from .conftest import ClientFor
from .grammar import LISTS, REQUIRED, VIEWS

pytestmark = pytest.mark.django_db


def etag(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return str(response["ETag"])


def status(client: Client, path: str, known: str) -> int:
    return client.get(path, headers={"If-None-Match": known}).status_code


@pytest.fixture
def incident() -> Incident:
    return public.incident(title="Before")


LISTED = [path_of(resource, **REQUIRED.get(resource, {})) for resource in VIEWS]


@pytest.mark.parametrize("path", LISTED)
def test_a_list_that_did_not_change(client: Client, incident: Incident, path: str) -> None:
    known = etag(client, path)
    response = client.get(path, headers={"If-None-Match": known})
    assert (response.status_code, response.content) == (304, b"")
    assert response["ETag"] == known
    assert response["Cache-Control"] == "public, no-cache"
    assert "Content-Type" not in response


def test_a_list_has_a_weak_one_and_a_record_a_strong_one(client: Client, incident: Incident) -> None:
    assert re.fullmatch(r'W/"[0-9a-f]{32}"', etag(client, path_of("incidents")))
    assert re.fullmatch(r'"[0-9a-f]{32}"', etag(client, path_of("incidents", incident.pk)))


@pytest.mark.parametrize("path_for", [lambda i: path_of("incidents"), lambda i: path_of("incidents", i.pk)])
@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("{etag}", 304),
        ('"other", {etag}', 304),
        ('{etag} , "other"', 304),
        ('W/"other",{etag}', 304),
        ("{opaque}", 304),  # weak comparison: the strong form of a weak tag, and the other way round
        ("W/{opaque}", 304),
        ('"other"', 200),
        ("", 200),
        ("{bare}", 200),
        ('"{bare}x"', 200),
        ("* ", 304),
        ("*", 304),
    ],
)
def test_if_none_match(
    client: Client, incident: Incident, path_for: Callable[[Incident], str], form: str, expected: int
) -> None:
    path = path_for(incident)
    known = etag(client, path)
    opaque = known.removeprefix("W/")
    asked = form.format(etag=known, opaque=opaque, bare=opaque.strip('"'))
    assert status(client, path, asked) == expected


def test_a_bad_query_is_refused_whatever_the_client_has(client: Client) -> None:
    for path in ("/api/v1/incidents/?bogus=1", "/api/v1/incidents/?page_size=0", "/api/v1/stats/incidents/?bogus=1"):
        assert status(client, path, "*") == 400
        assert status(client, path, 'W/"abc"') == 400


def test_nothing_is_current_that_is_not_there(client: Client) -> None:
    assert status(client, path_of("incidents", "00000000-0000-4000-8000-000000000000"), "*") == 404


def test_head_answers_without_a_body(client: Client, incident: Incident) -> None:
    for path in (path_of("incidents"), path_of("incidents", incident.pk)):
        response = client.head(path)
        assert (response.status_code, response["ETag"]) == (200, etag(client, path))
        assert client.head(path, headers={"If-None-Match": response["ETag"]}).status_code == 304


def test_each_query_has_its_own(client: Client, incident: Incident) -> None:
    queries: list[dict[str, Any]] = [
        {},
        {"page_size": 1},
        {"ordering": "date"},
        {"fields": "id"},
        {"tag": "a"},
        {"tag": ["a", "b"]},
        {"count": "none"},
    ]
    assert len({etag(client, path_of("incidents", **query)) for query in queries}) == len(queries)
    assert len({etag(client, path_of(resource)) for resource in LISTS}) == len(LISTS)


def test_each_selection_of_fields_has_its_own(client: Client, incident: Incident) -> None:
    queries: list[dict[str, str]] = [{}, {"fields": "id"}, {"omit": "id"}]
    assert len({etag(client, path_of("incidents", incident.pk, **query)) for query in queries}) == 3


def test_it_is_made_of_the_bytes(client: Client, incident: Incident) -> None:
    """The same bytes have the same tag: for every host, every user, every time."""
    path = path_of("incidents", incident.pk)
    assert len({etag(client, path), etag(client, path), client.get(path, SERVER_NAME="localhost")["ETag"]}) == 1


class TestWhatMovesAList:
    """``moved`` says whether an anonymous reader's list was."""

    @pytest.fixture
    def moved(self, client: Client, incident: Incident) -> Callable[[Callable[[], object]], bool]:
        def moves(act: Callable[[], object]) -> bool:
            paths = [path_of("incidents"), path_of("claims", page_size=1), path_of("stats/incidents")]
            before = [etag(client, path) for path in paths]
            act()
            after = [etag(client, path) for path in paths]
            assert len({one == other for one, other in zip(before, after, strict=True)}) == 1
            return before != after

        return moves

    def test_what_readers_can_notice(self, moved: Callable[..., bool], incident: Incident) -> None:
        assert moved(public.incident)
        assert moved(public.source)
        assert moved(lambda: change(IncidentSerializer, incident, title="After", published=True))
        assert moved(lambda: services.withdraw(incident, by=None))

    def test_raising_a_marking_is_a_loss_of_sight(self, moved: Callable[..., bool], incident: Incident) -> None:
        assert moved(lambda: change(IncidentSerializer, incident, marking="red"))

    def test_what_they_cannot(self, moved: Callable[..., bool], incident: Incident) -> None:
        secret = public.incident(marking="red")
        draft = public.incident(published=False)
        assert not moved(lambda: public.incident(published=False))
        assert not moved(lambda: change(IncidentSerializer, incident, title="After"))
        assert not moved(lambda: services.submit(incident, by=None))
        assert not moved(lambda: services.send_back(incident, by=None))
        assert not moved(lambda: public.incident(marking="green"))
        assert not moved(lambda: change(IncidentSerializer, secret, title="After", published=True))
        assert not moved(lambda: services.withdraw(secret, by=None))
        assert not moved(lambda: services.withdraw(draft, by=None))
        assert not moved(lambda: public.claim(marking="red", incidents=[incident]))

    def test_publishing_what_was_pending(self, moved: Callable[..., bool], incident: Incident) -> None:
        change(IncidentSerializer, incident, title="After")
        services.submit(incident, by=None)
        assert moved(lambda: services.publish(incident, by=None))


class TestClasses:
    """Each class of viewer has its own head."""

    def test_a_change_moves_the_lists_of_those_who_may_see_it(self, cleared: ClientFor) -> None:
        viewers = {marking: cleared(marking) for marking in Marking if marking}
        path = path_of("incidents")
        for marking in viewers:
            before = {viewer: etag(client, path) for viewer, client in viewers.items()}
            public.incident(marking=marking.code)
            moved = {viewer for viewer, client in viewers.items() if etag(client, path) != before[viewer]}
            assert moved == {viewer for viewer in viewers if viewer >= marking}

    def test_a_curators_moves_with_drafts(self, cleared: ClientFor) -> None:
        """That is, his list of working copies; what he reads like everybody is moved by none."""
        curator, reader = cleared(Marking.AMBER, curates=True), cleared(Marking.AMBER)
        asked = [(curator, {"view": "working"}), (curator, {}), (reader, {})]
        before = [etag(who, path_of("incidents", **query)) for who, query in asked]
        public.incident(published=False)
        after = [etag(who, path_of("incidents", **query)) for who, query in asked]
        assert [one != other for one, other in zip(before, after, strict=True)] == [True, False, False]

    def test_the_tag_of_another_class_is_not_current(self, client: Client, cleared: ClientFor) -> None:
        path = path_of("incidents")
        assert status(client, path, etag(cleared(Marking.RED), path)) == 200

    def test_only_public_answers_may_be_shared(self, client: Client, cleared: ClientFor, incident: Incident) -> None:
        known = cleared(Marking.GREEN)
        for path in (path_of("incidents"), path_of("incidents", incident.pk)):
            assert client.get(path)["Cache-Control"] == "public, no-cache"
            response = known.get(path)
            assert response["Cache-Control"] == "private, no-cache"
            assert "Cookie" in response["Vary"]


class TestWhatMovesARecord:
    def test_a_new_edition(self, client: Client, incident: Incident) -> None:
        path = path_of("incidents", incident.pk)
        before = etag(client, path)
        change(IncidentSerializer, incident, title="After")
        assert etag(client, path) == before
        services.publish(incident, by=None)
        assert etag(client, path) != before
        assert status(client, path, before) == 200

    def test_a_new_name_of_what_it_embeds(self, client: Client) -> None:
        actor = public.actor(name="Before")
        path = path_of("incidents", public.incident(involvements=[public.involved(actor)]).pk)
        before = etag(client, path)
        change(ActorSerializer, actor, summary="Nothing that others show.", published=True)
        assert etag(client, path) == before
        change(ActorSerializer, actor, name="After", published=True)
        assert etag(client, path) != before
        assert client.get(path).json()["involvements"][0]["actor"]["name"] == "After"

    def test_a_claim_on_it(self, client: Client, incident: Incident) -> None:
        path = path_of("incidents", incident.pk)
        before = etag(client, path)
        public.claim(marking="green", incidents=[incident])
        assert etag(client, path) == before
        public.claim(incidents=[incident])
        assert etag(client, path) != before
        assert ask(client, "incidents", incident.pk)["claim_status"] == "claimed"
