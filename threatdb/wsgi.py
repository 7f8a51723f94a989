"""The WSGI application that gunicorn serves."""

from __future__ import annotations

import os
import sys

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "threatdb.settings")

application = get_wsgi_application()

# Django's development server takes this application too, and is where DEBUG belongs.
if sys.argv[1:2] != ["runserver"]:
    from threatdb.checks import refuse_unsafe_settings

    refuse_unsafe_settings()
