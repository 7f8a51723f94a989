from django.apps import AppConfig


class SourcesConfig(AppConfig):
    """Sources, and the citation that everything which cites is built on."""

    name = "sources"
    verbose_name = "Sources"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from threatdb.imports import exported
        from threatdb.records import registry

        from .columns import SOURCES
        from .documents import SourceType
        from .serializers import SourceSerializer

        registry.register(SourceType(), SourceSerializer)
        exported.register("source", "sources", SOURCES)
