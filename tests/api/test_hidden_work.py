"""What somebody may not see changes no byte of what he receives, whoever he is and whatever he asks.

Requests are generated, asked with hidden work in the database and without it, and compared: status, headers and
body. The leaks that are planted below show that the comparison would notice them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.db.models import Q
from django.test import Client
from django.utils import timezone
from rest_framework.exceptions import PermissionDenied

from actors.models import Actor, ActorIndex
from tests.base import path_of, undone
from tests.curation.forms import list_address
from threatdb.api import conditional
from threatdb.api.sight import Sight
from threatdb.api.views import RecordViewSet
from threatdb.records import ledger, registry, services, visibility
from threatdb.records.markings import Marking
from threatdb.records.querysets import RecordQuerySet

from .grammar import LISTS
from .test_visibility import OPEN, SECRET, World, hide_everything, probes

pytestmark = [pytest.mark.django_db, pytest.mark.once]

CLEARANCES = {
    "anonymous": Marking.CLEAR,
    "reader": Marking.GREEN,
    "contributor": Marking.AMBER,
    "curator": Marking.AMBER_STRICT,
}
WORDS = ("The Alias", "Shadow", SECRET, OPEN, "group", "rival", "shado")

# How many requests are drawn for each role; with --slow all that there are.
DRAWN = 60

Answer = tuple[int, dict[str, str], bytes]
Hide = Callable[[World, Marking], Any]
Leak = Callable[[pytest.MonkeyPatch], None]


def hide_above(world: World, above: Marking) -> None:
    """What even those who see working copies may not see: every state, marked higher than they may read."""
    marking = Marking(above + 1).code
    world.hide(marking=marking)
    for record in world.hide(marking=marking, published=False):
        services.submit(record, by=None)
    world.hide(marking=marking, published=False)
    for record in reversed(world.hide(marking=marking)):
        services.withdraw(record, by=None)


# --- What is asked ---


def readers_ask(before: str, role: str) -> Iterator[str]:
    """Lists, details, filters, counts, statistics, search, names, errors, the past and the feed."""
    yield from probes()
    yield from histories()
    yield from profiles()
    for resource in LISTS:
        yield from (path_of(resource, **asked) for asked in ({"as_of": before}, {"count": "none"}, {"bogus": "1"}))
    for kind in ("incidents", "facets", "assessments", "profile"):
        yield from (path_of(f"stats/{kind}"), path_of(f"stats/{kind}", q=SECRET), path_of(f"stats/{kind}", tag=SECRET))
        yield from (path_of(resource, format=form.format) for form in LISTS[resource].formats)
    for record_type in registry.all_types():
        yield path_of("changes", record_type=record_type.name)
    yield from (path_of("changes"), path_of("changes", page_size=1), path_of("vocabularies"), path_of("me"))


def profiles() -> Iterator[str]:
    """The profile of each actor that readers see or curators work on."""
    rows = ActorIndex.objects.filter(Q(in_force=True) | Q(current=True))
    for key in rows.values_list("record_id", flat=True).distinct():
        yield path_of("actors", key) + "profile/"


def histories() -> Iterator[str]:
    """The past of each record that readers see or curators work on."""
    for resource, view in LISTS.items():
        rows: Any = registry.get(view.record_type).index.objects.filter(Q(in_force=True) | Q(current=True))
        for key in rows.values_list("record_id", flat=True).distinct():
            path = path_of(resource, key) + "history/"
            yield from (path, f"{path}1/", f"{path}compare/?from=1&to=1")


def curators_ask(before: str, role: str) -> Iterator[str]:
    """The same of working copies, and the pages and the choices of the admin."""
    for path in (*probes(), *histories(), *profiles()):
        yield f"{path}{'&' if '?' in path else '?'}view=working"
    yield path_of("changes", view="working")
    yield "/admin/"
    for record_type in registry.all_types():
        options = record_type.model._meta
        rows: Any = record_type.index.objects.filter(current=True)
        yield from (list_address(record_type.model), f"{list_address(record_type.model)}?q={SECRET}")
        yield from (f"{list_address(record_type.model)}{row.record_id}/{page}/" for row in rows for page in PAGES)
        for field in options.get_fields():
            if field.many_to_one and getattr(field.related_model, "__name__", "") in RECORDS:
                of = f"app_label={options.app_label}&model_name={options.model_name}&field_name={field.name}"
                yield from (f"/admin/autocomplete/?{of}&term={word}" for word in ("", *WORDS))


PAGES = ("change", "history")
RECORDS = [record_type.model.__name__ for record_type in registry.all_types()]


# --- Comparing ---


CLOCKS = ("Date", "Expires", "Content-Length")


def answer_to(client: Client, path: str) -> Answer:
    response = client.get(path)
    # A session's form has a token of its own in each page.
    content = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
    body = re.sub(rb'name="csrfmiddlewaretoken" value="[^"]+"', b"", content)
    # The length is that of the body, which is compared without the token.
    headers = {name: value for name, value in response.items() if name not in CLOCKS}
    return response.status_code, headers, body


def answers(client: Client, paths: list[str]) -> dict[str, Answer]:
    cache.clear()
    return {path: answer_to(client, path) for path in paths}


def nothing(patch: pytest.MonkeyPatch) -> None:
    """No leak."""


def planted(client: Client, paths: list[str], leak: Leak) -> dict[str, Answer]:
    """The answers while the leak is there."""
    # It may break an answer too; without it, an error of ours fails the test.
    client.raise_request_exception = leak is nothing
    with pytest.MonkeyPatch.context() as patch:
        leak(patch)
        return answers(client, paths)


def compared(
    client: Client,
    above: Marking,
    ask: Callable[[str, str], Iterator[str]],
    hide: Hide,
    leaks: Sequence[Leak],
    *,
    drawn: int | None = DRAWN,
) -> dict[Leak, list[str]]:
    """For each leak, the requests whose answers change where something hidden is there."""
    world = World()
    before = timezone.now().isoformat().replace("+00:00", "Z")
    with transaction.atomic():
        hide(world, above)
        paths = list(dict.fromkeys(ask(before, "")))
        if drawn is None:
            assert len(paths) >= 1000, len(paths)
        else:
            paths = Random(7).sample(paths, min(drawn, len(paths)))
        full = {leak: planted(client, paths, leak) for leak in leaks}
        transaction.set_rollback(True)
    plain = {leak: planted(client, paths, leak) for leak in leaks}
    return {leak: [path for path in paths if full[leak][path] != plain[leak][path]] for leak in leaks}


def differing(
    client: Client,
    above: Marking,
    ask: Callable[[str, str], Iterator[str]],
    hide: Hide,
    *,
    drawn: int | None = DRAWN,
    leak: Leak = nothing,
) -> list[str]:
    """The requests whose answers change where something hidden is there, and with it the leak."""
    return compared(client, above, ask, hide, [leak], drawn=drawn)[leak]


def all_or_some(request: pytest.FixtureRequest) -> int | None:
    return None if request.config.getoption("--slow") else DRAWN


@pytest.mark.parametrize("role", CLEARANCES)
def test_readers_are_told_nothing(
    client_of: Callable[[str], Client], role: str, request: pytest.FixtureRequest
) -> None:
    """Of drafts, submissions, withdrawals, edits nobody has published, and what is marked higher."""
    drawn = all_or_some(request)
    assert differing(client_of(role), CLEARANCES[role], readers_ask, hide_everything, drawn=drawn) == []


@pytest.mark.parametrize("role", ["contributor", "curator"])
def test_those_who_curate_are_told_nothing(
    client_of: Callable[[str], Client], role: str, request: pytest.FixtureRequest
) -> None:
    """Of what is marked higher, in any state, by the API or the admin."""
    drawn = all_or_some(request)
    assert differing(client_of(role), CLEARANCES[role], curators_ask, hide_above, drawn=drawn) == []


# --- Leaks that have to be noticed ---


def no_markings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visibility, "visible_to", lambda viewer, *, working=False: Q(in_force=True))


def counts_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def count(self: Any, *args: Any) -> int:
        found: int = self.type.index.objects.filter(in_force=True).count()
        return found

    monkeypatch.setattr(RecordViewSet, "_count", count)


def counts_of_all_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conditional, "head_position", lambda sight: ledger.position())


def names_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    own = Sight.rows

    def rows(self: Sight, index: Any) -> Any:
        return index.objects.filter(in_force=True) if index is ActorIndex else own(self, index)

    monkeypatch.setattr(Sight, "rows", rows)


def forbidden(monkeypatch: pytest.MonkeyPatch) -> None:
    own = RecordViewSet.retrieve

    def retrieve(self: Any, request: Any, id: str) -> Any:
        if self.type.index.objects.filter(self.named(id)).exclude(record_id__in=self.visible().values("record_id")):
            raise PermissionDenied
        return own(self, request, id)

    monkeypatch.setattr(RecordViewSet, "retrieve", retrieve)


def all_choices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RecordQuerySet, "visible_to", lambda rows, viewer: rows.all())


LEAKS = (no_markings, counts_all, counts_of_all_changes, names_of_all, forbidden)


@pytest.fixture(scope="module")
def leaked(django_db_setup: None, django_db_blocker: Any) -> dict[Leak, list[str]]:
    """What each leak to readers lets anybody notice, of the same hidden work."""
    with django_db_blocker.unblock(), undone():
        return compared(Client(), Marking.CLEAR, readers_ask, hide_everything, LEAKS)


@pytest.mark.parametrize("leak", LEAKS, ids=lambda leak: leak.__name__)
def test_a_leak_to_readers_would_be_noticed(leaked: dict[Leak, list[str]], leak: Leak) -> None:
    assert leaked[leak] != []


def test_a_leak_of_choices_would_be_noticed(client_of: Callable[[str], Client]) -> None:
    found = differing(client_of("contributor"), Marking.AMBER, curators_ask, hide_above, leak=all_choices)
    assert [path for path in found if path.startswith("/admin/autocomplete/")] != []


def test_names_are_asked_for_by_those_who_may_know_them(client_of: Callable[[str], Client]) -> None:
    """The comparison would mean nothing if nobody could tell: who is cleared can."""
    found = differing(
        client_of("administrator"), Marking.CLEAR, readers_ask, lambda world, _: world.hide(marking="red")
    )
    assert len(found) > DRAWN / 3
    assert not Actor.objects.filter(name=SECRET).exists()
