"""By what the scores of assessments can be grouped."""

from __future__ import annotations

from actors.dimensions import Actors
from threatdb.api.grouping import Column, Dimension, Period, Terms

GROUPINGS: dict[str, Dimension] = {
    "author": Column("Who judged.", "author"),
    "actor": Actors("Actor on whom something is judged.", "actor"),
    "country": Terms("Country on which something is judged.", "country"),
    "year": Period("Year of issue; null where it is not known.", 4),
    "month": Period("Month of issue, as YYYY-MM; null where it is not known.", 7),
    "likelihood": Column("Likelihood.", "likelihood"),
    "confidence": Column("Confidence.", "confidence"),
    "outcome": Column("Whether it came true.", "outcome"),
}
