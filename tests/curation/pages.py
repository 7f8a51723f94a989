"""Rows for every page of the admin, and what a hostile or broken client asks of them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group, User

from sources.models import Licence
from tests.factories.actors import make_actor, make_relationship
from tests.factories.assessments import make_assessment
from tests.factories.incidents import make_claim, make_incident
from tests.factories.sources import make_source
from threatdb.access import tokens
from threatdb.curation.asking import AskingPages
from threatdb.imports.models import Batch
from threatdb.records import registry
from threatdb.records.models import Country
from threatdb.webhooks.models import Subscription

PAGES = sorted(admin.site._registry.items(), key=lambda item: item[0]._meta.label)
RECORDS = [record_type.model for record_type in registry.all_types()]

DIGITS = "9" * 40
HOSTILE = ("x(", "-1", DIGITS, "9" * 5000, "a\x00b", "NaN", "\U0010ffff")


def asking(page: Any) -> list[str]:
    """The names of the pages on which moves ask more than a button can, of a model's page."""
    return [offer.name for offer, _ in page.asked()] if isinstance(page, AskingPages) else []


def name(item: Any) -> str:
    """A readable id for a parametrised page or model."""
    return str(item._meta.label_lower) if hasattr(item, "_meta") else type(item).__name__


def make_rows(administrator: User) -> None:
    """At least one row in each table that has a page."""
    source = make_source(published=True, marking="clear")
    cited: Any = {"citations": [{"source": source}]}
    actor = make_actor(published=True, marking="clear", **cited)
    make_relationship(published=True, content=["military"], **cited)
    involvement = {"actor": actor, "role": "perpetrator", "basis": "claimed", **cited}
    incident = make_incident(
        tactics=["bombing"], targets=[{"type": "police"}], weapons=[{"type": "firearm"}],
        involvements=[involvement], casualty_reports=[{"source": source}], **cited,
    )  # fmt: skip
    make_claim(incidents=[incident], mode="telegram", **cited)
    make_assessment(subjects=[actor], **cited)
    Country.objects.get_or_create(code="AF", defaults={"name": "Afghanistan"})
    Licence.objects.get_or_create(code="cc-by", defaults={"label": "CC BY"})
    Group.objects.get_or_create(name="somebody")
    tokens.issue(owner=administrator, name="map")
    Batch.objects.create(
        format="ucdp-ged", file_name="ged.csv", digest="0" * 64, marking=0, clearance=0, by=administrator
    )
    subscription = Subscription.objects.create(
        owner=administrator, name="mirror", url="https://example.org", position=0
    )
    subscription.deliveries.create(kind="test")
