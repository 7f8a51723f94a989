from django.apps import AppConfig


class ImportsConfig(AppConfig):
    """Data sets of others, brought in row by row: read, mapped, written as drafts, and accounted for."""

    name = "threatdb.imports"
    label = "imports"
    verbose_name = "Imports"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from threatdb.records import registry

        from .forgetting import forget

        registry.keeps(forget)
