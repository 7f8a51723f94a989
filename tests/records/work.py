"""Random work on linked records of every type, through the services as every door does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from random import Random
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from rest_framework.exceptions import ValidationError as Refused

from threatdb.records import merging, purging, registry, review, services, unmerging
from threatdb.records.models import Merge, Record

from .kinds import NEEDED, REFERS, SERIALIZERS, content_of, document_of, needed_codes
from .reference_model import Content

NAMES = ["Alpha", "Beta", "Gamma", "Dèlta “4”"]
MOST = 40
"""Records of each kind; with more of them, each would see little of what can happen to one."""

Move = Callable[..., object]


class Work:
    """Does one random thing after another; what the rules refuse is left."""

    names: Sequence[str] = NAMES
    slugs = "actor"

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.kinds: dict[str, str] = {}
        self.contents: dict[str, Content] = {}
        self.refs: dict[str, list[str | None]] = {}
        self.done = 0
        needed_codes()
        self.moves: list[Move] = [services.submit, services.send_back, services.withdraw, services.withdraw]
        self.moves.extend(services.publish for _ in range(5))
        for kind in ("source", "actor", "actor", "relationship", "incident", "incident", "claim"):
            self.create(kind, 0, publish=True)

    def step(self) -> None:
        """Do something, or try to."""
        doing = self.random.choices(
            [self.add, self.rename, self.mark, self.rewrite, self.move, self.go_back, self.merge, self.purge],
            weights=[3, 3, 2, 2, 6, 1, 1, 0.3],
        )[0]
        doing()

    def add(self) -> None:
        kind = self.random.choice(list(SERIALIZERS))
        if sum(has == kind for has in self.kinds.values()) < MOST:
            self.create(kind, self.random.choice([0, 0, 0, 1, 2, 4]), publish=self.random.random() < 0.6)

    def create(self, kind: str, marking: int, *, publish: bool) -> None:
        refs = self._choose(kind)
        if None in refs[: NEEDED[kind]]:
            return
        content = content_of(kind, marking, self.random.choice(self.names), refs)
        document = document_of(kind, content)
        if kind == "actor":
            document["slug"] = f"{self.slugs}-{len(self.kinds)}"
        made: list[Record] = []
        self._attempt(lambda: made.append(self._save(kind, None, document)))
        if made:
            key = str(made[0].pk)
            self.kinds[key], self.contents[key], self.refs[key] = kind, content, refs
            if publish:
                self._attempt(lambda: services.publish(made[0], by=None))

    def rename(self) -> None:
        key = self._pick()
        self._edit(key, self.contents[key].marking, self.random.choice(self.names), self.refs[key])
        self._attempt(lambda: services.publish(self._record(key), by=None))

    def mark(self) -> None:
        key = self._pick()
        self._edit(key, self.random.choice([0, 0, 1, 2, 4]), self.contents[key].name, self.refs[key])
        if self.random.random() < 0.5:
            self._attempt(lambda: services.publish(self._record(key), by=None))

    def rewrite(self) -> None:
        key = self._pick()
        self._edit(key, self.contents[key].marking, self.random.choice(self.names), self._choose(self.kinds[key], key))

    def publish_rewritten(self) -> None:
        key = self._pick()
        self._edit(key, self.contents[key].marking, self.random.choice(self.names), self._choose(self.kinds[key], key))
        self._attempt(lambda: services.publish(self._record(key), by=None))

    def retract(self) -> None:
        """Withdraw a record, or mark it as high as can be."""
        key = self._pick()
        if self.random.random() < 0.5:
            self._attempt(lambda: services.withdraw(self._record(key), by=None))
        else:
            self._edit(key, 4, self.contents[key].name, self.refs[key])

    def move(self) -> None:
        act, key = self.random.choice(self.moves), self._pick()
        self._attempt(lambda: act(self._record(key), by=None))

    def go_back(self) -> None:
        """Discard what is pending, take up what was withdrawn, or restore an earlier revision."""
        key = self._pick()
        number = self.random.randint(1, self._record(key).number)
        restore = partial(review.restore, number=number, reason_code="correction")
        ways: list[Move] = [review.discard, services.reopen, restore]
        act = self.random.choice(ways)
        self._attempt(lambda: act(self._record(key), by=None))

    def merge(self) -> None:
        """Merge two actors or incidents, or undo the last merge."""
        pair = self._pair()
        undone = Merge.objects.filter(undone_at__isnull=True).order_by("-last_seq").first()
        if undone and self.random.random() < 0.5:
            self._attempt(lambda: unmerging.unmerge(undone, by=None, note="They are two."))
        else:
            self._join(*pair)

    def join(self) -> None:
        """Merge two actors or incidents."""
        self._join(*self._pair())

    def purge(self) -> None:
        key = self._pick()
        if self._attempt(lambda: purging.purge(self._record(key), by=None, reason_note="By order.")):
            self.forget(key)

    def forget(self, key: str) -> None:
        """Have nothing more to do with a record."""
        for kept in self.kept():
            kept.pop(key)

    def kept(self) -> tuple[dict[str, Any], ...]:
        """What is known of each record, by its id."""
        return self.kinds, self.contents, self.refs

    def _edit(self, key: str, marking: int, name: str, refs: list[str | None]) -> None:
        kind = self.kinds[key]
        if None in refs[: NEEDED[kind]]:
            return
        content = content_of(kind, marking, name, refs)
        if self._attempt(lambda: self._save(kind, self._record(key), document_of(kind, content))):
            self.contents[key], self.refs[key] = content, refs

    def _attempt(self, act: Callable[[], object]) -> bool:
        try:
            with transaction.atomic():
                act()
        except (ValidationError, Refused):
            return False
        self.done += 1
        return True

    def _save(self, kind: str, record: Record | None, document: dict[str, object]) -> Record:
        serializer = SERIALIZERS[kind](record, data=document, partial=record is not None)
        serializer.is_valid(raise_exception=True)
        saved: Record = serializer.save()
        code, note = self.why()
        services.save(saved, by=None, reason_code=code, reason_note=note)
        return saved

    def _pair(self) -> list[str]:
        """A survivor, and what may be merged into it."""
        kind = self.random.choice(["actor", "incident"])
        return self.random.sample([key for key, has in self.kinds.items() if has == kind], 2)

    def _join(self, survivor: str, absorbed: str) -> None:
        records = self._record(survivor), self._record(absorbed)
        self._attempt(lambda: merging.merge(*records, by=None, reason_note="The same."))

    def _pick(self) -> str:
        return self.random.choice(list(self.kinds))

    def _record(self, key: str) -> Record:
        found: Record = registry.get(self.known()[key]).model.objects.get(pk=key)
        return found

    def why(self) -> tuple[str | None, str]:
        """The reason of a change: a code of the list, and a note."""
        return "correction", ""

    def known(self) -> Mapping[str, str]:
        """The kinds of the records that may be named."""
        return self.kinds

    def _choose(self, kind: str, key: str | None = None) -> list[str | None]:
        refs: list[str | None] = []
        for place, of in enumerate(REFERS[kind]):
            found = [k for k, has in self.known().items() if has == of and k != key and k not in refs]
            named = found and (place < NEEDED[kind] or self.random.random() < 0.4)
            refs.append(self.random.choice(found) if named else None)
        return refs
