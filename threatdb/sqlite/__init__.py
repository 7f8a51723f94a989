"""Django's SQLite with waiting writers who all get their turn: the engine ``threatdb.sqlite``."""
