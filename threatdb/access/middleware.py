"""What surrounds each request: the rate limits of the API, and the headers that every answer carries."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

from threatdb.api.errors import plain

from . import limits
from .counters import Taken

GetResponse = Callable[[HttpRequest], HttpResponseBase]

API = "/api/"
TOO_MANY = "More than the {quota} {name} that are allowed in {window} seconds. Try again in {seconds} seconds."


class RateLimits:
    """Counts each request to the API, also one that leads nowhere, and refuses those beyond the budget."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        budget = limits.budget_of(request)
        if not budget.quota or not request.path_info.startswith(API):
            return self.get_response(request)
        taken = limits.take(request, budget)
        response = self.get_response(request) if taken.allowed else self.refusal(budget, taken)
        limits.tell(response, budget, taken)
        return response

    def refusal(self, budget: limits.Budget, taken: Taken) -> HttpResponseBase:
        words = {"name": budget.name, "quota": f"{budget.quota:,}", "window": limits.WINDOW, "seconds": taken.seconds}
        return plain(429, TOO_MANY.format(**words))


class AnswerHeaders:
    """Puts on each answer what browsers and caches have to know, unless the view has said it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        for name, value in settings.ANSWER_HEADERS.items():
            response.setdefault(name, value)
        if request.path_info.startswith(API):
            # Who asks decides what is answered, whether he is known by a token or by a session.
            patch_vary_headers(response, ("Accept", "Authorization", "Cookie"))
        return response
