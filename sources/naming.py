"""Naming a source in a filter."""

from __future__ import annotations

from threatdb.api.families import Term
from threatdb.api.sight import record_id


def source_term() -> Term:
    """The filter by a cited source, in any citation of the record."""
    return Term("Id of a source that is cited.", kind="source", parse_for=record_id)
