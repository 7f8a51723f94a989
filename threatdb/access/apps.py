from django.apps import AppConfig


class AccessConfig(AppConfig):
    """Who asks, what he may do, and how often: tokens, log-in, second factor, rate limits."""

    name = "threatdb.access"
    label = "access"
    verbose_name = "Access"

    def ready(self) -> None:
        # drf-spectacular finds the classes that describe authentication by their being imported.
        from . import openapi  # noqa: F401
