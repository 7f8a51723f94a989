from django.apps import AppConfig


class ActorsConfig(AppConfig):
    """Actors and the relationships between them."""

    name = "actors"
    verbose_name = "Actors"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from threatdb.imports import exported, formats
        from threatdb.records import registry

        from .columns import ACTORS, RELATIONSHIPS
        from .documents import ActorType, RelationshipType
        from .importers.misp_galaxy import MispGalaxy
        from .importers.ofac import Ofac
        from .importers.ucdp_actors import UcdpActors
        from .serializers import ActorSerializer, RelationshipSerializer

        registry.register(ActorType(), ActorSerializer)
        registry.register(RelationshipType(), RelationshipSerializer)
        for kind in (UcdpActors, Ofac, MispGalaxy):
            formats.register(kind)
        exported.register("actor", "actors", ACTORS)
        exported.register("relationship", "relationships", RELATIONSHIPS)
