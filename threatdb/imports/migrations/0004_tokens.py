import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("access", "0001_initial"),
        ("imports", "0003_waiting"),
    ]

    operations = [
        migrations.AddField(
            model_name="batch",
            name="token",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="access.token",
            ),
        ),
    ]
