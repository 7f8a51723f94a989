from django.apps import AppConfig
from django.contrib.admin import apps


# Django's AdminConfig is not imported by name: Django would take it for a second default of this module.
class CurationAdminConfig(apps.AdminConfig):
    """Django's admin with the curators' site as its default."""

    default = False
    default_site = "threatdb.curation.site.CurationSite"


class CurationConfig(AppConfig):
    """What the curators work in: the admin site, its shared pages and the bases of its models' pages."""

    default = True
    name = "threatdb.curation"
    label = "curation"
    verbose_name = "Curation"
