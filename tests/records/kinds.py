"""How each record type says what the reference model knows: a marking, a name, and what it refers to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from actors.models import RelationshipKind
from actors.serializers import ActorSerializer, RelationshipSerializer
from assessments.serializers import AssessmentSerializer
from incidents.serializers import ClaimSerializer, IncidentSerializer
from sources.serializers import SourceSerializer
from threatdb.records.markings import CODES, Marking
from threatdb.records.registry import Document
from threatdb.records.serializers import RecordSerializer

from .reference_model import Content, Named, View

SERIALIZERS: dict[str, type[RecordSerializer]] = {
    "source": SourceSerializer,
    "actor": ActorSerializer,
    "relationship": RelationshipSerializer,
    "incident": IncidentSerializer,
    "claim": ClaimSerializer,
    "assessment": AssessmentSerializer,
}

# What each refers to, in the order of ``Content.refs``; a claim and a part come to be shown where they refer to.
REFERS = {
    "source": (),
    "actor": ("source",),
    "relationship": ("actor", "actor", "source"),
    "incident": ("actor", "incident"),
    "claim": ("actor", "incident", "incident"),
    "assessment": ("actor", "actor", "source"),
}
NEEDED = {"source": 0, "actor": 0, "relationship": 2, "incident": 0, "claim": 1, "assessment": 0}


def content_of(kind: str, marking: int, name: str, refs: Sequence[str | None]) -> Content:
    """The content with those references, one for each place of ``REFERS`` that is filled, each once."""
    filled = list(dict.fromkeys(ref for ref in refs if ref))
    behind = [ref for ref, of in zip(refs, REFERS[kind], strict=True) if ref and of == "incident"]
    return Content(marking, name, tuple(filled), tuple(dict.fromkeys(behind)))


def document_of(kind: str, content: Content, refs: Sequence[str | None]) -> Document:
    """The document that a client would write for it."""
    body: Document = {
        "source": _source,
        "actor": _actor,
        "relationship": _relationship,
        "incident": _incident,
        "claim": _claim,
        "assessment": _assessment,
    }[kind](content, refs)
    return {"marking": CODES[content.marking], **body}


def needed_codes() -> None:
    """See that the vocabularies hold what the documents name."""
    RelationshipKind.objects.get_or_create(code="fights", defaults={"label": "Fights"})


def _source(content: Content, refs: Sequence[str | None]) -> Document:
    return {"title": content.name, "kind": "article", "reliability": "B"}


def _actor(content: Content, refs: Sequence[str | None]) -> Document:
    return {"name": content.name, "kind": "armed_group", "citations": _citations(refs[0])}


def _relationship(content: Content, refs: Sequence[str | None]) -> Document:
    sides = {"subject": refs[0], "object": refs[1]}
    return {**sides, "kind": "fights", "summary": content.name, "citations": _citations(refs[2])}


def _incident(content: Content, refs: Sequence[str | None]) -> Document:
    actor, whole = refs
    return {
        "title": content.name,
        "kind": "single",
        "domain": "political_violence",
        "date": _day(None),
        "involvements": [{"actor": actor, "role": "perpetrator", "basis": "reported"}] if actor else [],
        "links": [{"kind": "part_of", "incident": whole}] if whole else [],
    }


def _claim(content: Content, refs: Sequence[str | None]) -> Document:
    claimant, *incidents = refs
    covered = list(dict.fromkeys(incident for incident in incidents if incident))
    # The date is what other documents show of a claim, so it carries the name.
    return {"claimant": claimant, "stance": "claims", "date": _day(content.name), "incidents": covered}


def _assessment(content: Content, refs: Sequence[str | None]) -> Document:
    subject, other, source = refs
    return {
        "statement": content.name,
        "author": "A",
        "subjects": [subject] if subject else [],
        "evidence": [{"stance": "supports", "actor": other}] if other else [],
        "citations": _citations(source),
    }


def _citations(source: str | None) -> list[Document]:
    return [{"source": source, "locator": "p. 1"}] if source else []


def _day(words: str | None) -> Document:
    return {"earliest": "2021-10-08", "latest": "2021-10-08", "precision": "day", "as_reported": words}


def view_of(kind: str, document: Document) -> View:
    """What a stored document says."""
    forward = {key: value for key, value in document.items() if key not in ("claims", "members")}
    behind = [*document.get("claims", ()), *document.get("members", ())]
    return View(
        state=document["state"],
        marking=int(Marking[document["marking"].upper()]),
        name=_name_of(kind, document),
        refs=_named(forward),
        shown=frozenset((leaf["id"], _leaf_name(leaf)) for leaf in behind),
    )


def _name_of(kind: str, document: Document) -> str:
    keys = {
        "source": "title",
        "actor": "name",
        "relationship": "summary",
        "incident": "title",
        "assessment": "statement",
    }
    name: str = document[keys[kind]] if kind in keys else document["date"]["as_reported"]
    return name


def _leaf_name(leaf: Document) -> str:
    name: str = leaf.get("title") or leaf.get("name") or leaf["date"]["as_reported"]
    return name


def _named(value: Any, *, inside: bool = False) -> Named:
    """Each embedded record below the document's own head."""
    if isinstance(value, list):
        return frozenset[tuple[str, str]]().union(*(_named(item, inside=True) for item in value))
    if not isinstance(value, dict):
        return frozenset()
    found = frozenset[tuple[str, str]]().union(*(_named(item, inside=True) for item in value.values()))
    return found | {(value["id"], _leaf_name(value))} if inside and "id" in value else found
