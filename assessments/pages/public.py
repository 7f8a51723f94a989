"""The calibration as a picture that everybody may see, of what he may read."""

from __future__ import annotations

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from assessments import statistics
from assessments.models import AssessmentIndex
from threatdb.api import conditional
from threatdb.api.docs import Page
from threatdb.api.renderers import JSONRenderer, SVGRenderer
from threatdb.api.sight import Sight
from threatdb.api.viewing import viewer_of_request
from threatdb.pictures.svg import MEDIA_TYPE

from . import calibration


class CalibrationView(Page):
    """How judgements came true, as SVG: for each likelihood its band, and the share of what was judged so."""

    renderer_classes = [JSONRenderer, SVGRenderer]
    parameters = ()
    # A picture beside the description, and no part of it.
    schema = None

    def get(self, request: Request) -> HttpResponse | Response:
        """The picture, with the ETag of its bytes."""
        rows = Sight(viewer_of_request(request)).rows(AssessmentIndex)
        body = calibration.picture(statistics.calibration(rows)).encode()
        etag = conditional.strong_etag(body)
        if conditional.is_current(request, etag):
            return conditional.not_modified(request, etag)
        response = HttpResponse(body, content_type=MEDIA_TYPE)
        conditional.stamp(response, request, etag)
        return response
