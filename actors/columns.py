"""The flat columns of actors and relationships."""

from __future__ import annotations

from sources.columns import IDENTIFIERS, TAGS, cited
from threatdb.api.exports.columns import RECORD, Column, Kind, column, listed

ACTORS = (
    *RECORD,
    column(Kind.TEXT, "slug", "Short name in addresses."),
    column(Kind.TEXT, "name", "Primary name."),
    column(Kind.CODE, "kind", "What it is."),
    column(Kind.CODE, "status", "Whether it is active."),
    column(Kind.TEXT, "founded", "Year, month or day of its founding."),
    column(Kind.TEXT, "dissolved", "Year, month or day of its end."),
    column(Kind.TEXT, "summary", "Summary."),
    listed("names", "Its other names.", "names", "name"),
    listed("name_kinds", "What kind of name each is, in the same order.", "names", "kind"),
    listed("phase_kinds", "What it was, phase by phase.", "phases", "kind"),
    listed("phase_starts", "When each phase began.", "phases", "valid_from"),
    listed("phase_ends", "When each phase ended.", "phases", "valid_to"),
    listed("designations", "Authorities that have listed it.", "designations", "authority"),
    IDENTIFIERS,
    TAGS,
    *cited(),
)


def actor(key: str, words: str) -> tuple[Column, ...]:
    """The columns of an actor that is embedded under that key."""
    return (
        column(Kind.ID, f"{key}_id", f"Id of {words}.", key, "id"),
        column(Kind.TEXT, key, f"Name of {words}.", key, "name"),
    )


RELATIONSHIPS = (
    *RECORD,
    column(Kind.CODE, "kind", "What the subject is to the object."),
    *actor("subject", "the actor that it is told of"),
    *actor("object", "the other actor"),
    listed("content", "What it consists of.", "content"),
    column(Kind.DAY, "start_earliest", "The earliest day on which it may have begun.", "period", "start", "earliest"),
    column(Kind.DAY, "start_latest", "The latest day on which it may have begun.", "period", "start", "latest"),
    column(Kind.DAY, "end_earliest", "The earliest day on which it may have ended.", "period", "end", "earliest"),
    column(Kind.DAY, "end_latest", "The latest day on which it may have ended.", "period", "end", "latest"),
    column(
        Kind.CODE, "period_precision", "How wide the intervals of its beginning and end are.", "period", "precision"
    ),
    column(Kind.TEXT, "period_as_reported", "The period in the words of the report.", "period", "as_reported"),
    column(Kind.CODE, "likelihood", "How likely it is (ICD 203), or confirmed."),
    column(Kind.TEXT, "likelihood_as_reported", "The likelihood in the words of the report."),
    column(Kind.TEXT, "conditions", "On what it depends."),
    column(Kind.TEXT, "means", "By what means it is kept up."),
    column(Kind.TEXT, "summary", "Summary."),
    TAGS,
    *cited(),
)
