"""Keys of parts are drawn at random: counted ones told, in the forms of the admin, how many others there were."""

import threatdb.records.models
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('incidents', '0004_terms_by_their_index_alone'),
    ]

    operations = [
        migrations.AlterField(
            model_name='casualtyreport',
            name='id',
            field=models.BigIntegerField(default=threatdb.records.models.random_key, editable=False, primary_key=True, serialize=False),
        ),
        migrations.AlterField(
            model_name='claimcitation',
            name='id',
            field=models.BigIntegerField(default=threatdb.records.models.random_key, editable=False, primary_key=True, serialize=False),
        ),
        migrations.AlterField(
            model_name='claimincident',
            name='id',
            field=models.BigIntegerField(default=threatdb.records.models.random_key, editable=False, primary_key=True, serialize=False),
        ),
        migrations.AlterField(
            model_name='claimmention',
            name='id',
            field=models.BigIntegerField(default=threatdb.records.models.random_key, editable=False, primary_key=True, serialize=False),
        ),
        migrations.AlterField(
            model_name='incidentcitation',
            name='id',
            field=models.BigIntegerField(default=threatdb.records.models.random_key, editable=False, primary_key=True, serialize=False),
        ),
        migrations.AlterField(
            model_name='incidentidentifier',
            name='id',
            field=models.BigIntegerField(default=threatdb.records.models.random_key, editable=False, primary_key=True, serialize=False),
        ),
        migrations.AlterField(
            model_name='incidentlink',
            name='id',
            field=models.BigIntegerField(default=threatdb.records.models.random_key, editable=False, primary_key=True, serialize=False),
        ),
        migrations.AlterField(
            model_name='incidenttactic',
            name='id',
            field=models.BigIntegerField(default=threatdb.records.models.random_key, editable=False, primary_key=True, serialize=False),
        ),
        migrations.AlterField(
            model_name='involvement',
            name='id',
            field=models.BigIntegerField(default=threatdb.records.models.random_key, editable=False, primary_key=True, serialize=False),
        ),
        migrations.AlterField(
            model_name='involvementcitation',
            name='id',
            field=models.BigIntegerField(default=threatdb.records.models.random_key, editable=False, primary_key=True, serialize=False),
        ),
        migrations.AlterField(
            model_name='target',
            name='id',
            field=models.BigIntegerField(default=threatdb.records.models.random_key, editable=False, primary_key=True, serialize=False),
        ),
        migrations.AlterField(
            model_name='weapon',
            name='id',
            field=models.BigIntegerField(default=threatdb.records.models.random_key, editable=False, primary_key=True, serialize=False),
        ),
    ]
