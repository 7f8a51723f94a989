"""What keeps the service from being served: settings with which nobody else should reach it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core import checks

SHORTEST_KEY = 50
FEWEST_LETTERS = 5


def reasons_not_to_serve() -> Iterator[str]:
    """A sentence for each setting with which the service is not safe to serve."""
    if settings.DEBUG:
        yield "DEBUG is on, which shows settings and tracebacks to whoever asks: unset it, or use ./run runserver."
    key = settings.SECRET_KEY
    if len(key) < SHORTEST_KEY or len(set(key)) < FEWEST_LETTERS or key.startswith("django-insecure-"):
        yield (
            f"SECRET_KEY can be guessed, and with it sessions and cursors forged: it has to be random and have at least"
            f" {SHORTEST_KEY} characters. Take its line out of .env, and ./run writes a new one."
        )


def refuse_unsafe_settings() -> None:
    """Ends the process with those sentences, if there are any, before it listens."""
    reasons = list(reasons_not_to_serve())
    if reasons:
        raise SystemExit("\n".join(f"threatdb is not served: {reason}" for reason in reasons))
    return


@checks.register(checks.Tags.security, deploy=True)
def check_settings(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """The same for ``manage.py check --deploy``."""
    return [checks.Error(reason, id="threatdb.E001") for reason in reasons_not_to_serve()]
