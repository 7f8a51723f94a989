"""Content under a licence that forbids passing it on."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from sources.models import Licence, Source
from threatdb.records.markings import Marking

pytestmark = pytest.mark.django_db


@pytest.fixture
def restricted() -> Licence:
    return Licence.objects.create(code="restricted", label="Restricted", redistributable=False)


def source(licence: Licence | None, marking: Marking) -> Source:
    return Source(kind="dataset", title="Events", marking=marking, licence=licence)


def test_it_may_not_be_marked_clear(restricted: Licence) -> None:
    with pytest.raises(ValidationError) as refused:
        source(restricted, Marking.CLEAR).clean()

    assert refused.value.message_dict == {
        "marking": ["Content under the licence “Restricted” may not be marked TLP:CLEAR."]
    }


def test_it_may_be_marked_for_a_closed_circle(restricted: Licence) -> None:
    source(restricted, Marking.GREEN).clean()


def test_content_that_may_be_passed_on_may_be_clear() -> None:
    source(Licence.objects.create(code="open", label="Open", redistributable=True), Marking.CLEAR).clean()
    source(None, Marking.CLEAR).clean()
