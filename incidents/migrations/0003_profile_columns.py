from django.db import migrations, models

# Each column with the kind of the terms that have held the same so far.
COLUMNS = {'tactics': 'tactic', 'target_types': 'target_type'}

JOINED = {
    'sqlite': (
        "(SELECT group_concat(value, ' ') FROM"
        " (SELECT value FROM incidents_incidentterm t WHERE t.seq = i.seq AND t.kind = %s ORDER BY value))"
    ),
    'postgresql': (
        '(SELECT string_agg(value, \' \' ORDER BY value COLLATE "C")'
        ' FROM incidents_incidentterm t WHERE t.seq = i.seq AND t.kind = %s)'
    ),
}


def fill(apps, schema_editor):
    """Write the codes of the terms into the rows that are there, as `rebuild_index` would."""
    joined = JOINED[schema_editor.connection.vendor]
    columns = ', '.join(f"{column} = coalesce({joined}, '')" for column in COLUMNS)
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(f'UPDATE incidents_incidentindex AS i SET {columns}', list(COLUMNS.values()))


class Migration(migrations.Migration):

    dependencies = [
        ('incidents', '0002_revisions_that_have_ended'),
    ]

    operations = [
        migrations.AddField(
            model_name='incidentindex',
            name='tactics',
            field=models.TextField(default=''),
        ),
        migrations.AddField(
            model_name='incidentindex',
            name='target_types',
            field=models.TextField(default=''),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
