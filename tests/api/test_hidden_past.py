"""What earlier editions say of records that are hidden today changes no byte of any answer about the past.

Requests are asked twice. In between, whatever those editions say of what is hidden is replaced, in the ledger and
in the index: the claims on an incident are somebody else's, its sources are of another kind, or none are there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest
from django.test import Client

from actors.serializers import ActorSerializer, RelationshipSerializer
from assessments.serializers import AssessmentSerializer
from incidents.models import ClaimMode
from incidents.serializers import ClaimSerializer, IncidentSerializer
from sources.serializers import SourceSerializer
from tests.base import Document, ask, found, path_of
from tests.factories.incidents import make_code
from tests.factories.records import change
from threatdb.records import documents, ledger, merging, rebuilding, registry, services, showing
from threatdb.records.markings import Marking
from threatdb.records.models import Revision

from . import public
from .conftest import ClientFor
from .grammar import FILTERED, LISTS
from .moments import now
from .test_hidden_work import answers
from .test_visibility import probes

pytestmark = pytest.mark.django_db

# How many requests are drawn beside those by what is made of other records; with --slow all that there are.
DRAWN = 10

SEARCHED = ("quokka", "bilby", "wombat", "gazette", "siege -quokka", "word*")


class Past:
    """Records of each type that once named actors, sources, claims and incidents that are hidden today."""

    def __init__(self) -> None:
        for code in ("video", "statement"):
            make_code(ClaimMode, code)
        self.seen = public.actor(slug="wombat", name="Wombat Front")
        self.other = public.actor(slug="numbat", name="Numbat Band", kind="state")
        gone = public.actor(slug="quokka", name="Quokka Brigade")
        merged = [public.actor(slug=f"bilby-{n}", name="Bilby Band") for n in range(2)]
        self.heirs = [public.actor(slug=f"dingo-{n}", name="Dingo Band") for n in range(2)]
        self.gone = {one.pk for one in (gone, *merged, *self.heirs)}
        kept = public.source(title="Wombat Weekly", kind="report")
        hidden = [public.source(title=f"Zanzibar Gazette {n}", kind="video") for n in range(2)]
        cited = {"citations": [public.cited(one) for one in (kept, *hidden)]}
        part = public.incident(title="A part")
        self.whole = public.incident(kind="aggregate", title="Whole", event_count={"low": 3, "high": 9})
        self.siege = public.incident(
            title="A siege",
            involvements=[public.involved(gone, basis="claimed"), public.involved(self.seen, "target")],
            targets=[{"actor": one, "kind": "group"} for one in (gone, *merged)],
            links=[{"kind": "part_of", "incident": part}],
            casualty_reports=[{"source": str(hidden[0].pk), "killed": {"best": 3, "state": "reported"}}],
            **cited,
        )
        self.raid = public.incident(title="A raid", **cited)
        public.incident(title="Another raid", citations=[public.cited(kept)])
        member = public.incident(title="A member", links=[{"kind": "part_of", "incident": self.whole}])
        claims = [
            public.claim(claimant=self.seen, incidents=[self.siege], mode="video"),
            public.claim(claimant=self.other, stance="denies", incidents=[self.siege]),
            # By hiding this one, what it retracts stands again.
            public.claim(claimant=self.other, stance="retracts", incidents=[self.raid]),
        ]
        public.claim(claimant=self.other, incidents=[self.raid], mode="statement")
        mentions = [{"actor": gone, "role": "accused"}]
        self.claim = public.claim(claimant=gone, incidents=[part, self.whole], mentions=mentions, **cited)
        self.relationship = public.relationship(subject=gone, object=self.seen, **cited)
        evidence = [{"stance": "supports", "claim": str(claims[0].pk)}, {"stance": "supports", "source": hidden[0]}]
        self.judged = public.assessment(subjects=[str(gone.pk), str(self.seen.pk)], evidence=evidence, **cited)
        self.then = now()
        self._retract(claims, [part, member], hidden, gone, merged)

    def _retract(
        self, claims: list[Any], incidents: list[Any], sources: list[Any], actor: Any, merged: list[Any]
    ) -> None:
        """Leave out of every record what is hidden next, some withdrawn and some marked higher."""
        edits: list[tuple[Any, Any, Document]] = [
            (AssessmentSerializer, self.judged, {"subjects": [], "evidence": [], "citations": []}),
            (RelationshipSerializer, self.relationship, {"subject": self.other, "citations": []}),
            (ClaimSerializer, self.claim, {"claimant": self.other, "incidents": [], "mentions": [], "citations": []}),
            (IncidentSerializer, self.raid, {"citations": []}),
            (IncidentSerializer, self.siege, {key: [] for key in PARTS}),
        ]
        for serializer, record, document in edits:
            change(serializer, record, published=True, **document)
        for survivor, absorbed in zip(self.heirs, merged, strict=True):
            merging.merge(survivor, absorbed, by=None, reason_note="The same.")
        for record in (*claims[:2], incidents[0], sources[0], self.heirs[0]):
            services.withdraw(record, by=None)
        raised = [(ClaimSerializer, claims[2]), (IncidentSerializer, incidents[1]), (SourceSerializer, sources[1])]
        for serializer, record in (*raised, (ActorSerializer, actor), (ActorSerializer, self.heirs[1])):
            change(serializer, record, marking="red")
        self.gone |= {record.pk for record in (*claims, *incidents, *sources)}

    def asked(self) -> list[str]:
        """Requests by what an answer makes of other records, which are where an edition would tell of hidden ones."""
        paths = [path_of(resource) for resource in (*LISTS, "stats/profile")]
        paths += [path_of("stats/incidents", group_by=name) for name in FILTERED["stats/incidents"].dimensions]  # type: ignore[attr-defined]
        paths += [path_of("stats/facets", facet=name) for name in FILTERED["stats/facets"].dimensions]  # type: ignore[attr-defined]
        paths += [path_of("incidents", q=word) for word in SEARCHED]
        for actor in ("wombat", "numbat", "bilby-0", "bilby-1"):
            paths += [path_of("incidents", **{name: actor}) for name in ("claimed_by", "claimed_by__not", "actor")]
            paths.append(path_of("incidents", claimed_by=actor, include="successors"))
        return [*map(self.at, paths), *self.derived()]

    def derived(self) -> list[str]:
        """Those among them by columns and terms alone."""
        return [self.at(path) for path in self._derived()]

    def _derived(self) -> Iterator[str]:
        codes = {
            "claim_status": ("unclaimed", "claimed", "contested", "denied"),
            "claim_mode": ("video", "statement"),
            "source_kind": ("report", "video", "article"),
        }
        for name, texts in codes.items():
            yield from (path_of("incidents", **{f"{name}{lookup}": text}) for text in texts for lookup in ("", "__not"))
        for resource in LISTS:
            if "source_count" in LISTS[resource].ordering:
                yield from (path_of(resource, source_count=n) for n in range(4))
        yield path_of("incidents", claimed_by="wombat")
        yield path_of("stats/facets", facet="claimant")
        yield path_of("stats/incidents", group_by="claim_status")
        for key in ("claim_status", "source_count,title", "-source_count,-claim_status"):
            yield path_of("incidents", ordering=key, page_size=2)

    def at(self, path: str) -> str:
        return f"{path}{'&' if '?' in path else '?'}as_of={self.then}"

    def rewrite(self, how: Callable[[Past, Document], Any]) -> None:
        """Put something else in the place of what is hidden, wherever an edition says it."""
        changed = set()
        for revision in Revision.objects.all():
            document = documents.load(revision.document)
            record_type = registry.get(revision.record_type)
            new = {key: self._other(value, how) for key, value in document.items()}
            if new != document:
                ledger.overwrite(revision.seq, record_type.derived(new))
                changed.add(revision.record_id)
        assert len(changed) >= 6
        rebuilding.mend(changed)

    def _other(self, value: Any, how: Callable[[Past, Document], Any]) -> Any:
        if isinstance(value, list):
            items = (self._other(item, how) for item in value)
            return [item for item in items if item is not None]
        if not isinstance(value, dict):
            return value
        if value.get("id") in {str(key) for key in self.gone}:
            return how(self, value)
        return {key: self._other(item, how) for key, item in value.items()}


PARTS = ("involvements", "targets", "links", "casualty_reports", "citations")


def somebody_elses(past: Past, leaf: Document) -> Document:
    """Another leaf of the same record, of which every word is another."""
    actor = documents.load(Revision.objects.get(pk=past.other.published_seq or 0).document)
    texts: Document = {key: "wordless" for key in ("title", "name", "slug", "statement") if key in leaf}
    codes = {"kind": "article"} if "reliability" in leaf else {}
    said = {"stance": "claims", "mode": "statement", "claimant": registry.get("actor").leaf_of(actor)}
    return {**leaf, **texts, **codes, **({key: said[key] for key in said if key in leaf})}


def none(past: Past, leaf: Document) -> Document | None:
    """No such leaf where it is shown from behind, and else that of one and the same record."""
    behind = "stance" in leaf or leaf.get("title") == "A member"
    return None if behind else {**leaf, "id": str(min(past.gone))}


@pytest.fixture
def past() -> Past:
    return Past()


def differing(past: Past, *asked: tuple[Client, list[str]]) -> list[set[str]]:
    """For each client the requests that are answered otherwise once something else stands where hidden records did."""
    before = [answers(client, paths) for client, paths in asked]
    found: list[set[str]] = [set() for _ in asked]
    for how in (somebody_elses, none):
        past.rewrite(how)
        for differs, (client, paths), were in zip(found, asked, before, strict=True):
            today = answers(client, paths)
            differs.update(path for path in paths if were[path] != today[path])
    return found


@pytest.mark.once
def test_what_is_hidden_today_changes_no_answer_about_the_past(
    cleared: ClientFor, past: Past, request: pytest.FixtureRequest
) -> None:
    """The comparison would mean nothing if nobody could tell: who is cleared for what was raised can."""
    slow, others = request.config.getoption("--slow"), list(map(past.at, dict.fromkeys(probes())))
    paths = [*past.asked(), *(others if slow else Random(5).sample(others, DRAWN))]
    sorts = [(Client(), paths), (cleared(Marking.AMBER), paths if slow else []), (cleared(Marking.RED), past.derived())]
    anybody, amber, red = differing(past, *sorts)
    assert (anybody, amber) == (set(), set())
    assert len(red) > 10


@pytest.mark.once
def test_a_leak_would_be_noticed(client: Client, past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where filters went by all that the editions say."""
    monkeypatch.setattr(showing, "as_shown", lambda rows, viewer, *, working: rows)
    [told] = differing(past, (client, past.derived()))
    for name in ("claim_status=", "claim_mode=", "source_kind=", "source_count=", "claimed_by=", "facet=", "group_by="):
        assert any(name in path for path in told), name


