"""Keeping an answer for as long as nothing has changed that its class of viewer can notice."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from typing import TypeVar

from django.core.cache import cache
from rest_framework.request import Request

from .sight import Sight

KEPT = 24 * 3600

T = TypeVar("T")


def remembered(
    what: str, request: Request, sight: Sight, position: int, make: Callable[[], T], *, but: Collection[str] = ()
) -> T:
    """What ``make`` gives for this question and query, made once for each position of the class's head.

    Parameters named in ``but`` make no difference to it.
    """
    asked = sorted((name, value) for name, found in request.query_params.lists() if name not in but for value in found)
    key = repr((what, sight.viewer_class, position, asked)).encode()
    name = f"answer:{hashlib.blake2b(key, digest_size=16).hexdigest()}"
    found: T | None = cache.get(name)
    if found is None:
        found = make()
        cache.set(name, found, KEPT)
    return found
