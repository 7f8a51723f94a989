"""Loading the synthetic records through the ledger, in bulk.

Working tables are written by ``bulk.insert``. Each batch is then read back and rendered by the record type's
own ``body`` and ``reverse``, as ``documents.render`` does, and put in force by one ``ledger.append``. What is
left out is the review before it (one revision for each record instead of two) and ``full_clean``; the
constraints of the database hold as always. Claims come last, and ``propagation.refresh`` embeds them in
their incidents, which therefore stand at their second revision, as they would after a publication.

Of more than ``BLOCK`` incidents the first block alone is made so, and the others are its copies (``multiplying``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from tqdm import tqdm

from incidents.models import Involvement, InvolvementCitation
from threatdb.records import bulk, documents, ledger, propagation, registry
from threatdb.records.choices import Action
from threatdb.records.embedding import Embedder
from threatdb.records.ledger import Act, Entry
from threatdb.records.models import Head
from threatdb.records.registry import Document, RecordType

from . import database, multiplying, plain
from .synthetic import MADE_AT, SEED, Bundle, World

BATCH = 1000
# Incidents that are made one by one; more are a multiple of them.
BLOCK = 25_000

PARTS = {
    "source": (),
    "actor": ("names", "phases", "designations", "identifiers", "citations"),
    "incident": (
        *("tactics", "targets", "weapons", "involvements__citations", "casualty_reports"),
        *("links", "identifiers", "citations"),
    ),
    "claim": ("covers", "mentions", "citations"),
}

# What the documents and their index are made by: after a change of these a database is loaded anew.
MADE_BY = (
    *("*/migrations/*.py", "*/*/migrations/*.py", "*/documents.py", "*/documents/*.py"),
    *("tests/bench/synthetic.py", "tests/bench/loading.py", "tests/bench/multiplying.py", "tests/bench/plain.py"),
)


def wanted(incidents: int) -> dict[str, Any]:
    """The parameters by which a database is known to hold what would be loaded."""
    root = Path(settings.BASE_DIR)
    digest = hashlib.sha256()
    for path in sorted(path for pattern in MADE_BY for path in root.glob(pattern)):
        digest.update(path.read_bytes())
    return {"incidents": incidents, "seed": SEED, "made_by": digest.hexdigest()[:16]}


def prepare(incidents: int, *, fresh: bool = False, name: str | None = None) -> bool:
    """Switch to the benchmark's database, loaded anew unless it holds the same already; says whether it was.

    A database that is named is taken as it was loaded, whatever it was loaded with.
    """
    parameters = wanted(incidents)
    target = name or database.own_name()
    if not fresh and database.exists(target):
        database.use(target)
        held = database.parameters()
        if held == parameters or (name and held):
            call_command("migrate", verbosity=0, interactive=False)
            return False
    database.create(target)
    call_command("migrate", verbosity=0, interactive=False)
    call_command("load_fixtures", verbosity=0)
    load(incidents)
    plain.make_indexes()
    database.remember(parameters)
    database.settle()
    return True


def load(incidents: int, *, quiet: bool = False, block: int = BLOCK) -> None:
    """Load the synthetic records into the database in use, whose ledger is empty."""
    world, loader = World(), Loader()
    world.sources = loader.publish("source", list(world.make_sources()))
    world.actors = loader.publish("actor", list(world.make_actors()))
    after, heads = ledger.position(), dict(Head.objects.values_list("pk", "position"))
    _load_block(world, loader, min(incidents, block), quiet)
    copies = incidents // block - 1
    if copies > 0:
        made = multiplying.multiply(multiplying.Block(after, heads), copies)
        for _ in tqdm(made, total=copies, desc="Copies", unit=" copies", disable=quiet or None):
            pass


def _load_block(world: World, loader: Loader, incidents: int, quiet: bool) -> None:
    made = bulk.batches(world.make_incidents(incidents), BATCH)
    claimed: list[tuple[Any, ...]] = []
    with tqdm(total=incidents, desc="Incidents", unit=" incidents", disable=quiet or None) as bar:
        for batch in made:
            loader.publish("incident", batch)
            claimed += [
                (b.record.pk, b.parts[0].actor_id, b.record.date_earliest)  # type: ignore[attr-defined]
                for b in batch
                if world.is_claimed()
            ]
            bar.update(len(batch))
    claims = (world.make_claim(*about) for about in claimed)
    with tqdm(total=len(claimed), desc="Claims", unit=" claims", disable=quiet or None) as bar:
        for batch in bulk.batches(claims, BATCH):
            loader.publish("claim", batch)
            loader.embed_claims(batch)
            bar.update(len(batch))


class Loader:
    """Publishes batches of records that are in no table yet."""

    def __init__(self) -> None:
        self.act = Act(MADE_AT)
        # Actors and sources are read once for the whole load; they do not change during it.
        self.embedder = Embedder()

    @transaction.atomic
    def publish(self, name: str, bundles: Sequence[Bundle]) -> list[UUID]:
        """Put the records in force; returns their ids."""
        kind = registry.get(name)
        ids = [bundle.record.pk for bundle in bundles]
        # The pointers are known before the revisions are there: nobody else writes here.
        for seq, bundle in enumerate(bundles, start=ledger.position() + 1):
            bundle.record.latest_seq = bundle.record.published_seq = seq
        self._insert(kind, bundles)
        entries = self._entries(kind, ids)
        ledger.append(entries, self.act)
        assert [e.seq for e in entries] == [b.record.latest_seq for b in bundles]
        return ids

    def embed_claims(self, claims: Iterable[Bundle]) -> None:
        """Show the claims in the incidents that they cover."""
        covered = [claim.parts[0].incident_id for claim in claims]  # type: ignore[attr-defined]
        with transaction.atomic():
            propagation.refresh(registry.get("incident"), covered, self.act, _as_it_is, behind=covered)

    def _insert(self, kind: RecordType, bundles: Sequence[Bundle]) -> None:
        bulk.insert(kind.model, [bundle.record for bundle in bundles])
        parts = sorted((part for bundle in bundles for part in bundle.parts), key=lambda part: part._meta.label)
        for model, rows in groupby(parts, key=type):
            bulk.insert(model, list(rows))
        self._insert_involvement_citations(bundles)

    def _insert_involvement_citations(self, bundles: Sequence[Bundle]) -> None:
        """The database gave the involvements their ids."""
        waiting = {b.record.pk: b.involvement_citation for b in bundles if b.involvement_citation}
        first = Involvement.objects.filter(incident__in=waiting, position=0)
        for incident, involvement in first.values_list("incident_id", "pk"):
            waiting[incident].involvement_id = involvement
        bulk.insert(InvolvementCitation, list(waiting.values()))

    def _entries(self, kind: RecordType, ids: list[UUID]) -> list[Entry]:
        rows = kind.model._base_manager.prefetch_related(*PARTS[kind.name]).in_bulk(ids)
        # Nothing in the ledger names a record that is new, so what one shows from behind is what all show.
        behind: Document = {}
        entries = []
        for record_id in ids:
            document = {**documents.head(kind, rows[record_id]), **kind.body(rows[record_id], self.embedder)}
            behind = behind or kind.reverse(document)
            entries.append(Entry(kind, record_id, 1, 1, Action.PUBLISH, {**document, **behind}, in_force=True))
        return entries


def _as_it_is(kind: RecordType, document: Document) -> Document:
    return document
