from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    """Changes sent to receivers who subscribe to them: signed, in order, each at least once."""

    name = "threatdb.webhooks"
    label = "webhooks"
    verbose_name = "Webhooks"
