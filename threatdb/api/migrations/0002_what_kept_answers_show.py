from http import HTTPStatus
from typing import Any

import threatdb.records.fields
from django.db import migrations, models

MARKINGS = [(0, "TLP:CLEAR"), (1, "TLP:GREEN"), (2, "TLP:AMBER"), (3, "TLP:AMBER+STRICT"), (4, "TLP:RED")]


def forget(apps: Any, schema_editor: Any) -> None:
    """Answers that were kept before do not say what they embed: no purge could find them, so they are forgotten now.

    Their keys stay for the rest of the day, so that nothing is written twice.
    """
    kept = apps.get_model("api", "KeptAnswer").objects.filter(status__isnull=False)
    kept.update(status=HTTPStatus.GONE, headers={}, body=b"", shown=[])


class Migration(migrations.Migration):

    dependencies = [
        ("api", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="keptanswer",
            name="embedded",
            field=models.JSONField(default=list, help_text="Ids of records that those name."),
        ),
        migrations.AddField(
            model_name="keptanswer",
            name="purged",
            field=threatdb.records.fields.RankField(
                choices=MARKINGS, help_text="Highest marking of what it showed and was purged since.", null=True
            ),
        ),
        migrations.AlterField(
            model_name="keptanswer",
            name="fingerprint",
            field=threatdb.records.fields.BoundedCharField(
                help_text="Keyed digest of method, address and body.", max_length=64
            ),
        ),
        migrations.AlterField(
            model_name="keptanswer",
            name="shown",
            field=models.JSONField(default=list, help_text="Ids of what the body is about."),
        ),
        migrations.RunPython(forget, migrations.RunPython.noop),
    ]
