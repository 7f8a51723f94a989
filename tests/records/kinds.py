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
Refs = dict[str, tuple[str, ...]]

NEEDED = {"source": 0, "actor": 0, "relationship": 2, "incident": 0, "claim": 1, "assessment": 0}


# Under which key of the document each of them stands.
KEYS = {
    "source": (),
    "actor": ("citations",),
    "relationship": ("subject", "object", "citations"),
    "incident": ("involvements", "links"),
    "claim": ("claimant", "incidents", "incidents"),
    "assessment": ("subjects", "evidence", "citations"),
}


def keys_of(kind: str, refs: Sequence[str | None]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Those references by the key under which they stand, each once under a key."""
    found: dict[str, list[str]] = {key: [] for key in KEYS[kind]}
    for key, ref in zip(KEYS[kind], refs, strict=True):
        if ref and ref not in found[key]:
            found[key].append(ref)
    return tuple((key, tuple(ids)) for key, ids in found.items())


def content_of(kind: str, marking: int, name: str, refs: Sequence[str | None]) -> Content:
    """The content with those references, one for each place of ``REFERS`` that is filled."""
    return Content(marking, name, keys_of(kind, refs), apart=kind == "relationship", named=kind == "actor")


def document_of(kind: str, content: Content) -> Document:
    """The document that a client would write for it."""
    refs = dict(content.keys)
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


def _source(content: Content, refs: Refs) -> Document:
    return {"title": content.name, "kind": "article", "reliability": "B"}


def _actor(content: Content, refs: Refs) -> Document:
    return {"name": content.name, "kind": "armed_group", "citations": _citations(refs)}


def _relationship(content: Content, refs: Refs) -> Document:
    sides = {side: refs[side][0] for side in ("subject", "object")}
    return {**sides, "kind": "fights", "summary": content.name, "citations": _citations(refs)}


def _incident(content: Content, refs: Refs) -> Document:
    return {
        "title": content.name,
        "kind": "single",
        "domain": "political_violence",
        "date": _day(None),
        "involvements": [{"actor": key, "role": "perpetrator", "basis": "reported"} for key in refs["involvements"]],
        "links": [{"kind": "part_of", "incident": key} for key in refs["links"]],
    }


def _claim(content: Content, refs: Refs) -> Document:
    # The date is what other documents show of a claim, so it carries the name.
    [claimant] = refs["claimant"]
    return {"claimant": claimant, "stance": "claims", "date": _day(content.name), "incidents": list(refs["incidents"])}


def _assessment(content: Content, refs: Refs) -> Document:
    return {
        "statement": content.name,
        "author": "A",
        "subjects": list(refs["subjects"]),
        "evidence": [{"stance": "supports", "actor": key} for key in refs["evidence"]],
        "citations": _citations(refs),
    }


def _citations(refs: Refs) -> list[Document]:
    return [{"source": source, "locator": "p. 1"} for source in refs["citations"]]


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
        gained=tuple(row["name"] for row in document.get("names", ())),
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


def _leaf_name(leaf: Document) -> str | None:
    """What it is called; None of a record that was purged, of which the id alone is left."""
    name: str | None = leaf.get("title") or leaf.get("name") or (leaf.get("date") or {}).get("as_reported")
    return name


def _named(value: Any, *, inside: bool = False) -> Named:
    """Each embedded record below the document's own head."""
    if isinstance(value, list):
        return frozenset[tuple[str, str]]().union(*(_named(item, inside=True) for item in value))
    if not isinstance(value, dict):
        return frozenset()
    found: Named = frozenset[tuple[str, str | None]]().union(*(_named(item, inside=True) for item in value.values()))
    return found | {(value["id"], _leaf_name(value))} if inside and "id" in value else found
