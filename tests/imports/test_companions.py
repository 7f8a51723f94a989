"""Records that rows tell of beside their own: the claims of the incidents in GTD."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from incidents.models import Claim, Incident
from incidents.serializers import ClaimSerializer
from sources.models import Licence, Source
from tests.factories.records import change
from threatdb.imports import batches, running
from threatdb.imports.batches import Wish
from threatdb.imports.choices import Decision
from threatdb.imports.deciding import decide, visible_conflicts
from threatdb.imports.models import COUNTS, Batch, BatchRow, Origin
from threatdb.records import documents, services
from threatdb.records.markings import Marking
from threatdb.records.models import Record, Revision
from threatdb.records.purging import purge
from threatdb.records.visibility import Viewer
from threatdb.records.writing import Author

from .gtd import make_codes, write

pytestmark = pytest.mark.django_db

Import = Callable[..., Batch]


@pytest.fixture
def bring(db: None, tmp_path: Path) -> Import:
    """Imports rows of GTD, given by the cells in which they differ; keywords are those of a wish."""
    make_codes()
    Licence.objects.create(code="gtd", label="GTD", redistributable=False)

    def run(*rows: dict[str, str], **wish: Any) -> Batch:
        path = write(tmp_path / "gtd.csv", *rows)
        batch = batches.open_batch(path, Wish(**wish))
        assert running.claim(batch)
        return running.run(batch, path)

    return run


def counts(batch: Batch) -> dict[str, int]:
    batch.refresh_from_db()
    return {name: number for name in COUNTS if (number := getattr(batch, name))}


def latest(record: Record) -> dict[str, Any]:
    record.refresh_from_db()
    return documents.load(Revision.objects.get(pk=record.latest_seq or 0).document)


def codes(batch: Batch) -> list[str]:
    return [p["code"] for row in BatchRow.objects.filter(batch=batch) for p in row.listed_problems()]


def test_a_claimed_row_becomes_an_incident_and_its_claim(bring: Import) -> None:
    batch = bring({})

    incident, claim = Incident.objects.get(), Claim.objects.get()
    assert (counts(batch), batch.warnings) == ({"created": 1}, 0)
    assert (claim.state, claim.marking, claim.number) == ("draft", Marking.AMBER, 1)
    document = latest(claim)
    assert {key: document[key] for key in ("stance", "date", "mode", "stated_motive", "authenticity")} == {
        "stance": "claims",
        "date": None,
        "mode": "video",
        "stated_motive": "Revenge.",
        "authenticity": "unverified",
    }
    assert document["claimant"]["name"] == "Blue Front"
    assert [leaf["id"] for leaf in document["incidents"]] == [str(incident.pk)]
    assert document["citations"][0]["source"]["id"] == str(Source.objects.get().pk)
    # Nothing that readers of the incident see tells of a claim that is a draft.
    assert (latest(incident)["claims"], incident.number) == ([], 1)


def test_published_it_comes_after_its_incident_which_then_shows_it(bring: Import) -> None:
    batch = bring({"gname2": "Red Front", "claim2": "1"}, publish=True)

    assert (counts(batch), batch.warnings) == ({"created": 1}, 0)
    assert {claim.state for claim in Claim.objects.all()} == {"published"}
    document = latest(Incident.objects.get())
    assert [claim["claimant"]["name"] for claim in document["claims"]] == [
        claim.claimant.name for claim in Claim.objects.order_by("pk")
    ]
    assert (document["state"], document["claim_status"]) == ("published", "contested")
    # Made, published, and shown anew once for both claims.
    assert Incident.objects.get().number == 3


def test_the_same_rows_change_nothing(bring: Import) -> None:
    bring({}, {"eventid": "202102030002"})
    before = Revision.objects.count(), Origin.objects.count()

    assert counts(bring({}, {"eventid": "202102030002"})) == {"unchanged": 2}
    assert (Revision.objects.count(), Origin.objects.count()) == before


def test_a_changed_claim_updates_the_row_and_leaves_the_incident_alone(bring: Import) -> None:
    bring({})
    assert counts(bring({"motive": "Redress."})) == {"updated": 1}

    assert latest(Claim.objects.get())["stated_motive"] == "Redress."
    assert Incident.objects.get().number == 1


def test_a_row_that_was_claimed_since_gets_its_claim(bring: Import) -> None:
    bring({"claimed": "0"})
    assert not Claim.objects.exists()

    assert counts(bring({})) == {"updated": 1}
    assert latest(Claim.objects.get())["claimant"]["name"] == "Blue Front"


def test_a_claim_that_the_row_tells_no_more_stays_and_is_reported(bring: Import) -> None:
    bring({})
    batch = bring({"claimed": "0"})

    assert (counts(batch), codes(batch)) == ({"updated": 1}, ["no_longer_told"])
    assert Claim.objects.get().state == "draft"


def test_a_withdrawn_claim_stays_withdrawn_and_the_row_is_taken(bring: Import) -> None:
    bring({}, publish=True)
    services.withdraw(Claim.objects.get(), by=None, reason_code="other", note="Forged.")

    batch = bring({"motive": "Redress.", "nkill": "5"}, publish=True)
    assert (counts(batch), codes(batch)) == ({"updated": 1}, ["withdrawn"])
    assert latest(Incident.objects.get())["killed"]["best"] == 5
    assert Claim.objects.get().state == "withdrawn"


def test_an_edit_of_the_claim_is_kept_until_somebody_decides(bring: Import) -> None:
    bring({})
    change(ClaimSerializer, Claim.objects.get(), stated_motive="As they say, revenge.")

    batch = bring({"motive": "Redress.", "claimmode": "-9"})
    row = BatchRow.objects.get(batch=batch)
    assert counts(batch) == {"conflicts": 1}
    assert row.listed_conflicts() == {
        "claim-1/stated_motive": {"theirs": "Redress.", "ours": "As they say, revenge.", "decision": None}
    }
    # What nobody has edited is taken.
    assert latest(Claim.objects.get())["mode"] is None

    with pytest.raises(ValidationError, match="only one value"):
        decide(row, {"claim-1/stated_motive": Decision.BOTH}, Author())
    settled = decide(row, {"claim-1/stated_motive": Decision.THEIRS}, Author())
    assert (settled.outcome, counts(batch)) == ("updated", {"updated": 1})
    assert latest(Claim.objects.get())["stated_motive"] == "Redress."
    assert Incident.objects.get().number == 1


def test_nobody_reads_or_decides_the_conflicts_of_a_claim_that_he_does_not_see(bring: Import) -> None:
    bring({})
    change(ClaimSerializer, Claim.objects.get(), stated_motive="As they say, revenge.", marking="red")
    row = BatchRow.objects.get(batch=bring({"motive": "Redress."}))
    below = Viewer(clearance=Marking.AMBER, curates=True)

    assert list(visible_conflicts(row, Viewer(clearance=Marking.RED, curates=True))) == ["claim-1/stated_motive"]
    assert visible_conflicts(row, below) == {}
    with pytest.raises(ValidationError, match="nothing to decide"):
        decide(row, {"claim-1/stated_motive": Decision.THEIRS}, Author(below))


def test_a_dry_run_counts_what_a_real_one_does_and_leaves_nothing(bring: Import) -> None:
    bring({"claimed": "0"}, {"eventid": "202102030002"})
    before = Revision.objects.count()
    rows: list[dict[str, str]] = [{}, {"eventid": "202102030002"}]
    rows.append({"eventid": "202102030003", "gname2": "Red Front", "claim2": "1"})

    dry = bring(*rows, dry_run=True)
    assert (Revision.objects.count(), Claim.objects.count()) == (before, 1)
    real = bring(*rows)
    assert counts(dry) == counts(real) == {"created": 1, "updated": 1, "unchanged": 1}
    assert (dry.actors, Claim.objects.count()) == (real.actors, 4)


def test_of_a_purged_claim_nothing_stays_in_the_rows_of_its_incident(bring: Import) -> None:
    bring({"motive": "Canary-4711"})
    bring({"motive": "Canary-4711", "nkill": "5"})
    incident = Incident.objects.get()
    purge(Claim.objects.get(), by=None, reason_note="By order.")

    assert "Canary" not in str(list(BatchRow.objects.values()))
    assert {row.record_id for row in BatchRow.objects.all()} == {incident.pk}
    assert not Origin.objects.filter(record_type="claim").exists()
    # The same row changes nothing, and a changed one finds its incident.
    assert counts(bring({"motive": "Canary-4711", "nkill": "5"})) == {"unchanged": 1}
    assert counts(bring({"motive": "Another", "nkill": "5"})) == {"updated": 1}
