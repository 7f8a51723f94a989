"""What the ledger should come to, said a second time as plainly as possible: no database, no index, no propagation."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

Named = frozenset[tuple[str, str | None]]
"""Embedded records: the id of each and the name that is shown of it, which is None once it was purged."""

# The keys by which a record is shown in those that it names.
BEHIND = ("links", "incidents")


class Refused(Exception):
    """The rules do not allow it."""


@dataclass(frozen=True)
class Content:
    """What a curator writes: ``keys`` hold the ids that it names, ``gained`` the names taken over in merges.

    ``apart`` says that it cannot name the same record under two keys, ``named`` that it has names to hand on.
    """

    marking: int
    name: str
    keys: tuple[tuple[str, tuple[str, ...]], ...] = ()
    gained: tuple[str, ...] = ()
    apart: bool = False
    named: bool = False

    @property
    def refs(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(ref for _, refs in self.keys for ref in refs))

    @property
    def behind(self) -> tuple[str, ...]:
        return tuple(ref for key, refs in self.keys if key in BEHIND for ref in refs)

    def renamed(self, old: str, new: str) -> Content:
        """With another record in place of one; what comes twice under a key is kept once."""
        moved = ((key, tuple(new if ref == old else ref for ref in refs)) for key, refs in self.keys)
        return replace(self, keys=tuple((key, tuple(dict.fromkeys(refs))) for key, refs in moved))

    def taking(self, other: Content) -> Content:
        """With the names of a record that was merged into it."""
        if not self.named:
            return self
        known = {self.name, *self.gained}
        new = dict.fromkeys(name for name in (other.name, *other.gained) if name not in known)
        return replace(self, gained=(*self.gained, *new))

    def parts(self) -> dict[str, tuple[str, ...]]:
        """What a merge may change, by key."""
        return {**dict(self.keys), "names": self.gained}

    def back(self, change: Change) -> Content:
        """With what a merge changed as it was before; refused where that was changed since."""
        old, new, now = change[0].parts(), change[1].parts(), self.parts()
        touched = [key for key in new if old[key] != new[key]]
        if any(now[key] != new[key] for key in touched):
            raise Refused
        mended = {**now, **{key: old[key] for key in touched}}
        gained = mended.pop("names")
        return replace(self, keys=tuple(mended.items()), gained=gained)


Change = tuple[Content, Content]
"""A content before and after a merge."""


@dataclass(frozen=True)
class View:
    """What a document says, as far as this model knows it."""

    state: str
    marking: int
    name: str
    refs: Named
    shown: Named
    gained: tuple[str, ...] = ()


@dataclass
class Kept:
    """One record: its working copy, where that stands, and what readers see.

    ``held`` is what they saw of one that was merged while a change was pending: it follows other merges all the same.
    """

    working: Content
    state: str = "draft"
    published: Content | None = None
    held: Content | None = None


@dataclass
class Merged:
    """One merge: what the absorbed record was, and for each other what its documents were and became."""

    survivor: str
    absorbed: str
    was: Kept
    in_force: dict[str, Change] = field(default_factory=dict)
    working: dict[str, Change] = field(default_factory=dict)


@dataclass
class Grave:
    """What readers may still know of a record that they saw once."""

    marking: int
    survivor: str | None = None


@dataclass
class Model:
    """All records by id, the merges that stand, and the tombstones."""

    records: dict[str, Kept] = field(default_factory=dict)
    merges: list[Merged] = field(default_factory=list)
    graves: dict[str, Grave] = field(default_factory=dict)

    def write(self, key: str, content: Content, *, restores: bool = False) -> None:
        self._refuse_if(any(ref not in self.records for ref in content.refs))
        kept = self.records.get(key)
        if kept is None:
            self._refuse_if(self._upward(content))
            self.records[key] = Kept(content)
            return
        if kept.working == content and not (restores and kept.state == "withdrawn"):
            return
        self._refuse_if(self._is_absorbed(key) or self._upward(content))
        published = kept.published
        raised = published and content.marking > max(published.marking, kept.working.marking)
        only_raised = kept.state == "published" and replace(kept.working, marking=content.marking) == content
        if published and raised:
            self._refuse_if(self._dependants(key, below=content.marking))
            kept.published = replace(published, marking=content.marking)
        kept.working = content
        if not (raised and only_raised):
            kept.state = "draft"
        self._raise_drafts()

    def move(self, key: str, action: str) -> None:
        kept = self.records[key]
        allowed, to = {
            "submit": ({"draft"}, "in_review"),
            "return": ({"in_review"}, "draft"),
            "publish": ({"draft", "in_review"}, "published"),
            "withdraw": ({"draft", "in_review", "published"}, "withdrawn"),
            "reopen": ({"withdrawn"}, "draft"),
            "discard": ({"draft", "in_review"}, "published"),
        }[action]
        self._refuse_if(kept.state not in allowed or self._is_absorbed(key))
        if action == "publish":
            self._refuse_if(self._missing(kept.working) or self._dependants(key, below=kept.working.marking))
            self._take_up(key, kept.working)
            for merged in self.merges:
                _copy(merged.working, merged.in_force, key)
        if action == "withdraw":
            self._refuse_if(kept.published and self._dependants(key))
            self._take_away(key)
        if action == "discard":
            self._refuse_if(kept.published is None)
            kept.working = kept.published or kept.working
            for merged in self.merges:
                _copy(merged.in_force, merged.working, key)
        kept.state = to
        self._raise_drafts()

    def merge(self, survivor: str, absorbed: str) -> None:
        one, other = self.records[survivor], self.records[absorbed]
        self._refuse_if(survivor == absorbed or "withdrawn" in (one.state, other.state))
        self._refuse_if(other.published and not one.published)
        for key, kept in self.records.items():
            for content in filter(None, (kept.published, kept.working)):
                if absorbed in content.refs and key != absorbed:
                    self._refuse_if(key == survivor or self._shown(survivor).marking > content.marking)
                    self._refuse_if(content.apart and survivor in content.refs)
        merged = Merged(survivor, absorbed, replace(other))
        for key, kept in self.records.items():
            if key != absorbed:
                self._absorb(merged, key, kept)
        self.merges.append(merged)
        if not other.published and absorbed in self.graves:
            self.graves[absorbed].survivor = survivor
        other.held = other.published if other.state != "published" else None
        self._take_away(absorbed, survivor)
        other.state = "withdrawn"

    def _absorb(self, merged: Merged, key: str, kept: Kept) -> None:
        """Let one record's documents say what they say after the merge, and keep what they were."""
        clean, was = kept.state == "published", self.records[merged.absorbed]
        if kept.held:
            new = kept.held.renamed(merged.absorbed, merged.survivor)
            merged.in_force[key] = (kept.held, new)
            kept.held = new
        if kept.published:
            new = self._moved(merged, key, kept.published, was.published)
            merged.in_force[key] = (kept.published, new)
            kept.published = new
        new = kept.published if clean and kept.published else self._moved(merged, key, kept.working, was.working)
        merged.working[key] = (kept.working, new)
        kept.working = new
        if self._is_absorbed(key) and not kept.held:
            # Nothing was pending: should it come back, then to readers too.
            merged.in_force[key] = merged.working[key]

    def _moved(self, merged: Merged, key: str, content: Content, source: Content | None) -> Content:
        if key != merged.survivor:
            return content.renamed(merged.absorbed, merged.survivor)
        return content.taking(source) if source and source.marking <= content.marking else content

    def unmerge(self, number: int) -> None:
        merged = self.merges.pop(number)
        self._refuse_if(not {merged.absorbed, merged.survivor} <= self.records.keys())
        self._refuse_if(self._is_absorbed(merged.survivor))
        kept, was = self.records[merged.absorbed], merged.was
        if was.published:
            published = kept.working if was.state == "published" else kept.held
            assert published is not None
            self._refuse_if(self._missing(published))
            self._take_up(merged.absorbed, published)
        kept.state, kept.held = was.state, None
        if merged.absorbed in self.graves:
            self.graves[merged.absorbed].survivor = None
        for key, other in self.records.items():
            self._give_back(merged, key, other)
        self._raise_drafts()

    def _give_back(self, merged: Merged, key: str, kept: Kept) -> None:
        clean = kept.state == "published"
        if kept.held and key in merged.in_force:
            kept.held = self._as_before(merged, kept.held, merged.in_force[key], published=True)
        if kept.published and key in merged.in_force:
            kept.published = self._as_before(merged, kept.published, merged.in_force[key], published=True)
        if clean and kept.published:
            kept.working = kept.published
        elif key in merged.working:
            kept.working = self._as_before(merged, kept.working, merged.working[key], published=False)

    def _as_before(self, merged: Merged, now: Content, change: Change, *, published: bool) -> Content:
        new = now.back(change)
        if merged.absorbed in new.refs and new != now:
            self._refuse_if(self._shown(merged.absorbed).marking > new.marking)
            self._refuse_if(published and not merged.was.published)
        return new

    def purge(self, key: str) -> None:
        others = (kept for other, kept in self.records.items() if other != key)
        contents = (content for kept in others for content in (kept.published, kept.working) if content)
        self._refuse_if(any(key in content.refs for content in contents))
        self._take_away(key)
        del self.records[key]

    def in_force(self, clearance: int = 4) -> dict[str, View]:
        """What readers with that clearance see."""
        found = {key: kept.published for key, kept in self.records.items() if kept.published}
        return {k: self._view(k, "published", c) for k, c in found.items() if c.marking <= clearance}

    def is_seen_in_the_past(self, key: str, clearance: int) -> bool:
        """Whether readers see today what a record is, or what the merges that took it from them led to."""
        last = {merged.absorbed: merged for merged in self.merges}
        # One that was taken up again, since what stood for it was purged, is seen by that no more once it is published.
        graves = {one for one, grave in self.graves.items() if grave.survivor}
        taken = {one: merged.survivor for one, merged in last.items() if merged.was.published and one in graves}
        if key not in self.records:
            return False
        while key in taken:
            if self.graves[key].marking > clearance:
                return False
            key = taken[key]
        published = self.records[key].published if key in self.records else None
        return published is not None and published.marking <= clearance

    def working(self, clearance: int = 4) -> dict[str, View]:
        """The working copies that curators with that clearance see."""
        found = {key: kept for key, kept in self.records.items() if kept.working.marking <= clearance}
        return {key: self._view(key, kept.state, kept.working) for key, kept in found.items()}

    def _view(self, key: str, state: str, content: Content) -> View:
        refs = frozenset((ref, self._shown(ref).name) for ref in content.refs)
        published = {other: kept.published for other, kept in self.records.items() if kept.published}
        shown = {o: c for o, c in published.items() if key in c.behind and c.marking <= content.marking}
        behind = frozenset((o, c.name) for o, c in shown.items())
        return View(state, content.marking, content.name, refs, behind, content.gained)

    def _shown(self, key: str) -> Content:
        """What others show of a record."""
        return self.records[key].published or self.records[key].working

    def _upward(self, content: Content) -> bool:
        return any(self._shown(ref).marking > content.marking for ref in content.refs)

    def _missing(self, content: Content) -> bool:
        targets = [self.records[ref].published for ref in content.refs]
        return any(target is None or target.marking > content.marking for target in targets)

    def _raise_drafts(self) -> None:
        """A working copy is marked at least as high as what it names."""
        drafts = [kept for kept in self.records.values() if kept.state != "published"]
        while low := [kept for kept in drafts if self._upward(kept.working)]:
            for kept in low:
                highest = max(self._shown(ref).marking for ref in kept.working.refs)
                kept.working = replace(kept.working, marking=highest)

    def _take_up(self, key: str, content: Content) -> None:
        self.records[key].published = content
        self.graves.pop(key, None)

    def _take_away(self, key: str, survivor: str | None = None) -> None:
        if published := self.records[key].published:
            self.graves[key] = Grave(published.marking, survivor)
        self.records[key].published = None

    def _is_absorbed(self, key: str) -> bool:
        return any(merged.absorbed == key and merged.survivor in self.records for merged in self.merges)

    def _dependants(self, key: str, below: int = 5) -> bool:
        published = (kept.published for kept in self.records.values() if kept.published)
        return any(key in content.refs and content.marking < below for content in published)

    def _refuse_if(self, condition: object) -> None:
        if condition:
            raise Refused


def _copy(source: dict[str, Change], to: dict[str, Change], key: str) -> None:
    """One of a record's documents came to be made of the other."""
    if key in source:
        to[key] = source[key]
    else:
        to.pop(key, None)
