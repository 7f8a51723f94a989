"""Keys of parts are drawn at random: counted ones told, in the forms of the admin, how many others there were."""

import threatdb.records.models
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assessments', '0004_terms_by_their_index_alone'),
    ]

    operations = [
        migrations.AlterField(
            model_name='assessmentcitation',
            name='id',
            field=models.BigIntegerField(default=threatdb.records.models.random_key, editable=False, primary_key=True, serialize=False),
        ),
        migrations.AlterField(
            model_name='assessmentplace',
            name='id',
            field=models.BigIntegerField(default=threatdb.records.models.random_key, editable=False, primary_key=True, serialize=False),
        ),
        migrations.AlterField(
            model_name='assessmentsubject',
            name='id',
            field=models.BigIntegerField(default=threatdb.records.models.random_key, editable=False, primary_key=True, serialize=False),
        ),
        migrations.AlterField(
            model_name='evidence',
            name='id',
            field=models.BigIntegerField(default=threatdb.records.models.random_key, editable=False, primary_key=True, serialize=False),
        ),
    ]
