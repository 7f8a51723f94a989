"""The OpenAPI description and the pages that show it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import APIRootView

from .filters import refuse_unknown
from .renderers import JSONRenderer


class RootView(APIRootView):
    """The resources of this API and where they are."""

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        refuse_unknown(request, ["format"])
        return super().get(request, *args, **kwargs)


class OpenAPIRenderer(BaseRenderer):
    """The description itself, as JSON, whatever the client accepts."""

    media_type = "application/vnd.oai.openapi+json"
    format = "json"
    charset = None

    def render(self, data: Any, *args: Any, **kwargs: Any) -> bytes:
        return JSONRenderer().render(data)


class SchemaView(SpectacularAPIView):
    """OpenAPI 3.1 description of this API."""

    renderer_classes = [JSONRenderer, OpenAPIRenderer]


class DocsView(SpectacularSwaggerSplitView):
    """The description as pages to read and try; all assets come from this service."""

    def get_title(self) -> str:
        return "threatdb API"
