"""``manage.py seed``: loads the corpus once, keeps what people wrote, and refuses a broken file whole."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from shutil import copytree

import pytest
import yaml
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from incidents.models import Incident
from tests.corpus import CORPUS, FIXTURES, loaded, put
from threatdb.records import documents, services
from threatdb.records.models import Revision
from threatdb.settings import BASE_DIR

pytestmark = pytest.mark.django_db

SEEDS = BASE_DIR / "seeds"


@pytest.fixture(autouse=True)
def _vocabularies() -> None:
    put(loaded(FIXTURES))


def seed(folder: Path = SEEDS) -> str:
    told = StringIO()
    call_command("seed", str(folder), stdout=told)
    return told.getvalue()


def corpus_size() -> int:
    return sum(len(yaml.safe_load(path.read_text(encoding="utf-8"))) for path in SEEDS.glob("*.yaml"))


def ledger() -> list[tuple[int, str]]:
    return list(Revision.objects.values_list("seq", "document"))


def test_it_publishes_every_record_of_the_corpus() -> None:
    assert seed() == f"Seed corpus: {corpus_size()} created.\n"

    states = {record_id: documents.load(text)["state"] for record_id, text in latest()}
    assert len(states) == corpus_size()
    assert set(states.values()) == {"published"}


def latest() -> list[tuple[object, str]]:
    """The newest document of each record."""
    rows = Revision.objects.order_by("seq").values_list("record_id", "document")
    return list(dict(rows).items())


def test_a_second_run_changes_nothing_and_says_so() -> None:
    put(loaded(CORPUS))
    before = ledger()

    told = seed()

    assert told == f"The seed corpus is loaded already: {corpus_size()} records, nothing changed.\n"
    assert ledger() == before


def test_a_record_that_somebody_edited_is_kept() -> None:
    put(loaded(CORPUS))
    incident = Incident.objects.get(title="Taliban conquest of Kabul")
    incident.title = "Edited"
    incident.save()
    services.save(incident, by=User.objects.create_user("curator"), reason_note="A better title.")

    told = seed()

    incident.refresh_from_db()
    assert incident.title == "Edited"
    assert told.endswith("1 were edited since and are kept as they are.\n")


def changed_corpus(folder: Path, file: str, old: str, new: str) -> Path:
    """A copy of the corpus with other words in one file."""
    copy = folder / "seeds"
    copytree(SEEDS, copy)
    path = copy / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return copy


def keep(path: Path, keys: set[str]) -> None:
    """Leaves those records alone in the file."""
    records = yaml.safe_load(path.read_text(encoding="utf-8"))
    path.write_text(yaml.safe_dump([one for one in records if one["key"] in keys]), encoding="utf-8")


def test_a_corrected_fact_becomes_a_new_edition(tmp_path: Path) -> None:
    put(loaded(CORPUS))
    corrected = changed_corpus(tmp_path, "incidents.yaml", "Taliban conquest of Kabul", "Taliban takes Kabul")

    told = seed(corrected)

    assert told == f"Seed corpus: {corpus_size() - 1} unchanged, 1 updated.\n"
    newest = Revision.objects.filter(action="publish").latest("seq")
    document = documents.load(newest.document)
    assert (document["title"], newest.reason_note) == ("Taliban takes Kabul", "Seed corpus")


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("incidents.yaml", "kind: single", "kind: singel", "taliban-conquest-of-kabul-2021"),
        ("incidents.yaml", "title: Taliban", "tittle: Taliban", "There is no such field."),
        ("incidents.yaml", "actor: taliban", "actor: nobody", "There is no actor"),
        ("claims.yaml", "claimant: iskp", "claimant: [", "claims.yaml is not YAML"),
    ],
)
def test_a_broken_file_is_refused_whole(tmp_path: Path, file: str, old: str, new: str, told: str) -> None:
    broken = changed_corpus(tmp_path, file, old, new)
    # The broken incident is the first; what goes before it and is written is enough to be taken back.
    keep(broken / "actors.yaml", {"taliban", "former-afghan-government", "iskp"})
    (broken / "relationships.yaml").unlink()

    with pytest.raises(CommandError, match=told):
        seed(broken)

    assert ledger() == []


def test_records_that_name_each_other_in_a_ring_are_refused(tmp_path: Path) -> None:
    ring = [
        {"key": "a", "id": "7ca99840-1ce7-431e-a45f-5ef8414b3a8b", "links": [{"kind": "part_of", "incident": "b"}]},
        {"key": "b", "id": "d59c0469-b8dc-44f9-95c4-0e3c9bdf81c5", "links": [{"kind": "part_of", "incident": "a"}]},
    ]
    (tmp_path / "incidents.yaml").write_text(yaml.safe_dump(ring), encoding="utf-8")

    with pytest.raises(CommandError, match="incidents name each other in a ring"):
        seed(tmp_path)


def test_an_unknown_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="There is no folder"):
        seed(tmp_path / "nowhere")
