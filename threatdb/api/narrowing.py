"""``fields=`` and ``omit=``: fewer keys in each document."""

from __future__ import annotations

from collections.abc import Callable, Collection

import orjson
from rest_framework.request import Request

from .errors import InvalidParameters, did_you_mean, nearest, parameter_error

Narrow = Callable[[str], str]


def read_narrowing(request: Request, known: Collection[str]) -> Narrow | None:
    """What to do to each stored document, or nothing where the whole is asked for.

    Raises ``InvalidParameters`` for keys that documents do not have.
    """
    keys = read_keys(request, known)
    return None if keys is None else narrowing(keys)


def narrowing(keys: Collection[str]) -> Narrow:
    """What leaves these keys alone in a stored document."""
    return lambda text: _narrow(text, keys)


def read_keys(request: Request, known: Collection[str]) -> list[str] | None:
    """The keys that are asked for, or nothing where all are.

    Raises ``InvalidParameters`` for keys that documents do not have.
    """
    kept, dropped = _names(request, "fields", known), _names(request, "omit", known)
    if kept is None and dropped is None:
        return None
    return [k for k in known if (kept is None or k in kept) and k not in (dropped or ())]


def _names(request: Request, parameter: str, known: Collection[str]) -> list[str] | None:
    if parameter not in request.query_params:
        return None
    names = ",".join(request.query_params.getlist(parameter)).split(",")
    errors = [
        parameter_error(
            parameter,
            f"Documents have no field “{name[:60]}”.{did_you_mean(name, known)}",
            "unknown",
            nearest(name, known),
        )
        for name in names
        if name not in known
    ]
    if errors:
        raise InvalidParameters(errors[:10])
    return names


def _narrow(text: str, keys: Collection[str]) -> str:
    document = orjson.loads(text)
    return orjson.dumps({key: value for key, value in document.items() if key in keys}).decode()
