"""Lists as CSV, XLSX, NDJSON, GeoJSON and Parquet: the same rows as in JSON, to the same readers, of one moment."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client

from actors.models import ActorIndex
from incidents.models import Incident
from tests.base import ask, assert_refused, found, path_of
from threatdb.api.exports import snapshots
from threatdb.records.markings import Marking

from . import public
from .conftest import ClientFor
from .exporting import FORMATS, exported, ids_of
from .exporting import incident as incident
from .grammar import LISTS
from .test_visibility import World, hide_everything

pytestmark = pytest.mark.django_db


# --- The same rows as the list ---


@pytest.mark.parametrize("resource", LISTS)
@pytest.mark.parametrize("form", FORMATS)
def test_every_list_has_every_form_that_fits_it(client: Client, resource: str, form: str, incident: Incident) -> None:
    public.relationship()
    public.claim()
    public.assessment()
    if form == "geojson" and resource != "incidents":
        error = assert_refused(client.get(path_of(resource, format=form)), "format")
        assert error["detail"].startswith("Offered here are json, csv, xlsx, ndjson, parquet.")
        return

    assert ids_of(exported(client, resource, form), form) == found(client, resource) != []


@pytest.mark.parametrize("form", FORMATS)
def test_filters_order_and_search_are_those_of_the_list(client: Client, form: str) -> None:
    made = [public.incident(title=f"Raid {number}", tags=["x"] if number % 2 else []) for number in range(5)]
    asked = {"tag": "x", "ordering": "-title", "q": "raid"}

    assert ids_of(exported(client, "incidents", form, **asked), form) == [str(made[3].pk), str(made[1].pk)]


def test_an_export_is_longer_than_a_page(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "BATCH", 7)
    public.copies(public.incident(), ({"title": f"Copy {number}"} for number in range(60)))

    for form in FORMATS:
        assert len(ids_of(exported(client, "incidents", form), form)) == 61


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_found_is_a_file_without_rows(client: Client, form: str) -> None:
    body = exported(client, "incidents", form, id="00000000-0000-4000-8000-000000000000")

    assert ids_of(body, form) == []


def test_fields_and_omit_choose_the_columns_that_come_from_them(client: Client, incident: Incident) -> None:
    head = exported(client, "incidents", "csv", fields="id,killed,tags").splitlines()[0].decode()
    assert head == "id,killed_low,killed_best,killed_high,killed_qualifier,killed_as_reported,killed_state,tags"
    assert json.loads(exported(client, "incidents", "ndjson", fields="title")) == {"title": "=cmd|' /C calc'!A0"}
    feature = json.loads(exported(client, "incidents", "geojson", fields="title"))["features"][0]
    assert (feature["geometry"]["coordinates"], list(feature["properties"])) == ([-68.25, 36.5], ["title"])
    assert_refused(client.get(path_of("incidents", format="csv", fields="killed_low")), "fields", "unknown")


def test_the_past_and_working_copies_are_exported(cleared: ClientFor, client: Client) -> None:
    incident = public.incident(title="Then")
    cursor = ask(client, "changes")["cursor"]
    public.incident(title="Later")
    draft = public.incident(published=False)
    curator = cleared(Marking.AMBER, curates=True)

    for form in FORMATS:
        assert ids_of(exported(client, "incidents", form, as_of=cursor), form) == [str(incident.pk)]
        assert str(draft.pk) in ids_of(exported(curator, "incidents", form, view="working"), form)
        assert client.get(path_of("incidents", format=form, view="working")).status_code == 401


@pytest.mark.parametrize("role", [Marking.CLEAR, Marking.GREEN])
def test_what_is_hidden_changes_no_byte_of_any_form(cleared: ClientFor, role: Marking) -> None:
    reader, world = cleared(role), World()
    asked = [(resource, form.format) for resource, view in LISTS.items() for form in view.formats]
    before = {one: (head_of(reader, *one), exported(reader, *one)) for one in asked}

    with transaction.atomic():
        hide_everything(world, role)
        cache.clear()
        after = {one: (head_of(reader, *one), exported(reader, *one)) for one in asked}
        transaction.set_rollback(True)

    assert [one for one in asked if before[one] != after[one]] == []


def head_of(client: Client, resource: str, form: str) -> dict[str, str]:
    return dict(client.head(path_of(resource, format=form)).items())


def test_what_a_draft_names_above_the_clearance_is_left_out(cleared: ClientFor) -> None:
    """As in the list of working copies."""
    curator = cleared(Marking.AMBER, curates=True)
    secret = public.actor(name="Named Above")
    draft = public.incident(published=False, involvements=[public.involved(secret), public.involved(public.actor())])
    ActorIndex.objects.filter(record_id=secret.pk).update(marking=Marking.RED)

    for form in ("csv", "ndjson", "geojson"):
        body = exported(curator, "incidents", form, view="working")
        assert ids_of(body, form) == [str(draft.pk)]
        assert b"Named Above" not in body


# --- One moment ---


@pytest.fixture
def frugal() -> Iterator[None]:
    """Batches so small that a file takes several."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(snapshots, "BATCH", 2)
        yield


def write_more() -> None:
    public.copies(public.incident(title="New"), ({"title": f"Late {number}"} for number in range(9)))


def in_a_thread_of_its_own(write: Callable[[], None]) -> None:
    """As another request would: each thread has its own connection, and on PostgreSQL the export reads on this one."""

    def run() -> None:
        try:
            write()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(run).result()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("frugal")
def test_what_is_written_meanwhile_changes_nothing(client: Client) -> None:
    public.copies(public.incident(title="First"), ({"title": f"Copy {number}"} for number in range(9)))
    before = found(client, "incidents")
    response: Any = client.get(path_of("incidents", format="ndjson"))
    pieces = response.streaming_content
    body = next(pieces)

    in_a_thread_of_its_own(write_more)
    body += b"".join(pieces)

    assert ids_of(body, "ndjson") == before
    assert len(found(client, "incidents")) == 20
