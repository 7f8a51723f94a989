"""The one shape of error: problem details (RFC 9457) with a list of located errors."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

import orjson
from django.core.exceptions import ValidationError
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler as default_handler

from threatdb.records.references import Upward
from threatdb.records.services import Conflict
from threatdb.records.suggesting import did_you_mean as did_you_mean
from threatdb.records.suggesting import nearest as nearest

MEDIA_TYPE = "application/problem+json"

# Half of a pair that UTF-16 makes of one character: no text of UTF-8 has it.
SURROGATE = re.compile("[\ud800-\udfff]")

# One document can have no more mistakes than this told at a time.
MAX_ERRORS = 100

logger = logging.getLogger(__name__)


class InvalidParameters(exceptions.APIException):
    """One or more query parameters are not understood. Each error names its parameter."""

    status_code = HTTPStatus.BAD_REQUEST
    default_detail = "The query has parameters or values that are not understood."

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__()
        self.errors = errors


class Refused(exceptions.APIException):
    """A request that is understood but not granted, or a body that is not understood, with the errors located.

    ``members`` are what the problem details say beside that.
    """

    def __init__(
        self, status: int, detail: str, errors: Iterable[dict[str, Any]] = (), members: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status_code = int(status)
        self.errors = list(errors)
        self.members = dict(members or {})


def parameter_error(name: str, detail: str, code: str = "invalid", suggestions: Iterable[str] = ()) -> dict[str, Any]:
    """One located error of a query parameter; the nearest names go with it."""
    error: dict[str, Any] = {"pointer": f"/query/{name}", "parameter": name, "code": code}
    error["detail"] = detail
    if near := list(suggestions):
        error["suggestions"] = near
    return error


def body_error(pointer: str, detail: str, code: str = "invalid", suggestions: Iterable[str] = ()) -> dict[str, Any]:
    """One located error of a body; the pointer is RFC 6901's."""
    near = list(suggestions)
    return {"pointer": pointer, "code": code, "detail": detail} | ({"suggestions": near} if near else {})


def header_error(name: str, detail: str, code: str = "invalid") -> dict[str, Any]:
    """One located error of a header field."""
    return {"pointer": f"/headers/{name}", "parameter": name, "code": code, "detail": detail}


def escaped(key: str) -> str:
    """A key as a step of a JSON pointer."""
    return SURROGATE.sub("\ufffd", key).replace("~", "~0").replace("/", "~1")


