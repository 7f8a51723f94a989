"""``dry_run=true`` answers what would have been, and leaves nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db import models
from django.test import Client, override_settings

from tests.base import assert_problem, path_of
from tests.factories.actors import make_actor, make_relationship
from tests.factories.sources import make_source
from threatdb.records.models import Record

from .writing import change, create, etag_of, send

pytestmark = pytest.mark.django_db

OURS = ("records", "api", "sources", "actors", "incidents", "assessments")


def everything() -> dict[str, list[dict[str, Any]]]:
    """All rows of all tables of ours: positions, heads and kept answers too."""
    tables: list[type[models.Model]] = [model for name in OURS for model in apps.get_app_config(name).get_models()]
    return {table._meta.label: list(table._base_manager.order_by("pk").values()) for table in tables}


CHANGES: list[tuple[str, str, Any]] = [
    ("PUT", "", {"kind": "report", "title": "New", "reason": "correction"}),
    ("PATCH", "", {"title": "New", "reason": "correction"}),
    ("PATCH", "", {"marking": "green", "reason": "correction"}),
    ("DELETE", "", {"reason": "other"}),
    ("POST", "withdraw", {"reason": "other"}),
]


@pytest.mark.parametrize(("method", "move", "body"), CHANGES)
def test_a_change_is_not_kept(curator: Client, method: str, move: str, body: Any) -> None:
    source = make_source(published=True, marking="clear")
    before = everything()
    tried = change(curator, source, method, body, move=move, query="?dry_run=true", key="k" if move else None)
    assert everything() == before
    done = change(curator, source, method, body, move=move)
    assert (tried.status_code, without_instants(tried)) == (done.status_code, without_instants(done))
    assert everything() != before
    assert "ETag" not in tried and "Content-Location" not in tried


def without_instants(response: Any) -> dict[str, Any]:
    return {
        key: value for key, value in response.json().items() if key not in ("created_at", "updated_at", "id", "url")
    }


@pytest.mark.parametrize("move", ["submit", "publish"])
def test_a_move_is_not_made(curator: Client, move: str) -> None:
    source = make_source()
    before = everything()
    response = change(curator, source, "POST", move=move, query="?dry_run=true")
    assert response.json()["state"] == {"submit": "in_review", "publish": "published"}[move]
    assert everything() == before


def test_nothing_is_made(curator: Client) -> None:
    before = everything()
    document = {"kind": "article", "title": "T"}
    path = path_of("sources") + "?dry_run=true"
    one = send(curator, "POST", path, document, key="k")
    many = send(curator, "POST", path, [document] * 3, key="k")
    assert (one.status_code, many.status_code) == (201, 201)
    assert "Location" not in one
    assert one.json()["title"] == "T" and many.json()["count"] == 3
    assert everything() == before
    assert create(curator, "sources", document, key="k").status_code == 201


@override_settings(ONE_PERSON_TEAM=True)
def test_what_shows_a_renamed_record_stays_as_it_was(curator: Client) -> None:
    actor = make_actor(published=True, marking="clear", name="Old")
    make_relationship(published=True, marking="clear", subject=actor)
    change(curator, actor, "PATCH", {"name": "New", "reason": "correction"})
    before = everything()
    assert change(curator, actor, "POST", move="publish", query="?dry_run=true").json()["name"] == "New"
    assert everything() == before


def test_a_bulk_change_is_not_kept(curator: Client) -> None:
    items = [{"id": str(s.pk), "if_match": etag_of(s), "title": "New"} for s in (make_source(), make_source())]
    before = everything()
    tried = send(curator, "PATCH", path_of("sources") + "?dry_run=true", items)
    assert [one["title"] for one in tried.json()["results"]] == ["New", "New"]
    assert everything() == before


@pytest.mark.parametrize(("method", "move", "body"), CHANGES)
def test_what_would_be_refused_is_refused(curator: Client, method: str, move: str, body: Any) -> None:
    source = make_source(published=True, marking="clear")
    before = everything()
    wrong: Any = {**body, "reason": ""} if isinstance(body, dict) else body
    assert_problem(change(curator, source, method, wrong, move=move, query="?dry_run=true"), 400)
    assert_problem(change(curator, source, method, body, move=move, query="?dry_run=true", if_match='"x"'), 412)
    assert_problem(change(curator, source, method, body, move=move, query="?dry_run=true", if_match=None), 428)
    assert everything() == before


def test_false_is_in_earnest(curator: Client) -> None:
    source: Record = make_source()
    assert change(curator, source, "PATCH", {"title": "New"}, query="?dry_run=false").status_code == 200
    source.refresh_from_db()
    assert str(source) == "New"
