"""The ASGI application, for servers that speak nothing else; WSGI costs less than half per request."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "threatdb.settings")

application = get_asgi_application()
