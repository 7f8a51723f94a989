from django.apps import AppConfig


class AssessmentsConfig(AppConfig):
    """What analysts expect next, how likely they hold it to be, and whether it came true."""

    name = "assessments"
    verbose_name = "Assessments"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from threatdb.api.writes import moves
        from threatdb.imports import exported
        from threatdb.records import registry

        from .columns import ASSESSMENTS
        from .documents import AssessmentType
        from .moves import RESOLVE
        from .serializers import AssessmentSerializer

        registry.register(AssessmentType(), AssessmentSerializer)
        exported.register("assessment", "assessments", ASSESSMENTS)
        moves.add(RESOLVE)