def problem(status: int, detail: str, errors: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """The body of an error. ``type`` is about:blank: the status says what kind of problem it is."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
    }
    if errors:
        body["errors"] = errors
    return body


def exception_handler(exc: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """Turn whatever a view raises into problem details; what it does not know stays a server error.

    The bytes are made here, since a view that answers with pages or tables would render its errors so too.
    """
    if isinstance(exc, OperationalError):
        # The database is restarting or too busy: the client may try again, and should know when.
        logger.exception("The database did not answer.")
        return plain(503, "The database did not answer in time. Try again shortly.", headers={"Retry-After": "2"})
    exc = _translated(exc)
    response = default_handler(exc, context)
    if response is None:
        return None
    errors = errors_of(exc)[:MAX_ERRORS]
    kept = ("WWW-Authenticate", "Retry-After", "Allow")
    headers = {k: response[k] for k in kept if k in response}
    return plain(response.status_code, _sentence(exc, response), errors, headers, getattr(exc, "members", None))


def errors_of(exc: Exception) -> list[dict[str, Any]]:
    """The located errors of what a view or a service raised."""
    exc = _translated(exc)
    return getattr(exc, "errors", None) or list(_located(exc))


def refusal_of(exc: Exception) -> tuple[int, str]:
    """The status and the sentence under which what a service raised would be answered, were it all."""
    exc = _translated(exc)
    return (exc.status_code, str(exc.detail)) if isinstance(exc, Refused) else (HTTPStatus.BAD_REQUEST, NOT_UNDERSTOOD)


# What a service refuses because of where the record or another one stands, rather than what the request says.
OF_THE_STATE = frozenset({"wrong_state", "blocked", "merged", "not_mergeable", "no_conflict", "changed_since"})
# What it refuses because of who asks.
NOT_ALLOWED = frozenset({"raising_not_allowed", "own_change", "not_allowed"})


def _translated(exc: Exception) -> Exception:
    """What the services raise, as the API says it."""
    if isinstance(exc, Conflict):
        return Refused(HTTPStatus.CONFLICT, str(exc))
    if not isinstance(exc, ValidationError):
        return exc
    errors = list(_of_rules(exc))
    if NOT_ALLOWED & {error["code"] for error in errors}:
        return Refused(HTTPStatus.FORBIDDEN, errors[0]["detail"], errors)
    if OF_THE_STATE & {error["code"] for error in errors}:
        return Refused(HTTPStatus.CONFLICT, "This cannot be done to the record as things stand.", errors)
    return Refused(HTTPStatus.BAD_REQUEST, NOT_UNDERSTOOD, errors)


def _of_rules(exc: ValidationError) -> Iterable[dict[str, Any]]:
    """The errors of a rule, each at its field where it names one."""
    if isinstance(exc, Upward):
        for place in exc.places:
            yield body_error("".join(f"/{escaped(step)}" for step in place), exc.sentence, "upward")
        return
    found = exc.error_dict if hasattr(exc, "error_dict") else {"": exc.error_list}
    for name, errors in found.items():
        for error in errors:
            code = error.code or "invalid"
            field = "reason" if code == "reason_required" else name.replace("__all__", "")
            yield body_error(f"/{escaped(field)}" if field else "", " ".join(error.messages), code)


def _sentence(exc: Exception, response: Response) -> str:
    detail = getattr(exc, "detail", None)
    if isinstance(exc, exceptions.ValidationError):
        return NOT_UNDERSTOOD
    # Http404 carries whatever the code said; readers get the same words whether hidden or absent.
    return str(detail) if detail and response.status_code != HTTPStatus.NOT_FOUND else NOT_FOUND


NOT_FOUND = "There is nothing here."
SERVER_ERROR = "Something went wrong on our side; it has been logged."
NOT_UNDERSTOOD = "The body has fields that are not understood."


def _located(exc: Exception, path: str = "") -> Iterable[dict[str, Any]]:
    if isinstance(exc, exceptions.ValidationError):
        yield from _leaves(exc.detail, path)


def _leaves(detail: Any, path: str) -> Iterable[dict[str, Any]]:
    if isinstance(detail, dict):
        for key, value in detail.items():
            own = "" if key in ("non_field_errors", "__all__") else f"/{escaped(str(key))}"
            yield from _leaves(value, path + own)
    elif isinstance(detail, list):
        for position, value in enumerate(detail):
            # A list of objects has one for each item that was sent, empty where nothing is wrong with it.
            yield from _leaves(value, f"{path}/{position}" if isinstance(value, dict) else path)
    else:
        code = getattr(detail, "code", "invalid")
        yield body_error(path, str(detail), code, getattr(code, "suggestions", ()))


def plain(
    status: int,
    detail: str,
    errors: list[dict[str, Any]] | None = None,
    headers: dict[str, str] | None = None,
    members: dict[str, str] | None = None,
) -> HttpResponse:
    """Problem details as an answer that needs no renderer."""
    body = orjson.dumps(problem(status, detail, errors) | (members or {}))
    return HttpResponse(body, content_type=MEDIA_TYPE, status=status, headers=headers)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What Django itself refuses before a view runs, such as too many parameters."""
    return plain(400, "The request could not be understood.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """An address that leads nowhere."""
    return plain(404, NOT_FOUND)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Something that this user may not do."""
    return plain(403, "You may not do this.")


def server_error(request: HttpRequest) -> HttpResponse:
    """A fault of ours: the log has it, the answer tells nothing of the inside."""
    return plain(500, SERVER_ERROR)
