"""Documents that were written before a key was added: to write them back is no change, and a migration may add it."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps as real_apps
from django.db import connection, migrations, transaction
from django.db.migrations.state import ProjectState
from django.test import Client
from django.utils import timezone

from actors.documents import ActorType
from actors.models import Actor
from tests.base import ask
from tests.factories.actors import make_actor
from threatdb.records import documents, ledger, propagation, registry, services, writing
from threatdb.records.ledger import Act
from threatdb.records.models import Revision
from threatdb.records.registry import Document, RecordType

pytestmark = pytest.mark.django_db

NAMES = [{"name": "RF", "kind": "acronym"}]


def age(actor: Actor, *keys: str) -> Document:
    """Store the actor's newest document as it was before the keys were added; returns it."""
    revision = Revision.objects.filter(record_id=actor.pk).latest("seq")
    old = {key: value for key, value in documents.load(revision.document).items() if key not in keys}
    for name in old.get("names", ()):
        del name["script"]
    Revision.objects.filter(pk=revision.pk).update(document=documents.dump(old))
    return old


class TestWritingBack:
    @pytest.mark.parametrize("keys", [(), ("dissolved",), ("dissolved", "designations", "summary", "tags")])
    def test_it_is_no_change(self, keys: tuple[str, ...]) -> None:
        actor = make_actor(names=NAMES, published=True)
        old = age(actor, *keys)

        _, changed = writing.write(registry.get("actor"), old, writing.Author(), record=actor)

        assert changed == []
        assert Revision.objects.filter(record_id=actor.pk).count() == 2

    def test_a_value_in_the_new_key_is_one(self) -> None:
        actor = make_actor(names=NAMES, published=True)
        old = age(actor, "designations")
        author = writing.Author(reason_code="correction")
        listed = [{"authority": "UN Security Council"}]

        _, changed = writing.write(registry.get("actor"), {**old, "designations": listed}, author, record=actor)

        assert changed == ["designations"]

    def test_a_value_in_a_new_key_of_a_part_is_one(self) -> None:
        actor = make_actor(names=NAMES, published=True)
        old = age(actor)
        author = writing.Author(reason_code="correction")
        names = [{**old["names"][0], "script": "Latn"}]

        assert writing.write(registry.get("actor"), {**old, "names": names}, author, record=actor)[1] == ["names"]


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ({}, {"a": None, "b": []}, []),
        ({}, {"a": False}, ["a"]),
        ({}, {"a": ""}, ["a"]),
        ({"a": None}, {"a": 0}, ["a"]),
        ({"a": [1]}, {"a": []}, ["a"]),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": None}}, []),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}, ["a"]),
        ({"a": {"b": 1}}, {"a": None}, ["a"]),
        ({"a": [{"b": 1}]}, {"a": [{"b": 1, "c": []}]}, []),
        ({"a": [{"b": 1}]}, {"a": [{"b": 1}, {"b": 1}]}, ["a"]),
        ({"a": [1, 2]}, {"a": [2, 1]}, ["a"]),
    ],
)
def test_absent_says_what_null_and_no_items_say(old: Document, new: Document, changed: list[str]) -> None:
    assert documents.changed_keys(old, new) == changed


# What a data migration holds that gives all documents a key at once.
def add_aims(apps: Any, schema_editor: Any) -> None:
    with transaction.atomic():
        ledger.lock()
        ids = Actor.objects.values_list("pk", flat=True)
        propagation.refresh(registry.get("actor"), ids, Act(timezone.now()), with_aims)


def with_aims(record_type: RecordType, document: Document) -> Document:
    return {"aims": None, **document}


class TestTheRecipe:
    def test_all_live_documents_have_the_key_at_once(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        published, draft = make_actor(slug="red-front", marking="clear", published=True), make_actor()
        before = ask(client, "actors", "red-front")
        body = ActorType.body
        monkeypatch.setattr(ActorType, "body", lambda *args: {**body(*args), "aims": None})

        operation = migrations.RunPython(add_aims)
        operation.database_forwards("actors", connection.schema_editor(), ProjectState(), ProjectState())

        after = ask(client, "actors", "red-front")
        assert after == {**before, "aims": None, "version": 2, "updated_at": after["updated_at"]}
        newest = Revision.objects.filter(record_id=draft.pk).latest("seq")
        assert (newest.action, "aims" in documents.load(newest.document)) == ("refresh", True)
        for actor in (published, draft):
            actor.refresh_from_db()
            assert services.save(actor, by=None) == []

    def test_a_second_time_it_writes_nothing(self) -> None:
        make_actor(published=True)
        add_aims(real_apps, None)
        count = Revision.objects.count()

        add_aims(real_apps, None)

        assert Revision.objects.count() == count
