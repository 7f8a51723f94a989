"""Merges into records that were purged are forgotten: what they absorbed is withdrawn like any other record."""

from django.db import migrations


def forget(apps, schema_editor):
    merge, revision = (apps.get_model("records", name) for name in ("Merge", "Revision"))
    purged = revision.objects.filter(action="purge").values("record_id")
    merge.objects.filter(survivor_id__in=purged).delete()


class Migration(migrations.Migration):
    dependencies = [("records", "0004_heirs_of_merged_records")]

    operations = [migrations.RunPython(forget, migrations.RunPython.noop)]
