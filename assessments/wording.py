"""The rule of ICD 203 that a likelihood and a confidence never stand in one statement."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError

# Whom "likely" only describes: the likely perpetrators are persons, and no event of which somebody says how probable.
_DESCRIBED = (
    r"perpetrator|culprit|suspect|attacker|author|target|victim|candidate|successor|partner|all[yi]e?"
    r"|cause|motive|origin|source|route|site|place|location"
)
_CHANCE = r"(?:chance|likelihood|probability|possibility|prospect)s?"
_LIKELIHOOD = re.compile(
    rf"\b(?:almost no chance|(?:almost|nearly|virtually) certain(?:ly)?|roughly even (?:chances?|odds)"
    rf"|(?:(?:very|highly|most|more|less) )?(?:un)?likely(?! (?:{_DESCRIBED})s?\b)"
    rf"|(?:(?:very|highly|most) )?(?:im)?probabl[ey](?! (?:{_DESCRIBED})s?\b)"
    # "Remote" alone is said of places.
    rf"|remote {_CHANCE}|{_CHANCE} (?:is|are|seems?|remains?) remote|(?<!.)remote(?=\W*$|\s*[,;(])"
    rf"|(?:in all|low|high|strong) (?:likelihood|probability)|\d+ ?(?:%|per ?cent) {_CHANCE})(?!\w)",
    re.IGNORECASE,
)

# Others than whoever judges have confidence too: the public in a state, a parliament in a government.
_JUDGED = (
    r"judge?ment|assessment|estimate|forecast|prediction|conclusion|finding|basis|evidence|information|source|report"
)
_IN_ANOTHER_SENSE = (
    rf"(?![ -](?:building|vote|motion|interval)"
    rf"| in (?!(?:this|that|it|these)\W*$|(?:this|that|it|these)[,;.)]|(?:\S+ ){{0,2}}(?:{_JUDGED})))"
)
_DEGREE = r"(?:low|lower|lowest|moderate|medium|high|higher|highest|little|limited|no|some|good|strong|great|full)"
_WHO = r"(?:we|i|analysts?|assessors?|authors?|experts?|officials?|agenc(?:y|ies)|services?)"
_SURE = r"(?:am|is|are|was|were|remains?|feels?)(?: \w+)? confident"
_CONFIDENCE = re.compile(
    rf"(?<!vote of )(?<!motion of )\b{_DEGREE}(?: (?:degree|level) of)?[ -]confidence\b{_IN_ANOTHER_SENSE}"
    rf"|\b(?:our|my|analytic(?:al)?) confidence\b|\bconfidence(?: level)?(?::| \() ?{_DEGREE}\b"
    rf"|\b{_WHO} {_SURE}\b|\bconfidently (?:assess|judge|expect|predict|conclude|estimate|believe)",
    re.IGNORECASE,
)
# Where nothing but a likelihood is expected, whoever is confident is the one who judges.
_CONFIDENT = re.compile(r"\bconfident(?:ly)?\b", re.IGNORECASE)

# What stands in brackets behind a sentence belongs to it, and what begins small is no new one.
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?![a-z(])")

CODE = "likelihood_and_confidence"


def refuse_mixture(text: str) -> None:
    """Raise ``ValidationError`` where one sentence states both a likelihood and a confidence."""
    for sentence in _SENTENCE.split(text):
        likelihood, confidence = _found(sentence)
        if likelihood and confidence:
            raise _both(likelihood, confidence)


def refuse_confidence(text: str) -> None:
    """Raise ``ValidationError`` where the words of a likelihood speak of confidence."""
    _refuse("confidence", "likelihood", text)


def refuse_likelihood(text: str) -> None:
    """Raise ``ValidationError`` where the words of a confidence speak of likelihood."""
    _refuse("likelihood", "confidence", text)


def _refuse(kind: str, expected: str, text: str) -> None:
    likelihood, confidence = _found(text)
    found = {"likelihood": likelihood, "confidence": confidence or _first(_CONFIDENT, text)}
    if all(found.values()):
        raise _both(**found)
    if found[kind]:
        raise _other(kind, expected, found[kind])


def _found(text: str) -> tuple[str, str]:
    """The first words of a likelihood and the first of a confidence, empty where there are none."""
    return _first(_LIKELIHOOD, text), _first(_CONFIDENCE, text)


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(" ".join(text.split()))
    return found[0] if found else ""


def _both(likelihood: str, confidence: str) -> ValidationError:
    return ValidationError(
        "A likelihood and a confidence stand together here, which are two things (ICD 203), how probable the event is "
        f"and how good the basis of the judgement: write “{likelihood}” in likelihood_as_reported, “{confidence}” in "
        "confidence_as_reported, and the term of each in likelihood and in confidence.",
        code=CODE,
    )


def _other(kind: str, expected: str, words: str) -> ValidationError:
    return ValidationError(
        f"These are words of {kind}, not of {expected}: write “{words}” in {kind}_as_reported, and its term in {kind}.",
        code=CODE,
    )
