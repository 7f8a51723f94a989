"""Keys of parts are drawn at random: counted ones told, in the forms of the admin, how many others there were."""

import threatdb.records.models
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('actors', '0005_terms_by_their_index_alone'),
    ]

    operations = [
        migrations.AlterField(
            model_name='actorcitation',
            name='id',
            field=models.BigIntegerField(default=threatdb.records.models.random_key, editable=False, primary_key=True, serialize=False),
        ),
        migrations.AlterField(
            model_name='actorname',
            name='id',
            field=models.BigIntegerField(default=threatdb.records.models.random_key, editable=False, primary_key=True, serialize=False),
        ),
        migrations.AlterField(
            model_name='actorphase',
            name='id',
            field=models.BigIntegerField(default=threatdb.records.models.random_key, editable=False, primary_key=True, serialize=False),
        ),
        migrations.AlterField(
            model_name='designation',
            name='id',
            field=models.BigIntegerField(default=threatdb.records.models.random_key, editable=False, primary_key=True, serialize=False),
        ),
        migrations.AlterField(
            model_name='identifier',
            name='id',
            field=models.BigIntegerField(default=threatdb.records.models.random_key, editable=False, primary_key=True, serialize=False),
        ),
        migrations.AlterField(
            model_name='relationshipcitation',
            name='id',
            field=models.BigIntegerField(default=threatdb.records.models.random_key, editable=False, primary_key=True, serialize=False),
        ),
    ]
