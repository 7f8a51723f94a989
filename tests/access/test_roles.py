"""Which permissions and clearance each role of an installation has."""

from __future__ import annotations

from itertools import pairwise

import pytest

from threatdb.records.markings import Marking
from threatdb.records.visibility import viewer_of

from .conftest import MakeAccount

pytestmark = pytest.mark.django_db

ROLES = ["reader", "contributor", "curator", "administrator"]
CLEARANCES = [Marking.GREEN, Marking.AMBER, Marking.AMBER_STRICT, Marking.RED]
FROM_CONTRIBUTOR, FROM_CURATOR, ADMINISTRATOR = ROLES[1:], ROLES[2:], ROLES[3:]

# Who holds each permission that is more than looking at and editing tables.
HELD = {
    "records.curate_records": FROM_CONTRIBUTOR,
    "records.submit_records": FROM_CONTRIBUTOR,
    "records.publish_records": FROM_CURATOR,
    "records.withdraw_records": FROM_CURATOR,
    "imports.run_imports": FROM_CURATOR,
    "webhooks.add_subscription": FROM_CURATOR,
    "webhooks.manage_subscriptions": ADMINISTRATOR,
    "records.purge_records": ADMINISTRATOR,
    "access.manage_tokens": ADMINISTRATOR,
    "auth.change_user": ADMINISTRATOR,
    "auth.change_group": ADMINISTRATOR,
}


@pytest.mark.parametrize(("role", "clearance"), list(zip(ROLES, CLEARANCES, strict=True)))
def test_clearances(account: MakeAccount, role: str, clearance: Marking) -> None:
    assert viewer_of(account(role)).clearance == clearance


@pytest.mark.parametrize("role", ROLES)
def test_permissions(account: MakeAccount, role: str) -> None:
    user = account(role)
    assert {name: user.has_perm(name) for name in HELD} == {name: role in roles for name, roles in HELD.items()}


def test_each_role_holds_all_that_the_one_before_it_holds(account: MakeAccount) -> None:
    held = [account(role).get_all_permissions() for role in ROLES]
    assert all(lower < higher for lower, higher in pairwise(held))


def test_a_reader_holds_nothing_but_his_clearance(account: MakeAccount) -> None:
    assert account("reader").get_all_permissions() == {"records.clearance_green"}
