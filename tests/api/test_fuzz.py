"""What the API does is what its description says, whatever it is asked."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import randrange
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import schemathesis
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.test.utils import override_settings

from incidents.models import Incident
from incidents.serializers import IncidentSerializer
from tests.base import Document, ask
from tests.corpus import CORPUS, FIXTURES, there
from tests.factories.records import change
from tests.imports import ged
from threatdb.access import tokens
from threatdb.access.choices import Scope
from threatdb.imports import batches, running
from threatdb.imports.batches import Wish
from threatdb.imports.models import BatchRow
from threatdb.records import merging, purging, registry
from threatdb.records.markings import Marking
from threatdb.records.visibility import Viewer
from threatdb.wsgi import application

from . import public
from .access_table import STATES
from .fuzzing import Asked, Known, Operation, ask_all, kept_connection
from .grammar import LISTS
from .test_access_table import make_record
from .writing import REQUIRED, whole

pytestmark = [pytest.mark.django_db, pytest.mark.once]

# Requests of each viewer, over all operations; and with --slow.
SOME = 170
ALL = 10_000

# From where each move leads on, where that is not `published`.
BEGINNINGS = {
    "submit": "draft",
    "publish": "draft",
    "return": "in_review",
    "discard": "pending",
    "reopen": "withdrawn",
    "unmerge": "survivor",
    "resolve": "due",
    "split": "whole",
    "cancel": "waiting",
    "decide": "conflict",
}

# What is sent to imports, by the last word of the address.
OF_IMPORTS = {"POST": ",".join(ged.COLUMNS).encode(), "decide": {"title": "theirs"}}

# The media types of bodies that are not JSON.
MEDIA_TYPES = {"POST /api/v1/imports/": "application/octet-stream"}

# What an address cannot do without, though none of its parameters is required.
NEEDED = {"/api/v1/stats/profile/": {"country": "AF"}}


def read_to_the_end(environ: Any, start_response: Any) -> list[bytes]:
    """The service as a server asks it: each answer is closed, which gives back what an export holds."""
    answer = application(environ, start_response)
    with contextlib.closing(answer):
        return list(answer)


@dataclass
class Stage:
    operations: list[Operation]
    known: Known
    token: str


@pytest.fixture(scope="module")
def stage(django_db_setup: None, django_db_blocker: Any, pytestconfig: pytest.Config) -> Iterator[Stage]:
    """The description as it is served, a record of each type in each state and, with --slow, the seed corpus."""
    here = there(CORPUS if pytestconfig.getoption("--slow") else FIXTURES)
    with django_db_blocker.unblock(), here, override_settings(ONE_PERSON_TEAM=True):
        with kept_connection():
            served: Any = schemathesis.openapi.from_wsgi("/api/schema/", read_to_the_end)
        served.config.generation.update(with_security_parameters=False)
        # A wrong request of a record that is gone, or under another address by now, may be told of that first.
        served.config.checks.negative_data_rejection.expected_statuses = ["308", "4xx"]
        operations = [found.ok() for found in served.get_all_operations()]
        user = curator()
        client = Client()
        client.force_login(user)
        yield Stage(operations, what_is_there(client), token_of(user))


def curator() -> User:
    """A curator who may purge too, so that every operation succeeds with somebody."""
    user = User.objects.create_user("curator")
    user.groups.set(Group.objects.filter(name="curator"))
    user.user_permissions.set(Permission.objects.filter(codename="purge_records"))
    return user


def token_of(user: User) -> str:
    return tokens.issue(owner=user, name="test", scopes=Scope.values, clearance=Marking.AMBER_STRICT)[1]


def what_is_there(client: Client) -> Known:
    """Records of each type, one for each way to stand, and bodies that were right for them."""
    bodies = Bodies({resource: whole(view.record_type) for resource, view in LISTS.items()})
    bodies.records |= {resource: dict(records_of(resource, bodies.whole[resource])) for resource in LISTS}
    queries: list[dict[str, Any]] = [{}, {"view": "working"}]
    found = [ask(client, resource, page_size=30, **query)["results"] for resource in LISTS for query in queries]
    documents = [document for page in found for document in page]
    codes = {"published": "state", "another": "tactics"}
    bodies.records |= {"vocabularies": codes, "imports": dict(imports())}
    return Known(bodies.records, documents, BEGINNINGS, NEEDED, bodies, MEDIA_TYPES)


def imports() -> Iterator[tuple[str, str]]:
    """The ids of imports, each under a word for how it stands."""
    viewer = Viewer(Marking.CLEAR, curates=True)
    with TemporaryDirectory() as folder:
        for state, rows in (
            ("published", [ged.row(1), ged.row(2, best="many")]),
            ("conflict", [ged.row(1, where_coordinates="Bridgetown")]),
        ):
            path = ged.write(Path(folder) / f"{state}.csv", rows)
            batch = batches.open_batch(path, Wish(), viewer=viewer)
            running.claim(batch)
            running.run(batch, path)
            yield state, str(batch.pk)
            made = BatchRow.objects.get(batch=batch, number=2)
            change(IncidentSerializer, Incident.objects.get(pk=str(made.record_id)), title="Ours")
        yield "waiting", str(batches.open_batch(path, Wish(), viewer=viewer).pk)


def records_of(resource: str, document: Document) -> Iterator[tuple[str, str]]:
    """The ids of new records that everybody may see, as far as their state lets him."""
    name = LISTS[resource].record_type
    make = getattr(public, name)
    for state in STATES:
        yield state, str(make_record(resource, state, Marking.CLEAR))
    yield "whole", str(make(**document | {"marking": "clear"}).pk)
    if name == "assessment":
        criterion = {"query": "source_count__gte=0", "comparison": "at_least", "threshold": 1}
        due = public.assessment(horizon={"start": "2021-01-01", "end": "2021-12-31"}, criterion_query=criterion)
        yield "due", str(due.pk)
    if registry.get(name).mergeable:
        survivor, absorbed = make(), make()
        merging.merge(survivor, absorbed, by=None, reason_note="The same.")
        yield from (("survivor", str(survivor.pk)), ("merged", str(absorbed.pk)))
    gone = make()
    key = str(gone.pk)
    purging.purge(gone, by=None, reason_note="By order.")
    yield "purged", key


class Bodies:
    """What is written to records, made of whole documents before anything is asked."""

    def __init__(self, documents: dict[str, Document]) -> None:
        self.whole = documents
        self.records: dict[str, dict[str, str]] = {}
        self.new = {
            resource: {key: document[key] for key in REQUIRED[LISTS[resource].record_type]}
            for resource, document in documents.items()
        }
        self.new["actors"]["slug"] = "one-more"
        self.new["match"] = {"names": ["The Alias"]}

    def __call__(self, word: str, resource: str, record_id: str) -> Any:
        """The right body for the last word of an address, or for a method."""
        return OF_IMPORTS.get(word) if resource == "imports" else self.of_records(word, resource, record_id)

    def of_records(self, word: str, resource: str, record_id: str) -> Any:
        """What is written to records."""
        reason = {"reason": "Because."}
        match word:
            case "POST":
                return self.new.get(resource)
            case "PUT":
                return self.new.get(resource, {}) | reason
            case "PATCH" if record_id:
                return {"tags": ["new"], **reason}
            case "PATCH":
                return [{"id": self.records[resource]["published"], "if_match": "*", "tags": ["new"], **reason}]
            case "merge":
                return {"absorbed": self.records[resource]["pending"], **reason}
            case "unmerge":
                return {"absorbed": self.records[resource].get("merged", record_id), **reason}
            case "restore":
                return {"number": 1, **reason}
            case "split":
                parts = getattr(LISTS[resource].serializer_class, "parts", ())
                return {"parts": {key: [0] for key in parts[:1]}, "new": self.new[resource], **reason}
            case "DELETE" | "submit" | "publish" | "return" | "withdraw" | "discard" | "reopen" | "purge" | "resolve":
                return reason
        return None


def cannot_succeed(stage: Stage) -> set[str]:
    """Operations that no record of theirs lets succeed: what is not merged, and what has no parts to give away."""
    found = set()
    for resource, view in LISTS.items():
        moves = ["merge", "unmerge"] * (not registry.get(view.record_type).mergeable)
        moves += ["split"] * (not getattr(view.serializer_class, "parts", ()))
        found |= {f"POST /api/v1/{resource}/{{id}}/{move}/" for move in moves}
    return found


def report(asked: Asked) -> str:
    return "\n\n".join(f"{' '.join(fault)}\n{told}" for fault, told in asked.faults.items())


def examples(request: pytest.FixtureRequest) -> tuple[int, int]:
    """How many requests to make, and where to start: with --slow each run makes others."""
    return (ALL, randrange(10**6)) if request.config.getoption("--slow") else (SOME, 0)


def test_a_curator_is_answered_as_described(stage: Stage, request: pytest.FixtureRequest) -> None:
    asked = ask_all(stage.operations, stage.known, {"Authorization": f"Bearer {stage.token}"}, *examples(request))
    assert not asked.faults, report(asked)
    assert {one.label for one in stage.operations if not asked.good(one.label)} == cannot_succeed(stage)


def test_everybody_is_answered_as_described(stage: Stage, request: pytest.FixtureRequest) -> None:
    """What he may not do, and what he asks for wrongly, are described too."""
    asked = ask_all(stage.operations, stage.known, {}, *examples(request))
    assert not asked.faults, report(asked)
    open_to_all = {one.label for one in stage.operations if {} in one.definition.raw.get("security", [])}
    assert {label for label in asked.statuses if asked.good(label)} == open_to_all
