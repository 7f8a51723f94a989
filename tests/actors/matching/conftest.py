"""A register of the corpus, made once."""

from __future__ import annotations

import pytest

from actors.matching.register import Register

from . import corpus

# Fewer made-up names than in the benchmark, so that the tests take a second.
NAMES = 2000


@pytest.fixture(scope="session")
def register() -> Register:
    return corpus.register(NAMES)
