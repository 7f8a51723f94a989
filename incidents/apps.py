from django.apps import AppConfig


class IncidentsConfig(AppConfig):
    """What happened, who took part by whose account, what it cost, and who claims or denies it."""

    name = "incidents"
    verbose_name = "Incidents and claims"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from threatdb.imports import exported, formats
        from threatdb.records import registry

        from .columns import CLAIMS, INCIDENTS
        from .documents import ClaimType, IncidentType
        from .importers.acled import Acled
        from .importers.gtd import Gtd
        from .importers.ucdp_ged import UcdpGed
        from .serializers import ClaimSerializer, IncidentSerializer

        registry.register(IncidentType(), IncidentSerializer)
        registry.register(ClaimType(), ClaimSerializer)
        for kind in (UcdpGed, Gtd, Acled):
            formats.register(kind)
        exported.register("incident", "incidents", INCIDENTS)
        exported.register("claim", "claims", CLAIMS)
