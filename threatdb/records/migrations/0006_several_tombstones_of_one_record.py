"""Who lost a record under one marking is told of that while it is there again, or lost again, under a higher one."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0005_forget_merges_into_the_purged'),
    ]

    operations = [
        migrations.AlterField(
            model_name='tombstone',
            name='record_id',
            field=models.UUIDField(),
        ),
        migrations.AlterField(
            model_name='tombstone',
            name='seq',
            field=models.BigIntegerField(help_text='Ledger position of the loss.', primary_key=True, serialize=False),
        ),
        migrations.AddConstraint(
            model_name='tombstone',
            constraint=models.UniqueConstraint(fields=('record_id', 'marking'), name='tombstone_once_at_a_marking'),
        ),
    ]
