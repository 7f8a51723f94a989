"""Work in sight with hidden work in between, which can be done again just so with the hidden work left out."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from random import Random
from types import SimpleNamespace

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from threatdb.records import merging, registry, review, services, unmerging
from threatdb.records.choices import State
from threatdb.records.markings import Marking
from threatdb.records.models import Merge, Record, Tombstone

from .kinds import NEEDED, content_of, document_of
from .work import Move, Work

HIDDEN = "Zanzibar"
"""What hidden work calls everything."""

FEWEST = 12
"""Records that each keeps to go on with."""


class Time:
    """The clock and the source of ids, so that a piece of work in sight has the same of both, whatever is between."""

    def __init__(self, began: datetime, seed: int) -> None:
        self.began, self.seed = began, seed
        self.seen, self.between = 0, 0
        self._drawn: dict[datetime, Random] = {}

    def pass_in_sight(self) -> None:
        """The next instant of what is done in sight."""
        self.seen, self.between = self.seen + 1, 0

    def pass_unseen(self) -> None:
        """An instant before that."""
        self.between += 1

    def now(self) -> datetime:
        """Constant within one act, and another one in each."""
        return self.began + timedelta(seconds=self.seen, milliseconds=self.between)

    def told(self, act: int) -> str:
        """The instant of an act in sight, as clients write it."""
        return (self.began + timedelta(seconds=act)).isoformat().replace("+00:00", "Z")

    @contextmanager
    def ruling(self) -> Iterator[Time]:
        """Have everything ask here for instants and ids."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(timezone, "now", self.now)
            patch.setattr(uuid, "os", SimpleNamespace(urandom=self._urandom))
            yield self

    def _urandom(self, count: int) -> bytes:
        return self._drawn.setdefault(self.now(), Random(f"{self.seed} {self.now()}")).randbytes(count)


class Timed(Work):
    """Work that goes by that clock, merges and undoes of its own alone, and restores editions that readers saw."""

    def __init__(self, time: Time, seed: int) -> None:
        self.time = time
        self.merges: list[Merge] = []
        super().__init__(seed)

    def go_back(self) -> None:
        """Discard what is pending, take up what was withdrawn, or restore an earlier edition."""
        key = self._pick()
        index = registry.get(self.kinds[key]).index.objects.filter(record_id=key, since__isnull=False)
        numbers = list(index.order_by("pk").values_list("revision__number", flat=True))
        acts: list[Move] = [review.discard, services.reopen]
        if numbers:
            number = self.random.choice(numbers)
            acts.append(lambda record, by: review.restore(record, by=by, number=number, reason_code="correction"))
        act = self.random.choice(acts)
        self._attempt(lambda: act(self._record(key), by=None))

    def merge(self) -> None:
        """Merge two records, or undo the last merge."""
        if self.merges and self.random.random() < 0.5:
            last = self.merges.pop()
            self._attempt(lambda: unmerging.unmerge(last, by=None, note="They are two."))
        else:
            self._join(*self._pair())

    def purge(self) -> None:
        """Purge a record, while enough are left to go on with."""
        if len(self.kinds) > FEWEST:
            super().purge()

    def _join(self, survivor: str, absorbed: str) -> None:
        records = self._record(survivor), self._record(absorbed)
        self._attempt(lambda: self.merges.append(merging.merge(*records, by=None, reason_note="The same.")))


@dataclass
class Course:
    """What became of work in sight: the acts that were refused, and after which act a record went out of sight."""

    refused: set[int] = field(default_factory=set)
    lost: dict[int, str] = field(default_factory=dict)


class InSight(Timed):
    """What is done in both worlds. An act that hidden records held up in the first is left out of the second.

    A record that was withdrawn may be taken over by hidden work; in both worlds nothing is done with it in sight then.
    """

    def __init__(self, time: Time, course: Course | None = None) -> None:
        self.again, self.course = course is not None, course or Course()
        super().__init__(time, time.seed)

    def why(self) -> tuple[str | None, str]:
        # A note is for those who curate: of an edition with no more than that readers are told no reason.
        return super().why() if self.time.seen % 2 else (None, "Noted.")

    def give_up(self, key: str) -> None:
        """Leave a record that readers lost to hidden work."""
        self.course.lost[self.time.seen] = key
        self.forget(key)

    def step(self) -> None:
        # Even where it does nothing, so that each step is known by its last instant.
        self.time.pass_in_sight()
        super().step()
        if self.again and (key := self.course.lost.get(self.time.seen)):
            self.forget(key)

    def _attempt(self, act: Callable[[], object]) -> bool:
        self.time.pass_in_sight()
        if self.again and self.time.seen in self.course.refused:
            return False
        if super()._attempt(act):
            return True
        assert not self.again, "Hidden work made something possible."
        self.course.refused.add(self.time.seen)
        return False


