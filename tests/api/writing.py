"""How tests of the write API send requests, and documents of every record type to send."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.test import Client

from actors.models import RelationshipContent, RelationshipKind
from incidents.models import ClaimMode, Tactic, TargetType, WeaponType
from sources.models import Licence
from tests.actors import documents as actors
from tests.base import Document, path_of
from tests.factories.actors import make_actor, make_relationship
from tests.factories.actors import make_code as make_kind
from tests.factories.incidents import make_claim, make_code, make_incident
from tests.factories.sources import make_source
from tests.incidents import documents as incidents
from threatdb.api.conditional import strong_etag
from threatdb.records import registry
from threatdb.records.models import Country, Record, Revision

JSON = "application/json"


def send(
    client: Client,
    method: str,
    path: str,
    body: Any = None,
    *,
    if_match: str | None = None,
    key: str | None = None,
    media_type: str = JSON,
    **headers: str,
) -> Any:
    """The answer to a write; a body that is bytes or text goes as it is."""
    raw = body if isinstance(body, bytes | str) else b"" if body is None else json.dumps(body).encode()
    given = {"If-Match": if_match, "Idempotency-Key": key, **headers}
    sent = {name: value for name, value in given.items() if value is not None}
    return client.generic(method, path, raw, content_type=media_type if raw else "", headers=sent)


def create(client: Client, resource: str, document: Any, /, **more: Any) -> Any:
    """The answer to a POST on a list."""
    return send(client, "POST", path_of(resource), document, **more)


def change(client: Client, record: Record, method: str, body: Any = None, /, *, move: str = "", **more: Any) -> Any:
    """The answer to a write on a record, made from its working copy as it is unless ``if_match`` says otherwise."""
    more.setdefault("if_match", etag_of(record))
    path = path_of(registry.for_record(record).plural, record.pk) + (f"{move}/" if move else "")
    return send(client, method, path + more.pop("query", ""), body, **more)


def text_of(record: Record) -> str:
    """The text of the working copy in the ledger."""
    record.refresh_from_db()
    return Revision.objects.get(pk=record.latest_seq or 0).document


def etag_of(record: Record) -> str:
    return strong_etag(text_of(record).encode())


def written(response: Any, status: int = 200) -> Document:
    """The working copy that a write answered with, which is what the ledger holds, byte by byte."""
    assert response.status_code == status, response.content.decode()
    document: Document = response.json()
    latest = Revision.objects.filter(record_id=document["id"]).latest("number")
    assert response.content.decode() == latest.document
    assert response["ETag"] == strong_etag(response.content)
    assert response["Content-Location"] == f"{document['url']}?view=working"
    assert response["Cache-Control"] == "no-store"
    return document


def codes() -> None:
    """The codes that the whole documents name."""
    Country.objects.get_or_create(code="AF", defaults={"name": "Afghanistan"})
    make_code(Tactic, "bombing")
    make_code(Tactic, "suicide_bombing")
    make_code(TargetType, "mosque")
    make_code(WeaponType, "suicide_vest")
    make_code(ClaimMode, "social_post")
    make_kind(RelationshipKind, "supports")
    make_kind(RelationshipKind, "fights")
    for content in ("military", "financial"):
        make_kind(RelationshipContent, content)
    Licence.objects.get_or_create(code="cc-by-4.0", defaults={"label": "CC BY 4.0", "redistributable": True})


def _clear(make: Callable[..., Any], **document: Any) -> Any:
    return make(published=True, marking="clear", **document)


def _source() -> Document:
    date = {"earliest": "2021-10-15", "latest": "2021-10-15", "precision": "day", "as_reported": "October 15"}
    texts = {key: f"The {key}" for key in ("title", "publisher", "author", "summary")}
    urls = {"web_url": "https://example.org/1", "archived_url": "https://example.org/2"}
    more = {"kind": "report", "published_on": date, "language": "en", "reliability": "B", "licence": "cc-by-4.0"}
    return {"marking": "green", **texts, **urls, **more, "tags": ["kunduz"]}


def _relationship() -> Document:
    actors_named = {side: str(_clear(make_actor).pk) for side in ("subject", "object")}
    return actors.relationship(_clear(make_source), **actors_named)


def _incident() -> Document:
    whole = _clear(make_incident, kind="aggregate")
    return incidents.incident(_clear(make_source), _clear(make_actor), _clear(make_actor), whole)


def _claim() -> Document:
    return incidents.claim(_clear(make_source), _clear(make_actor), _clear(make_actor), _clear(make_incident))


def _assessment() -> Document:
    evidence = [
        {"stance": "supports", "claim": str(_clear(make_claim).pk), "note": "It says so."},
        {"stance": "contradicts", "relationship": str(_clear(make_relationship).pk)},
        {"stance": "supports", "source": str(_clear(make_source).pk)},
        {"stance": "supports", "actor": str(_clear(make_actor).pk)},
        {"stance": "resolves", "incident": str(_clear(make_incident).pk)},
    ]
    issued = {"earliest": "2021-11-05", "latest": "2021-11-05", "precision": "day", "as_reported": "November 5"}
    texts = {
        key: f"The {key}"
        for key in (
            *("statement", "author", "likelihood_as_reported", "confidence_as_reported", "rationale", "criterion"),
            *("resolved_by", "resolution"),
        )
    }
    return {
        **texts,
        "marking": "green",
        "issued_on": issued,
        "subjects": [str(_clear(make_actor).pk)],
        "places": [{"country": "AF", "admin1": "Kunduz"}],
        "horizon": {"start": "2021-11-05", "end": "2022-02-05", "as_reported": "within three months"},
        "likelihood": "likely",
        "probability": 70.0,
        "confidence": "moderate",
        "criterion_query": {"query": "country=AF", "comparison": "at_least", "threshold": 1, "by": "2022-02-01"},
        "evidence": evidence,
        "outcome": "occurred",
        "resolved_on": "2021-12-01",
        "tags": ["kunduz"],
        "citations": [actors.citation(_clear(make_source), "statement")],
    }


WHOLE: dict[str, Callable[[], Document]] = {
    "source": _source,
    "actor": lambda: actors.actor(_clear(make_source)),
    "relationship": _relationship,
    "incident": _incident,
    "claim": _claim,
    "assessment": _assessment,
}
"""For each record type a document in which every key that can be written has a value."""

# For each record type the keys without which none is made.
REQUIRED = {
    "source": ("kind", "title"),
    "actor": ("slug", "name", "kind"),
    "relationship": ("subject", "object", "kind"),
    "incident": ("kind", "title", "date", "domain"),
    "claim": ("claimant", "stance"),
    "assessment": ("statement", "author"),
}


def whole(name: str) -> Document:
    """A document of that type in which every key has a value."""
    codes()
    return WHOLE[name]()


def least(name: str) -> Document:
    """The same with no more than what is required."""
    document = whole(name)
    return {key: document[key] for key in REQUIRED[name]}


def plural(name: str) -> str:
    return registry.get(name).plural


def made(client: Client, name: str, **document: Any) -> Any:
    """A record of that type that the client has made, as a draft with a whole document."""
    response = create(client, plural(name), whole(name) | document)
    record_id = written(response, 201)["id"]
    return registry.get(name).model._base_manager.get(pk=record_id)
