"""Files on their way in: streamed to the disk, never whole in memory, and no longer than they may be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, cast

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, TemporaryFileUploadHandler
from django.http import HttpRequest, QueryDict
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from django.utils.datastructures import MultiValueDict
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.parsers import BaseParser, DataAndFiles

from threatdb.api.errors import Refused, body_error
from threatdb.api.writes import bodies

from . import store

FORM = "multipart/form-data"
BYTES = "application/octet-stream"

FILE = "file"
"""The field of a form that holds the file."""

# The field by which a form shows that it comes from a page of ours.
CSRF = "csrfmiddlewaretoken"

# How a file is called of which nobody says a name.
NAMELESS = "upload"

BLOCK = 1 << 16


class StoredUpload(TemporaryUploadedFile):
    """An uploaded file that already lies on the disk of the store, so that it can be moved there; gone once closed."""

    def __init__(self, name: str, *more: Any) -> None:
        file = NamedTemporaryFile(suffix=".upload", dir=store.folder())  # noqa: SIM115 - closed with the request
        UploadedFile.__init__(self, file, name, *more)

    @property
    def path(self) -> Path:
        """Where it lies until it is closed or moved."""
        return Path(self.temporary_file_path())


class UploadHandler(TemporaryFileUploadHandler):
    """Has the files of each form written to the disk, and refuses larger ones than their sender may send."""

    def handle_raw_input(self, input_data: Any, META: Any, content_length: int, *more: Any, **named: Any) -> None:  # noqa: N803
        limit = limit_for(self.request)
        if content_length > limit:
            raise RequestDataTooBig(f"Send at most {limit:,} bytes.")

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        FileUploadHandler.new_file(self, *args, **kwargs)
        self.file = StoredUpload(
            self.file_name or NAMELESS, self.content_type, 0, self.charset, self.content_type_extra
        )


class AsItComes(BaseParser):
    """Leaves forms to Django, and any other body unread: to look for the token of a session's page, DRF parses them."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        request = parser_context["request"]._request
        if request.content_type != FORM:
            return DataAndFiles(QueryDict(), MultiValueDict())
        return DataAndFiles(request.POST, request.FILES)


def limit_for(request: HttpRequest | None) -> int:
    """How many bytes of a form its sender may send: those who may import send files."""
    user = getattr(request, "user", None)
    may_import = user is not None and user.has_perm("imports.run_imports")
    return int(settings.IMPORT_MAX_BYTES if may_import else settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


@contextmanager
def received(request: HttpRequest) -> Iterator[StoredUpload]:
    """The file that a request of the API brings: in a form, or as its body.

    Raises ``UnsupportedMediaType``, and ``Refused`` where it is too long or broken.
    """
    bodies.refuse_long(request, settings.IMPORT_MAX_BYTES)
    if request.content_type not in (FORM, BYTES):
        told = f"Send the file in the field “{FILE}” of {FORM}, or as the body with the media type {BYTES}."
        raise UnsupportedMediaType(request.content_type or "", detail=told)
    try:
        file = _of_form(request) if request.content_type == FORM else _of_body(request)
    except RequestDataTooBig:
        raise bodies.too_large(settings.IMPORT_MAX_BYTES) from None
    except (MultiPartParserError, TooManyFieldsSent, TooManyFilesSent) as error:
        raise _broken(f"The form cannot be read: {error}.") from None
    except UnreadablePostError:
        raise _broken("The body broke off.") from None
    with file:
        yield file


def _of_form(request: HttpRequest) -> StoredUpload:
    for name in request.FILES:
        if name != FILE:
            raise _broken(f"There is no field “{name[:60]}” for a file: use “{FILE}”.", f"/{name[:60]}", "unknown")
    files = request.FILES.getlist(FILE)
    if len(files) != 1:
        raise _broken(f"Send one file, in the field “{FILE}”.", f"/{FILE}", "repeated" if files else "required")
    (found,) = files
    return cast(StoredUpload, found)


def _of_body(request: HttpRequest) -> StoredUpload:
    file = StoredUpload(NAMELESS)
    file.size = 0
    while block := request.read(BLOCK):
        file.write(block)
        file.size += len(block)
    file.flush()
    if file.size < int(request.META.get("CONTENT_LENGTH") or 0):
        file.close()
        raise _broken("The body broke off.")
    return file


def _broken(detail: str, pointer: str = "", code: str = "invalid") -> Refused:
    told = [body_error(pointer, detail, code)]
    return Refused(HTTPStatus.BAD_REQUEST, "The upload could not be read.", told)