class TestWhatIsFound:
    """The rows are those whose documents, as they are shown, say what is asked."""

    def titles(self, client: Client, past: Past, **asked: Any) -> set[str]:
        return {one["title"] for one in ask(client, "incidents", as_of=past.then, **asked)["results"]}

    def test_claims(self, client: Client, past: Past) -> None:
        assert self.titles(client, past, claim_status="contested") == set()
        assert self.titles(client, past, claimed_by="wombat") == self.titles(client, past, claim_mode="video") == set()
        # What a hidden retraction took back stands.
        assert self.titles(client, past, claim_status="claimed") == {"A raid"}
        assert self.titles(client, past, claimed_by="numbat") == {"A raid"}
        assert self.titles(client, past, claim_mode="statement") == {"A raid"}
        groups = ask(client, "stats/incidents", as_of=past.then, group_by="claimant")["groups"]
        assert [(one["group"]["claimant"] or {}).get("slug") for one in groups] == ["numbat", None]

    def test_sources(self, client: Client, past: Past) -> None:
        assert self.titles(client, past, source_count=3) == self.titles(client, past, source_kind="video") == set()
        assert self.titles(client, past, source_count=1) == {"A siege", "A raid", "Another raid"}
        for resource in ("claims", "relationships", "assessments"):
            assert len(found(client, resource, as_of=past.then, source_count=1)) == 1

    def test_documents_say_the_same(self, client: Client, past: Past) -> None:
        siege = ask(client, "incidents", past.siege.pk, as_of=past.then)
        assert (siege["source_count"], siege["claim_status"], siege["claims"]) == (1, "unclaimed", [])
        whole = ask(client, "incidents", past.whole.pk, as_of=past.then)
        assert (whole["members"], whole["coverage"]["identified"]) == ([], 0)

    def test_to_whom_nothing_is_hidden_but_what_was_withdrawn(self, cleared: ClientFor, past: Past) -> None:
        client = cleared(Marking.RED)
        assert self.titles(client, past, claimed_by="numbat") == set()
        assert self.titles(client, past, source_count=2) == {"A siege", "A raid"}
