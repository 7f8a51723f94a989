"""By which record the past of a merged one is seen, also of those that were merged before this was kept."""

import threatdb.records.fields
from django.db import migrations, models
from django.db.models import F

MARKINGS = [(0, 'TLP:CLEAR'), (1, 'TLP:GREEN'), (2, 'TLP:AMBER'), (3, 'TLP:AMBER+STRICT'), (4, 'TLP:RED')]


def find_heirs(apps, schema_editor):
    tombstone, merge, head = (apps.get_model("records", name) for name in ("Tombstone", "Merge", "Head"))
    acts = merge.objects.filter(undone_at=None).values_list("absorbed_id", "first_seq", "last_seq")
    taken = {absorbed: range(first, last + 1) for absorbed, first, last in acts}
    stones = tombstone.objects.exclude(survivor_id=None)
    # What was withdrawn before it was merged has none.
    merged = {stone.record_id: stone for stone in stones if stone.seq in taken.get(stone.record_id, ())}
    for stone in merged.values():
        stone.heir_id, stone.heir_marking = stone.survivor_id, stone.marking
        while above := merged.get(stone.heir_id):
            stone.heir_id, stone.heir_marking = above.survivor_id, max(stone.heir_marking, above.marking)
    tombstone.objects.bulk_update(merged.values(), ["heir_id", "heir_marking"], batch_size=1000)
    if merged:
        # The past answers otherwise than before.
        head.objects.update(position=F("position") + 1)


class Migration(migrations.Migration):
    dependencies = [('records', '0003_what_past_revisions_named')]

    operations = [
        migrations.AddField(
            model_name='tombstone',
            name='heir_id',
            field=models.UUIDField(help_text='The record by which its past is seen.', null=True),
        ),
        migrations.AddField(
            model_name='tombstone',
            name='heir_marking',
            field=threatdb.records.fields.RankField(choices=MARKINGS, help_text='The highest of those merged on the way.', null=True),
        ),
        migrations.RunPython(find_heirs, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name='tombstone',
            index=models.Index(fields=['heir_id'], name='tombstone_heir'),
        ),
        migrations.AddConstraint(
            model_name='tombstone',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('heir_id__isnull', True), ('heir_marking__isnull', True)), models.Q(('heir_id__isnull', False), ('heir_marking__gte', models.F('marking')), ('survivor_id__isnull', False)), _connector='OR'), name='tombstone_heir_has_marking'),
        ),
    ]
