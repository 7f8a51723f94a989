"""Matching of names: which actors a name may mean, in any script, spelling and language, and on which day.

``candidates`` is the one function for it: the API, the imports and the admin's hints at duplicates all ask it.
"""

from __future__ import annotations

from .finding import Candidate, candidates, decided

__all__ = ["Candidate", "candidates", "decided"]
