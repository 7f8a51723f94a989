"""What may be asked of imports: to open one for a file, to take one up again, to cancel one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from threatdb.records.markings import Marking
from threatdb.records.services import SYSTEM
from threatdb.records.visibility import Viewer

from . import formats, store
from .choices import OPEN, BatchState, Phase
from .formats import Format
from .models import Batch
from .reading import BadRow, Row, Unreadable, open_sheet

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from threatdb.access.models import Token


# Uploaded files of one account that may lie in the store.
MAX_STORED = 20
# Rows that a preview shows.
FIRST = 10


@dataclass(frozen=True)
class Wish:
    """What somebody wants of an import, beside the file."""

    format: str | None = None
    release: str = ""
    marking: Marking | None = None
    publish: bool = False
    strict: bool = False
    dry_run: bool = False


@dataclass(frozen=True)
class Look:
    """What was seen of a file: its heading, its first rows, and how many it has where it was read to its end."""

    columns: list[str]
    first: Sequence[Row | BadRow] = ()
    total: int | None = None


def look_at(path: Path, seconds: float = 0) -> Look:
    """Read the file for so many seconds, or its heading alone. Raises ``Unreadable`` where that much cannot be read."""
    ends, total = monotonic() + seconds, 0
    first: list[Row | BadRow] = []
    with open_sheet(path) as sheet:
        for row in sheet.rows() if seconds else ():
            total += 1
            if total <= FIRST:
                first.append(row)
            elif monotonic() > ends:
                return Look(sheet.columns, first)
        return Look(sheet.columns, first, total if seconds else None)


def open_batch(path: Path, wish: Wish, *, by: User | None = None, viewer: Viewer = SYSTEM) -> Batch:
    """A batch for the file that waits to be run; nothing of its rows is read yet. Raises what ``prepared`` raises."""
    batch = prepared(path, look_at(path), wish, by=by, viewer=viewer)
    batch.save(force_insert=True)
    return batch


def prepared(
    path: Path,
    look: Look,
    wish: Wish,
    *,
    file_name: str = "",
    by: User | None = None,
    viewer: Viewer = SYSTEM,
    token: Token | None = None,
) -> Batch:
    """The batch for a file that was looked at, not saved yet; of a file that was sent with a token, the token stays.

    Raises ``ValidationError`` where it cannot be what the wish says, with the name of what is wrong, and ``Unreadable``
    where the heading is not that of its format.
    """
    columns = look.columns
    kind = _format(wish.format, columns)
    if faults := kind.faults(columns):
        raise Unreadable(
            " ".join(fault.detail for fault in faults), row=1, column=faults[0].column, code=faults[0].code
        )
    marking = kind.marking if wish.marking is None else wish.marking
    _refuse_marking(kind, marking, viewer)
    _refuse_publishing(wish, by)
    return Batch(
        format=kind.name,
        file_name=_shown_name(file_name or path.name),
        digest=digest_of(path),
        columns=columns if look.total is not None else [],
        total=look.total,
        release=wish.release.strip(),
        marking=marking,
        publish=wish.publish,
        strict=wish.strict,
        dry_run=wish.dry_run,
        phase=Phase.CHECKING if wish.strict else Phase.WRITING,
        by=by,
        token=token,
        clearance=viewer.clearance,
    )


def _format(name: str | None, columns: list[str]) -> type[Format]:
    if name is None:
        found = formats.recognised(columns)
        if not found:
            told = f"The columns are those of no known format. Name one: {', '.join(formats.names())}."
            raise _refusal("format", told)
        return found[0]
    try:
        return formats.get(name)
    except KeyError:
        known = ", ".join(formats.names())
        raise _refusal("format", f"There is no format “{name}”; use one of {known}.", "unknown") from None


def _refuse_marking(kind: type[Format], marking: Marking, viewer: Viewer) -> None:
    if marking < kind.lowest_marking:
        lowest = kind.lowest_marking
        told = f"The terms of {kind.label} keep its records at {lowest.label} (`{lowest.code}`) or above."
        raise _refusal("marking", told)
    if marking > viewer.clearance:
        raise _refusal("marking", f"This is above your clearance, {viewer.clearance.label}.")


@contextmanager
def stored(batch: Batch, path: Path) -> Iterator[None]:
    """Move the file of a new batch into the store. There it stays if the batch is saved meanwhile."""
    batch.stored = store.put(path)
    try:
        yield
    finally:
        if not Batch.objects.filter(pk=batch.pk).exists():
            store.remove(batch.stored)


@transaction.atomic
def import_in_earnest(dry: Batch, *, by: User, viewer: Viewer) -> Batch:
    """Open the import of which a dry run was made; the file goes over to it.

    Raises ``ValidationError`` where the file is not kept any more, and where this user may not import it so.
    """
    kept = Batch.objects.filter(pk=dry.pk, dry_run=True, state=BatchState.DONE, stored=dry.stored).exclude(stored="")
    if not kept.update(stored="", preview=None):
        raise ValidationError("The file is not kept any more: send it again.", code="wrong_state")
    wish = Wish(marking=Marking(dry.marking), publish=dry.publish)
    _refuse_marking(formats.get(dry.format), Marking(dry.marking), viewer)
    _refuse_publishing(wish, by)
    same = ("format", "file_name", "digest", "stored", "release", "marking", "publish", "strict", "columns", "total")
    batch = Batch(**{name: getattr(dry, name) for name in same}, by=by, clearance=viewer.clearance)
    batch.phase = Phase.CHECKING if batch.strict else Phase.WRITING
    batch.save(force_insert=True)
    return batch


def _refuse_publishing(wish: Wish, by: User | None) -> None:
    if not wish.publish or by is None:
        return
    if not by.has_perm("records.publish_records"):
        raise _refusal("publish", "To publish takes the permission to publish records.", "not_allowed")
    if not settings.ONE_PERSON_TEAM:
        told = "Nobody publishes his own change: import drafts, and ask somebody else who may publish them."
        raise _refusal("publish", told, "own_change")


def _refusal(name: str, detail: str, code: str = "invalid") -> ValidationError:
    """What is wrong with one thing that was wished."""
    return ValidationError({name: ValidationError(detail, code=code)})


def refuse_too_many(by: User) -> None:
    """Raise ``ValidationError`` where as many files of an account lie in the store as may."""
    if Batch.objects.filter(by=by).exclude(stored="").count() >= MAX_STORED:
        told = f"{MAX_STORED} files of yours are kept already: those that wait, and for a day those of dry runs."
        raise ValidationError(told, code="wrong_state")


def _shown_name(name: str) -> str:
    """The name without folders and without what no name should hold."""
    shown = "".join(c if c.isprintable() else "_" for c in name.replace("\\", "/").rsplit("/", 1)[-1])
    return shown[-255:].strip() or "file"


def digest_of(path: Path) -> str:
    """SHA-256 of a file in hexadecimal digits."""
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def unfinished(path: Path, wish: Wish, *, by: User | None = None) -> Batch | None:
    """The batch of the same file and wish that was cut off, and that nobody has a file of."""
    alike: dict[str, Any] = {"publish": wish.publish, "strict": wish.strict, "dry_run": wish.dry_run}
    rows = Batch.objects.filter(state__in=OPEN, stored="", by=by, release=wish.release.strip(), **alike)
    if wish.format:
        rows = rows.filter(format=wish.format)
    if wish.marking is not None:
        rows = rows.filter(marking=wish.marking)
    return rows.filter(digest=digest_of(path)).first() if rows.exists() else None


def cancel(batch: Batch) -> bool:
    """Stop a batch that waits or runs; what it has written stays. Whether there was anything to stop."""
    over = {"state": BatchState.CANCELLED, "finished_at": timezone.now(), "lease": None, "leased_until": None}
    return bool(Batch.objects.filter(pk=batch.pk, state__in=OPEN).update(**over))
