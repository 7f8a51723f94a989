from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """Records, ledger, markings and visibility."""

    name = "threatdb.records"
    label = "records"
    verbose_name = "Records and ledger"
    default_auto_field = "django.db.models.BigAutoField"
