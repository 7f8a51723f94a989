"""The rule of ICD 203 that a likelihood and a confidence never stand in one statement."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError

_LIKELIHOOD = re.compile(
    r"\b(almost (no chance|certain(ly)?)|remote|(very|highly) (un)?(likely|probable)|(un)?likely|(im)?probabl[ey]"
    r"|roughly even (chance|odds)|nearly certain)\b",
    re.IGNORECASE,
)
_CONFIDENCE = re.compile(
    r"\b(low|moderate|medium|high|little|some|great|full) confidence\b|\bconfiden(t|tly)\b", re.IGNORECASE
)
_SENTENCE = re.compile(r"(?<=[.!?;])\s+")

WHY = (
    "A likelihood and a confidence stand in one sentence here. Likelihood says how probable the event is, confidence "
    "how good the basis of the judgement is (ICD 203): give each in its own field."
)


def refuse_mixture(text: str) -> None:
    """Raise ``ValidationError`` where one sentence states both a likelihood and a confidence."""
    for sentence in _SENTENCE.split(text):
        if _LIKELIHOOD.search(sentence) and _CONFIDENCE.search(sentence):
            raise ValidationError(WHY, code="likelihood_and_confidence")


def refuse_confidence(text: str) -> None:
    """Raise ``ValidationError`` where the words of a likelihood speak of confidence."""
    if _CONFIDENCE.search(text):
        raise ValidationError(
            "These are words of confidence, not of likelihood: give them in confidence_as_reported.",
            code="likelihood_and_confidence",
        )


def refuse_likelihood(text: str) -> None:
    """Raise ``ValidationError`` where the words of a confidence speak of likelihood."""
    if _LIKELIHOOD.search(text):
        raise ValidationError(
            "These are words of likelihood, not of confidence: give them in likelihood_as_reported.",
            code="likelihood_and_confidence",
        )
