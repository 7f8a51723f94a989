from django.apps import AppConfig
from django.db.backends.signals import connection_created


class ApiConfig(AppConfig):
    """The JSON API: what is true of every resource."""

    name = "threatdb.api"
    label = "api"
    verbose_name = "API"

    def ready(self) -> None:
        from threatdb.records import registry

        from . import geometry, texts
        from .writes import idempotency

        registry.keeps(idempotency.forget)
        for module in (geometry, texts):
            connection_created.connect(module.give_sqlite_its_function)
