"""What actors and relationships can be filtered by."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Q

from sources.naming import source_term
from threatdb.api.families import Code, Day, Family, Number, Single, Term, Text, Within
from threatdb.api.filters import RecordFilterSet
from threatdb.api.sight import Sight
from threatdb.api.values import Parse, text
from threatdb.records.choices import Likelihood
from threatdb.records.querysets import IndexQuerySet
from threatdb.records.search import fold_name
from threatdb.records.vocabularies import VocabularyEntry, with_narrower

from .choices import ActorKind, ActorStatus
from .models import RelationshipContent, RelationshipKind
from .naming import actor_named
from .spells import Days
from .then import ThenFilterSet


def codes_of(vocabulary: Any) -> Any:
    """A function that gives the codes of a vocabulary as they are now."""
    return lambda: set(vocabulary.objects.values_list("code", flat=True))


def tree_code(help_text: str, vocabulary: type[VocabularyEntry], *, nullable: bool = False) -> Code:
    """A filter by a code of a vocabulary, which stands for its narrower terms too."""
    codes, means = codes_of(vocabulary), partial(with_narrower, vocabulary)
    return Code(f"{help_text} A wider term stands for its narrower ones.", nullable=nullable, means=means, codes=codes)


def actor_term(help_text: str, kind: str = "") -> Term:
    """A filter by an actor: an id, a slug, or any name that only one visible actor bears."""
    return Term(f"{help_text} An id, a slug or an unambiguous name.", kind=kind, parse_for=actor_named)


def pair_of_actors(sight: Sight) -> Parse:
    """Reads two actors with a comma between."""
    read = actor_named(sight)

    def pair(value: str) -> tuple[Any, Any]:
        one, comma, other = value.partition(",")
        if not comma:
            raise ValueError("Write two actors with a comma between: between=iskp,taliban.")
        return read(one.strip()), read(other.strip())

    return pair


def between(rows: IndexQuerySet, found: list[tuple[UUID, UUID]]) -> IndexQuerySet:
    """Relationships of the two actors, in either direction."""
    one, other = found[0]
    there, back = Q(subject_id=one, object_id=other), Q(subject_id=other, object_id=one)
    return rows.filter(there | back)


def at_least(rows: IndexQuerySet, found: list[str]) -> IndexQuerySet:
    """Relationships whose likelihood is stated and is that term or a stronger one."""
    return rows.filter(likelihood_rank__gte=Likelihood(found[0]).rank)


def likelihoods() -> list[str]:
    """The terms of ICD 203, and ``confirmed``."""
    return list(Likelihood.values)


class ActorFilterSet(RecordFilterSet):
    families: ClassVar[dict[str, Family]] = {
        "slug": Text("Slug."),
        "name": Term(
            "Any name of the actor, whatever its script, case and accents.",
            parse=lambda value: fold_name(text(value)) or value,
        ),
        "primary_name": Text("Primary name.", column="name"),
        "kind": Code("Kind of actor today.", codes=lambda: ActorKind.values),
        "phase_kind": Term("Kind of actor in any phase.", codes=lambda: ActorKind.values),
        "status": Code("Status.", codes=lambda: ActorStatus.values),
        "founded": Text("Founded: 2015, 2015-01 or 2015-01-26.", nullable=True),
        "dissolved": Text("Dissolved: a year, month or day.", nullable=True),
        "identifier": Term("Identifier as SCHEME:VALUE."),
        "designation": Term("Authority that lists the actor."),
        "source": source_term(),
        "source_count": Number("How many sources it rests on."),
    }


class RelationshipFilterSet(ThenFilterSet):
    days = Days("start_earliest", "end_latest")
    span = "held"
    widened = ("actor", "subject", "object")

    families: ClassVar[dict[str, Family]] = {
        "kind": tree_code("Kind of relationship.", RelationshipKind),
        "content": Term("What passes between the two.", codes=codes_of(RelationshipContent)),
        "actor": actor_term("Actor on either side."),
        "subject": actor_term("Actor that is the subject."),
        "object": actor_term("Actor that is the object."),
        "between": Single(
            "Two actors with a comma between, in either direction.",
            parse_for=pair_of_actors,
            apply=between,
        ),
        "date_earliest": Day("Earliest start.", nullable=True),
        "date_latest": Day("Latest start.", nullable=True),
        "start_earliest": Day("Earliest start.", nullable=True),
        "start_latest": Day("Latest start.", nullable=True),
        "end_earliest": Day("Earliest end.", nullable=True),
        "end_latest": Day("Latest end.", nullable=True),
        "held": Within("Held", earliest="start_earliest", latest="end_latest"),
        "likelihood": Code("Likelihood.", codes=likelihoods, nullable=True),
        "min_likelihood": Single("Likelihood of at least this term.", codes=likelihoods, apply=at_least),
        "source": source_term(),
        "source_count": Number("How many sources it rests on."),
    }