class Unseen(Timed):
    """Work that readers cleared up to ``above`` may not notice: what is marked higher, and what nobody published.

    Where they see no working copies (``drafts``), a draft is hidden from them whatever its marking, and so is an edit
    of what they see until it is discarded again.
    """

    names = [HIDDEN]
    slugs = HIDDEN.lower()

    def __init__(self, time: Time, others: InSight, above: Marking, *, drafts: bool) -> None:
        self.others, self.above, self.drafts = others, above, drafts
        super().__init__(time, time.seed + 1)
        self.moves = [self._publish, self._publish, services.submit, services.send_back, services.withdraw]

    def why(self) -> tuple[str | None, str]:
        return "out_of_scope", HIDDEN

    def known(self) -> Mapping[str, str]:
        return {**self.others.kinds, **self.kinds}

    def step(self) -> None:
        super().step()
        if self.drafts:
            self.touch()
            if self.random.random() < 0.1:
                self.take_over()

    def take_over(self) -> None:
        """Take up what readers lost, raise it out of their sight, and perhaps publish it."""
        stones = Tombstone.objects.filter(record_id__in=list(self.others.kinds), survivor_id=None)
        lost = stones.order_by("seq").first()
        if lost is None or len(self.others.kinds) <= FEWEST:
            return
        key = str(lost.record_id)
        for own, theirs in zip(self.kept(), self.others.kept(), strict=True):
            own[key] = theirs[key]
        self.others.give_up(key)
        self._attempt(lambda: services.reopen(self._record(key), by=None))
        self.mark(key)

    def create(self, kind: str, marking: int, *, publish: bool) -> None:
        super().create(kind, marking if self.drafts and not publish else self._hidden_marking(), publish=publish)

    def rename(self) -> None:
        self.mark()

    def mark(self, key: str | None = None) -> None:
        """Give a record another marking out of their sight, and the only name there is."""
        key = key or self._pick()
        self._edit(key, self._hidden_marking(), HIDDEN, self.refs[key])
        if self.random.random() < 0.5:
            self._attempt(lambda: self._publish(self._record(key), by=None))

    def touch(self) -> None:
        """Edit what they see, perhaps have it submitted and returned, and discard it."""
        keys = self.random.sample(list(self.others.kinds), len(self.others.kinds))
        key = next((key for key in keys if self._record(key).state == State.PUBLISHED), None)
        if key is not None and self._edit_of_another(key):
            acts: list[Move] = [services.submit, services.send_back]
            for act in acts[: self.random.randint(0, 2)]:
                self._attempt(partial(act, self._record(key), by=None, note=HIDDEN))
            discarded = self._attempt(lambda: review.discard(self._record(key), by=None, note=HIDDEN))
            assert discarded, "What is hidden would come to light."

    def _edit_of_another(self, key: str) -> bool:
        kind, refs = self.others.kinds[key], self.others.refs[key]
        chosen = self._choose(kind, key)
        if None not in chosen[: NEEDED[kind]]:
            refs = chosen
        content = content_of(kind, 0, HIDDEN, refs)
        document = {name: value for name, value in document_of(kind, content).items() if name != "marking"}
        return self._attempt(lambda: self._save(kind, self._record(key), {**document, "tags": [HIDDEN.lower()]}))

    def _publish(self, record: Record, *, by: None) -> None:
        if record.marking <= self.above:
            raise ValidationError("Readers would see it.")
        services.publish(record, by=by)

    def _pair(self) -> list[str]:
        """Two of its own; or what stands for one that they may not see is something that they see."""
        survivor, absorbed = super()._pair()
        if self.random.random() < 0.3 and self._record(absorbed).marking > self.above:
            kind = self.kinds[absorbed]
            survivor = self.random.choice([key for key, has in self.others.kinds.items() if has == kind])
        return [survivor, absorbed]

    def _join(self, survivor: str, absorbed: str) -> None:
        one = self._record(survivor)
        # A change that waits, or a record that is out of sight today, would take over what readers come to see later.
        if survivor in self.kinds or (one.state == State.PUBLISHED and one.marking <= self.above):
            super()._join(survivor, absorbed)

    def _hidden_marking(self) -> int:
        return self.random.choice([self.above + 1, Marking.RED])

    def _attempt(self, act: Callable[[], object]) -> bool:
        self.time.pass_unseen()
        return super()._attempt(act)
