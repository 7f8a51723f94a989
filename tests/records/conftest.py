"""What several tests of merging and splitting begin with."""

from __future__ import annotations

import pytest

from actors.models import Actor
from tests.factories.actors import make_actor


@pytest.fixture
def two() -> tuple[Actor, Actor]:
    """The actor that stays and the one that goes, both published."""
    names = [{"name": "RF"}, {"name": "Rote Front", "kind": "primary", "language": "de"}]
    identifiers = [{"scheme": "ucdp", "value": "7"}]
    absorbed = make_actor(published=True, marking="clear", name="Red Front", names=names, identifiers=identifiers)
    survivor = make_actor(published=True, marking="clear", name="Red Army", names=[{"name": "RF"}])
    return survivor, absorbed
