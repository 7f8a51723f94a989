"""What a viewer may not see changes no byte of what he receives: two worlds are compared, answer by answer.

The worlds differ in records that are hidden from the viewer alone, of every sort that there is. Each request
is asked in both; body, status and ETag have to be the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.db.models import Q
from django.test import Client

from actors.models import RelationshipKind
from actors.serializers import ActorSerializer, RelationshipSerializer
from incidents.models import ClaimMode
from incidents.serializers import ClaimSerializer, IncidentSerializer
from sources.serializers import SourceSerializer
from tests.base import assert_problem, found, path_of
from tests.factories.records import change
from threatdb.api.families import Bounds, Column, Term, Within
from threatdb.records import registry, services
from threatdb.records.markings import Marking

from . import public
from .conftest import ClientFor
from .grammar import LISTS, families, filters_of, written

pytestmark = pytest.mark.django_db

# Words that stand in hidden records alone, and in visible ones too.
SECRET, OPEN = "quokkaword", "openword"


class World:
    """Records that everybody sees; ``hide`` adds hidden ones that touch each of them."""

    def __init__(self) -> None:
        for vocabulary, code in ((RelationshipKind, "hosts"), (RelationshipKind, "supports"), (ClaimMode, "video")):
            vocabulary.objects.create(code=code, label=code)
        self.source = public.source(title=OPEN, tags=["open"])
        cited = {"citations": [public.cited(self.source)]}
        self.group = public.actor(slug="group", name="Group", names=[{"name": "The Alias"}], tags=["open"], **cited)
        self.rival = public.actor(slug="rival", name="Rival", kind="state")
        self.relationship = public.relationship(subject=self.group, object=self.rival, kind="fights", **cited)
        self.whole = public.incident(kind="aggregate", title="Whole", event_count={"low": 3, "high": 9})
        self.incident = public.incident(
            title=OPEN,
            date=public.on("2021-10-08"),
            involvements=[public.involved(self.group, basis="claimed"), public.involved(self.rival, "target")],
            links=[{"kind": "part_of", "incident": self.whole}],
            killed={"low": 3, "best": 4, "high": 5, "state": "reported"},
            tags=["open"],
            **cited,
        )
        self.claim = public.claim(claimant=self.group, incidents=[self.incident], date=public.on("2021-10-09"))

    def hide(self, **how: Any) -> list[Any]:
        """One hidden record of each type that stands by itself, and one that names what is visible."""
        source = public.source(title=SECRET, publisher=SECRET, language="qq", tags=[SECRET], **how)
        cited = {"tags": [SECRET, "open"], **how, "citations": [public.cited(source), public.cited(self.source)]}
        actor = public.actor(
            slug=f"shadow-{source.pk.hex[:8]}",
            name="The Alias",
            names=[{"name": "Shadow"}, {"name": SECRET}],
            founded="1999",
            identifiers=[{"scheme": "x", "value": SECRET}],
            **cited,
        )
        incident = public.incident(
            title=f"{SECRET} {OPEN}",
            date=public.on("2021-10-08"),
            place={"admin1": SECRET, "latitude": 1.5, "longitude": 2.5, "precision": "adm1"},
            killed={"low": 1000, "best": 1001, "high": 1002, "state": "reported"},
            wounded={"low": 1000, "best": 1001, "high": 1002, "state": "reported"},
            involvements=[
                public.involved(actor, basis="inferred", likelihood="likely"),
                public.involved(self.group, "victim", "official", likelihood="unlikely"),
            ],
            links=[{"kind": "part_of", "incident": self.whole}],
            identifiers=[{"scheme": "x", "value": SECRET}],
            **cited,
        )
        return [
            *(source, actor, incident),
            public.relationship(subject=actor, object=self.group, kind="hosts", likelihood="likely", **cited),
            public.relationship(subject=self.rival, object=self.group, kind="supports", summary=SECRET, **cited),
            public.claim(claimant=self.rival, stance="denies", incidents=[self.incident], text=SECRET, **cited),
            public.claim(claimant=actor, on_behalf_of=self.rival, incidents=[self.whole], mode="video", **cited),
        ]

    def edit(self) -> None:
        """Changes of every visible record that nobody has published."""
        edits: list[tuple[Any, Any, dict[str, Any]]] = [
            (SourceSerializer, self.source, {"title": SECRET, "reliability": "F"}),
            (ActorSerializer, self.group, {"name": SECRET, "names": [{"name": "Shadow"}], "slug": "renamed"}),
            (RelationshipSerializer, self.relationship, {"kind": "hosts", "summary": SECRET, "tags": [SECRET]}),
            (IncidentSerializer, self.incident, {"title": SECRET, "date": public.on("2020-01-01"), "tags": [SECRET]}),
            (ClaimSerializer, self.claim, {"stance": "denies", "text": SECRET, "incidents": [self.whole]}),
        ]
        for number, (serializer, record, edit) in enumerate(edits):
            change(serializer, record, **edit)
            if number % 2:
                services.submit(record, by=None)


def hide_everything(world: World, above: Marking) -> list[Any]:
    """Records that are hidden from the viewer in each of the ways there are."""
    # The nearest marking and the farthest stand for those between.
    hidden = [one for marking in {Marking(above + 1), Marking.RED} for one in world.hide(marking=marking.code)]
    drafts = world.hide(published=False)
    submitted = world.hide(published=False)
    withdrawn = world.hide(published=False)
    for record in submitted:
        services.submit(record, by=None)
    for record in withdrawn:
        services.withdraw(record, by=None)
    for record in reversed(world.hide(marking="red")):
        services.withdraw(record, by=None)
    world.edit()
    return [*hidden, *drafts, *submitted, *withdrawn]


def probes() -> Iterator[str]:
    """Requests for everything that rows of the index say, be they hidden or not."""
    for resource, view in LISTS.items():
        index = registry.get(view.record_type).index
        rows: list[Any] = list(index.objects.filter(Q(in_force=True) | Q(current=True)))
        yield path_of(resource)
        yield path_of(resource, page_size=1)
        for key in view.ordering:
            yield path_of(resource, ordering=key, page_size=2)
            yield path_of(resource, ordering=f"-{key}", page_size=2)
        for row in rows:
            yield path_of(resource, row.record_id)
        for name, family in families(resource):
            yield from (path_of(resource, **{p: text}) for p, text in _asked(resource, name, family, rows))
    for word in (SECRET, OPEN, "shadow", f"{SECRET[:5]}*", f'"{SECRET} {OPEN}"'):
        yield from (path_of(resource, q=word) for resource in LISTS)
    for name in ("The Alias", "Shadow", SECRET, "renamed", "shado", "group"):
        yield from (path_of("incidents", **{parameter: name}) for parameter in ("actor", "perpetrator", "claimed_by"))
        yield path_of("actors", name)
        yield path_of("relationships", between=f"{name},rival")
    for query in ({}, {"tag": "open"}, {"tag": SECRET}, {"actor": "group"}, {"q": OPEN}, {"kind": "aggregate"}):
        yield path_of("stats/incidents", **query)


def _asked(resource: str, name: str, family: Any, rows: list[Any]) -> Iterator[tuple[str, str]]:
    """Parameters of a field with values that rows have: every lookup, with a few values each."""
    if isinstance(family, Column):
        values = {getattr(row, family.column or name) for row in rows} - {None, ""}
        texts = sorted(written(family, value) for value in values)[:4]
    elif isinstance(family, Term):
        kind = family.kind or name
        texts = sorted({term.value for row in rows for term in row.terms.all() if term.kind == kind})[:6]
    elif isinstance(family, Bounds):
        texts = ["4", "1001"]
    elif isinstance(family, Within):
        texts = ["2021-10-08/2021-10-09", "2020-01-01/2020-01-01"]
    else:
        return
    own = [p for p in filters_of(resource) if p == name or p.startswith(f"{name}__")]
    for parameter in own:
        if parameter.endswith("__isnull"):
            yield from ((parameter, value) for value in ("true", "false"))
        else:
            yield from ((parameter, text) for text in texts)


def answers(client: Client, paths: list[str]) -> dict[str, tuple[int, bytes, str | None]]:
    cache.clear()
    found_answers = {}
    for path in paths:
        response = client.get(path)
        found_answers[path] = (response.status_code, response.content, response.get("ETag"))
    return found_answers


def compare(viewer: Client, above: Marking, other: Client | None = None) -> int:
    """Ask everything with and without the hidden records; returns how many answers differ for another viewer."""
    world = World()
    with transaction.atomic():
        hide_everything(world, above)
        paths = list(dict.fromkeys(probes()))
        full = answers(viewer, paths)
        other_full = answers(other, paths) if other else {}
        transaction.set_rollback(True)
    plain = answers(viewer, paths)
    differing = [path for path in paths if full[path] != plain[path]]
    assert differing == [], (differing[:10], [(full[p], plain[p]) for p in differing[:2]])
    other_plain = answers(other, paths) if other else {}
    return sum(other_full[path] != other_plain[path] for path in other_full)


def test_anonymous(client: Client, cleared: ClientFor) -> None:
    """The comparison would mean nothing if nobody could tell the worlds apart: who is cleared can."""
    assert compare(client, Marking.CLEAR, cleared(Marking.RED)) > 1000


@pytest.mark.slow
@pytest.mark.parametrize("marking", [Marking.GREEN, Marking.AMBER, Marking.AMBER_STRICT])
def test_each_clearance(cleared: ClientFor, marking: Marking) -> None:
    compare(cleared(marking), marking)


@pytest.mark.parametrize("marking", Marking)
def test_a_clearance_covers_all_up_to_it(cleared: ClientFor, marking: Marking) -> None:
    made = {one: str(public.source(marking=one.code).pk) for one in Marking}
    viewer = cleared(marking) if marking else Client()
    assert set(found(viewer, "sources")) == {key for one, key in made.items() if one <= marking}
    for one, key in made.items():
        assert viewer.get(path_of("sources", key)).status_code == (200 if one <= marking else 404)
        assert len(found(viewer, "sources", marking=one.code)) == (one <= marking)


def test_a_user_without_permissions_is_anonymous_but_private(db: None, django_user_model: Any) -> None:
    public.source(marking="green")
    public.source()
    client = Client()
    client.force_login(django_user_model.objects.create_user("reader"))
    assert len(found(client, "sources")) == 1


def test_an_inactive_user_is_anonymous(cleared: ClientFor, django_user_model: Any) -> None:
    public.source(marking="green")
    client = cleared(Marking.RED)
    assert len(found(client, "sources")) == 1
    django_user_model.objects.update(is_active=False)
    assert found(client, "sources") == []


def test_lists_show_what_is_in_force_to_curators_too(cleared: ClientFor) -> None:
    draft = public.source(published=False)
    published = public.source(title="Before")
    change(SourceSerializer, published, title="After")
    curator = cleared(Marking.RED, curates=True)
    body = curator.get(path_of("sources")).json()
    assert [result["title"] for result in body["results"]] == ["Before"]
    assert_problem(curator.get(path_of("sources", draft.pk)), 404)
    assert found(curator, "sources", state="draft") == []


def test_a_hidden_record_answers_like_one_that_never_was(client: Client) -> None:
    """Bytes and headers, for each way of being hidden."""
    absent = client.get(path_of("sources", "00000000-0000-4000-8000-000000000000"))
    withdrawn = public.source(published=False)
    services.withdraw(withdrawn, by=None)
    hidden = [public.source(marking="green"), public.source(published=False), withdrawn]
    for record in hidden:
        for query in ({}, {"fields": "id"}):
            response = client.get(path_of("sources", record.pk, **query))
            assert (response.status_code, response.content) == (404, absent.content)
            assert dict(response.items()) == dict(absent.items())


def test_withdrawing_takes_effect_at_once(client: Client) -> None:
    source = public.source(title=OPEN)
    path, listed = path_of("sources", source.pk), path_of("sources", q=OPEN)
    assert (client.get(path).status_code, client.get(listed).json()["count"]) == (200, 1)
    services.withdraw(source, by=None)
    assert (client.get(path).status_code, client.get(listed).json()["count"]) in ((404, 0), (410, 0))


def test_raising_a_marking_takes_effect_at_once(client: Client, cleared: ClientFor) -> None:
    source = public.source(title=OPEN)
    assert client.get(path_of("sources", q=OPEN)).json()["count"] == 1
    change(SourceSerializer, source, marking="red")
    assert client.get(path_of("sources", q=OPEN)).json()["count"] == 0
    assert client.get(path_of("sources", source.pk)).status_code == 404
    assert found(cleared(Marking.RED), "sources", q=OPEN) == [str(source.pk)]


def test_lowering_a_marking_waits_for_its_publication(client: Client) -> None:
    source = public.source(marking="red")
    change(SourceSerializer, source, marking="clear")
    assert found(client, "sources") == []
    services.publish(source, by=None)
    assert found(client, "sources") == [str(source.pk)]


def test_a_claim_shows_on_incidents_that_are_as_restricted(client: Client, cleared: ClientFor) -> None:
    """Not even a reader of the claim sees it on an incident that others read too."""
    incident = public.incident()
    claim = public.claim(marking="green", incidents=[incident])
    reader = cleared(Marking.GREEN)
    for viewer in (client, reader):
        assert viewer.get(path_of("incidents", incident.pk)).json()["claims"] == []
        assert found(viewer, "incidents", claim_status="unclaimed") == [str(incident.pk)]
    assert found(reader, "claims", incident=str(incident.pk)) == [str(claim.pk)]
    assert found(client, "claims", incident=str(incident.pk)) == []
