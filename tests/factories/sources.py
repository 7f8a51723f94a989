"""Sources for tests."""

from __future__ import annotations

from typing import Any

from sources.models import Source
from sources.serializers import SourceSerializer

from .records import make


def make_source(*, published: bool = False, **document: Any) -> Source:
    """A source; keywords are keys of its document."""
    base = {"kind": "article", "title": "A piece", "reliability": "B"}
    source: Source = make(SourceSerializer, base | document, published=published)
    return source
