"""Which form an answer takes: that of ``format=``, or else the one that ``Accept`` likes best (RFC 9110, 12.5.1)."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from rest_framework.exceptions import APIException
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

# More than any client sends; what follows is not read.
MAX_RANGES = 50


class NotOffered(APIException):
    """None of the forms that the client accepts is offered here."""

    status_code = HTTPStatus.NOT_ACCEPTABLE

    def __init__(self, offered: Sequence[BaseRenderer]) -> None:
        super().__init__(f"None of what Accept names is offered here. Offered: {_listed(offered)}.")


class Negotiation(DefaultContentNegotiation):
    """The first of the forms on offer that fits; ``*/*`` and a missing header mean the first of all."""

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        named = request.query_params.get("format")
        if named is not None:
            # One that is not on offer is refused by the view, which names the parameter.
            chosen = next((one for one in renderers if one.format == named), renderers[0])
            return chosen, chosen.media_type
        ranges = _ranges(request.META.get("HTTP_ACCEPT", ""))
        liked = {one: _quality(one.media_type, ranges) for one in renderers}
        best: BaseRenderer = max(renderers, key=lambda one: liked[one])
        if not liked[best]:
            raise NotOffered(renderers)
        return best, best.media_type


def _listed(offered: Sequence[BaseRenderer]) -> str:
    return ", ".join(dict.fromkeys(one.media_type for one in offered))


def _ranges(header: str) -> dict[str, float]:
    """The media ranges of the header, each with its quality."""
    found: dict[str, float] = {}
    for part in header.split(",")[:MAX_RANGES]:
        name, *parameters = (word.strip().lower() for word in part.split(";"))
        if name:
            found[name] = _read_quality(parameters)
    return found or {"*/*": 1.0}


def _read_quality(parameters: Sequence[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0


def _quality(media_type: str, ranges: dict[str, float]) -> float:
    """How much the client likes a media type: what it says of it most closely counts."""
    kind = media_type.partition("/")[0]
    return next((ranges[name] for name in (media_type, f"{kind}/*", "*/*") if name in ranges), 0.0)
