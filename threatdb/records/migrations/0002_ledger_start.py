"""The rows the ledger starts from, and each engine's own index of the search texts."""

from django.db import migrations

CLEARANCES = ["clear", "green", "amber", "amber_strict", "red"]

# An FTS5 table that reads its words from records_searchtext, kept in step by triggers.
SQLITE = [
    "CREATE VIRTUAL TABLE records_searchfts USING fts5("
    "text, content='records_searchtext', content_rowid='seq', tokenize='ascii')",
    "CREATE TRIGGER records_searchtext_insert AFTER INSERT ON records_searchtext BEGIN "
    "INSERT INTO records_searchfts(rowid, text) VALUES (new.seq, new.text); END",
    "CREATE TRIGGER records_searchtext_delete AFTER DELETE ON records_searchtext BEGIN "
    "INSERT INTO records_searchfts(records_searchfts, rowid, text) VALUES ('delete', old.seq, old.text); END",
    "CREATE TRIGGER records_searchtext_update AFTER UPDATE ON records_searchtext BEGIN "
    "INSERT INTO records_searchfts(records_searchfts, rowid, text) VALUES ('delete', old.seq, old.text); "
    "INSERT INTO records_searchfts(rowid, text) VALUES (new.seq, new.text); END",
]
SQLITE_BACK = [
    "DROP TRIGGER records_searchtext_insert",
    "DROP TRIGGER records_searchtext_delete",
    "DROP TRIGGER records_searchtext_update",
    "DROP TABLE records_searchfts",
]
# A column of the words, since a list that is walked in its order asks each text for them: to parse it anew takes
# longer than to read the row. PostgreSQL's parser takes a word such as 12e3ab for a number and a word; a letter in
# front, which no folded word has, keeps it whole.
POSTGRESQL = [
    "ALTER TABLE records_searchtext ADD COLUMN words tsvector "
    r"GENERATED ALWAYS AS (to_tsvector('simple', regexp_replace(text, '\m(?=[0-9])', 'ñ', 'g'))) STORED",
    "CREATE INDEX records_searchtext_words ON records_searchtext USING gin (words)",
]
POSTGRESQL_BACK = ["ALTER TABLE records_searchtext DROP COLUMN words"]


def start(apps, schema_editor):
    apps.get_model("records", "LedgerClock").objects.create(pk=1, seq=0)
    head = apps.get_model("records", "Head")
    for clearance in CLEARANCES:
        head.objects.create(viewer_class=clearance)
        head.objects.create(viewer_class=f"{clearance}+working")


def index_words(apps, schema_editor):
    sqlite = schema_editor.connection.vendor == "sqlite"
    for statement in SQLITE if sqlite else POSTGRESQL:
        schema_editor.execute(statement)


def drop_words(apps, schema_editor):
    sqlite = schema_editor.connection.vendor == "sqlite"
    for statement in SQLITE_BACK if sqlite else POSTGRESQL_BACK:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("records", "0001_initial")]

    operations = [
        migrations.RunPython(start, migrations.RunPython.noop),
        migrations.RunPython(index_words, drop_words),
    ]
