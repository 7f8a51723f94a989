"""What the ledger should come to, said a second time as plainly as possible: no database, no index, no propagation."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

Named = frozenset[tuple[str, str]]
"""Embedded records: the id of each and the name that is shown of it."""


class Refused(Exception):
    """The rules do not allow it."""


@dataclass(frozen=True)
class Content:
    """What a curator writes: ``refs`` are the records it names; in those of ``behind`` it is shown itself."""

    marking: int
    name: str
    refs: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()


@dataclass(frozen=True)
class View:
    """What a document says, as far as this model knows it."""

    state: str
    marking: int
    name: str
    refs: Named
    shown: Named


@dataclass
class Kept:
    """One record: its working copy, where that stands, and what readers see."""

    working: Content
    state: str = "draft"
    published: Content | None = None


@dataclass
class Model:
    """All records, by id."""

    records: dict[str, Kept] = field(default_factory=dict)

    def write(self, key: str, content: Content) -> None:
        kept = self.records.setdefault(key, Kept(content))
        if kept.working == content:
            return
        raised = kept.published is not None and content.marking > kept.published.marking
        only_raised = kept.state == "published" and replace(kept.working, marking=content.marking) == content
        if kept.published and raised:
            self._refuse_if(self._dependants(key, below=content.marking))
            kept.published = replace(kept.published, marking=content.marking)
        kept.working = content
        if not (raised and only_raised):
            kept.state = "draft"

    def move(self, key: str, action: str) -> None:
        kept = self.records[key]
        allowed, to = {
            "submit": ({"draft"}, "in_review"),
            "return": ({"in_review"}, "draft"),
            "publish": ({"draft", "in_review"}, "published"),
            "withdraw": ({"draft", "in_review", "published"}, "withdrawn"),
        }[action]
        self._refuse_if(kept.state not in allowed)
        if action == "publish":
            targets = [self.records[ref].published for ref in kept.working.refs]
            self._refuse_if(any(t is None or t.marking > kept.working.marking for t in targets))
            self._refuse_if(self._dependants(key, below=kept.working.marking))
            kept.published = kept.working
        if action == "withdraw":
            self._refuse_if(kept.published and self._dependants(key))
            kept.published = None
        kept.state = to

    def in_force(self, clearance: int = 4) -> dict[str, View]:
        """What readers with that clearance see."""
        found = {key: kept.published for key, kept in self.records.items() if kept.published}
        return {k: self._view(k, "published", c) for k, c in found.items() if c.marking <= clearance}

    def working(self, clearance: int = 4) -> dict[str, View]:
        """The working copies that curators with that clearance see."""
        found = {key: kept for key, kept in self.records.items() if kept.working.marking <= clearance}
        return {key: self._view(key, kept.state, kept.working) for key, kept in found.items()}

    def _view(self, key: str, state: str, content: Content) -> View:
        refs = frozenset((ref, self._name(ref)) for ref in content.refs)
        published = {other: kept.published for other, kept in self.records.items() if kept.published}
        shown = {o: c for o, c in published.items() if key in c.behind and c.marking <= content.marking}
        return View(state, content.marking, content.name, refs, frozenset((o, c.name) for o, c in shown.items()))

    def _name(self, key: str) -> str:
        return (self.records[key].published or self.records[key].working).name

    def _dependants(self, key: str, below: int = 5) -> bool:
        published = (kept.published for kept in self.records.values() if kept.published)
        return any(key in content.refs and content.marking < below for content in published)

    def _refuse_if(self, condition: object) -> None:
        if condition:
            raise Refused
