"""The OpenAPI description and the pages that show it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.routers import APIRootView
from rest_framework.views import APIView

from .filters import refuse_unknown
from .renderers import JSONRenderer


class Page(APIView):
    """Something that takes the named parameters and refuses all others."""

    parameters: ClassVar[Sequence[str]] = ["format"]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        refuse_unknown(request, self.parameters)


class RootView(Page, APIRootView):
    """The resources of this API and where they are."""


class OpenAPIRenderer(BaseRenderer):
    """The description itself, as JSON, whatever the client accepts."""

    media_type = "application/vnd.oai.openapi+json"
    format = "json"
    charset = None

    def render(self, data: Any, *args: Any, **kwargs: Any) -> bytes:
        return JSONRenderer().render(data)


class SchemaView(Page, SpectacularAPIView):
    """OpenAPI 3.1 description of this API."""

    renderer_classes = [JSONRenderer, OpenAPIRenderer]


class DocsView(Page, SpectacularSwaggerSplitView):
    """The description as pages to read and try; all assets come from this service."""

    # Our own, since that of drf-spectacular holds a style, which the content policy forbids.
    template_name = "api/docs.html"
    # Asks for the page's own script rather than the page.
    parameters = ["script"]

    def get_title(self) -> str:
        return "threatdb API"
