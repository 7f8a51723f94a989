"""The API of matching: candidates for one name, or for up to 500."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, ClassVar

from django.utils.functional import cached_property
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from threatdb.api import conditional, values
from threatdb.api.errors import InvalidParameters, parameter_error
from threatdb.api.families import GrammarFilter, Single
from threatdb.api.filters import query_form, refuse_unknown, refuse_unread
from threatdb.api.schema import FORMAT, SIGHT, Schema, filter_parameters
from threatdb.api.sight import PARAMETERS, Sight, sight_of
from threatdb.api.writes import bodies

from .batches import limit_of, read_batch
from .finding import DEFAULT_LIMIT, MAX_LIMIT, candidates_among, decided
from .register import Register, register_for
from .schema import ANSWER, ANSWERS, MatchAutoSchema

QUESTION: dict[str, GrammarFilter] = {
    **Single(
        "The name, in any script and spelling.",
        parse=values.text,
        schema={"type": "string", "minLength": 1, "maxLength": values.MAX_TEXT},
    ).filters("name"),
    **Single(
        "The day on which the name was used.", parse=values.day, schema={"type": "string", "format": "date"}
    ).filters("on"),
    **Single(
        "How many candidates are wanted.",
        parse=limit_of,
        schema={"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
    ).filters("limit"),
}


class ActorMatchViewSet(ViewSet):
    """The actors that names may mean, each with a score and the reasons for it."""

    schema = MatchAutoSchema()
    in_pages = False
    response_schema: ClassVar[Schema] = ANSWER
    batch_schema: ClassVar[Schema] = ANSWERS

    @cached_property
    def sight(self) -> Sight:
        """What the request looks at."""
        return sight_of(self.request)

    @classmethod
    def describe_parameters(cls, lists: bool) -> Sequence[Schema]:
        """The query parameters, for the OpenAPI description; those of the batch stand in its body."""
        own = list(filter_parameters(QUESTION)) if lists else []
        return [*({**one, "required": True} if one["name"] == "name" else one for one in own), *SIGHT, FORMAT]

    def list(self, request: Request) -> Response:
        """The actors that one name may mean, the likeliest first."""
        refuse_unknown(request, [*QUESTION, "format", *PARAMETERS])
        form = query_form(QUESTION, request.query_params, self.sight)
        refuse_unread(form)
        given = {name: found[0] for name, found in form.cleaned_data.items() if found}
        if "name" not in given:
            raise InvalidParameters([parameter_error("name", "Give the name to be matched.", "required")])

        def found(position: int) -> dict[str, Any]:
            register = register_for(self.sight)
            return answer(register, given["name"], given.get("on"), given.get("limit", DEFAULT_LIMIT))

        return conditional.answer(request, self.sight, found)

    def create(self, request: Request) -> Response:
        """The same for up to 500 names at once. It reads, and needs no more than reading does."""
        refuse_unknown(request, ["format", *PARAMETERS])
        sight = self.sight
        batch = read_batch(bodies.read(request._request, (bodies.JSON,)))
        register = register_for(sight)
        results = [answer(register, name, on, batch.limit) for name, on in batch.names]
        return Response({"count": len(results), "results": results}, headers={"Cache-Control": "no-store"})


def answer(register: Register, name: str, on: date | None, limit: int) -> dict[str, Any]:
    """What is said of one name. ``match`` is the id of the actor that is meant, where that is plain enough."""
    # Whether the first is far enough ahead is seen from the second, also where one alone is asked for.
    found = candidates_among(register, name, on=on, limit=max(limit, 2))
    meant = decided(found)
    return {
        "name": name,
        "on": on.isoformat() if on else None,
        "match": meant.actor["id"] if meant else None,
        "candidates": [candidate.as_json() for candidate in found[:limit]],
    }
