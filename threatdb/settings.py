"""Settings of threatdb: one file, read from the environment alone.

A file `.env` beside manage.py is read first where there is one (`./run` writes it); what the environment
itself says goes before it. Every setting of our own has a comment that says what it is for.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import django_stubs_ext
import environ
from corsheaders.defaults import default_headers
from django.core.exceptions import ImproperlyConfigured

from threatdb import __version__

# Lets `admin.ModelAdmin[Actor]` and other generic Django classes be subscripted when the program runs.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
# What an installation makes for itself.
DATA = BASE_DIR / "data"

env = environ.Env()
if (BASE_DIR / ".env").is_file():
    env.read_env(BASE_DIR / ".env")

# Tests ask for settings of their own in three places: no connection pool, no hashed names of static files,
# and no password hashing of production strength.
TESTING = "pytest" in sys.modules or sys.argv[1:2] == ["test"]

# --- Core ---

# Signs sessions, cursors and list ETags. There is no default, so that no installation shares one.
SECRET_KEY = env.str("SECRET_KEY")

# Shows tracebacks to whoever asks: for development on one's own machine only.
DEBUG = env.bool("DEBUG", default=False)

# Host names by which clients may address the service.
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])

# Origins, with their scheme, whose forms may be posted to the admin when it stands behind a proxy.
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "threatdb.curation.apps.CurationAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "corsheaders",
    "django_otp",
    "django_otp.plugins.otp_static",
    "django_otp.plugins.otp_totp",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "threatdb.records",
    "threatdb.access",
    "threatdb.api",
    "threatdb.curation",
    "threatdb.webhooks",
    "threatdb.imports",
    "sources",
    "actors",
    "incidents",
    "assessments",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "threatdb.access.middleware.AnswerHeaders",
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "threatdb.access.middleware.RateLimits",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "threatdb.urls"
WSGI_APPLICATION = "threatdb.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Before those of the apps, so that a page of Django's can be extended under its own name.
        "DIRS": [BASE_DIR / "threatdb" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

FIXTURE_DIRS = [BASE_DIR / "fixtures"]

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Database ---

# SQLite runs these on each new connection. WAL lets readers go on beside the one writer, and FULL makes a
# commit that was acknowledged survive a power cut, which WAL with NORMAL does not promise. What is not here is
# temp_store = MEMORY: a savepoint's journal in memory is a list that SQLite walks from its start for each row
# of the full-text index, so that refreshing 20,000 documents took 100 seconds where it takes 15.
SQLITE_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    # Negative: KiB of memory rather than pages.
    "PRAGMA cache_size = -65536",
    "PRAGMA mmap_size = 268435456",
    # Truncates the write-ahead log to this size after a checkpoint, so that a bulk load leaves no large file.
    "PRAGMA journal_size_limit = 67108864",
)

# Where the records are: sqlite:////absolute/path (sqlite:///path counts from the project's folder) or
# postgres://user:password@host:port/name. Without it, data/threatdb.sqlite3 in the project's folder.
DATABASE_URL = env.str("DATABASE_URL", default="") or "sqlite:///data/threatdb.sqlite3"

# The most connections that each worker process keeps open to PostgreSQL; 0 opens one for each request, which is
# right behind a pooler such as pgbouncer and for single commands.
DATABASE_POOL_SIZE = env.int("DATABASE_POOL_SIZE", default=8)


def sqlite_database(config: dict[str, Any]) -> dict[str, Any]:
    """SQLite with a write lock taken at the start of each transaction, which then waits for it in `threatdb.sqlite`.

    A transaction that reads first and writes later would fail at once with "database is locked" under
    SQLite's own default, however long the timeout.
    """
    pragmas = "; ".join(SQLITE_PRAGMAS)
    if TESTING:
        # A test's database need not outlive a power cut.
        pragmas += "; PRAGMA synchronous = OFF"
    options = {"transaction_mode": "IMMEDIATE", "timeout": 60, "init_command": pragmas}
    name = config["NAME"] if config["NAME"] == ":memory:" else BASE_DIR / config["NAME"]
    # A file, as in production: the in-memory database that Django would use instead is shared between
    # threads with table locks that do not wait. Named by process, so that runs beside each other stay apart.
    test_name = Path(tempfile.gettempdir()) / f"threatdb-test-{os.getpid()}.sqlite3"
    # Each thread keeps its connection: to open one, with its pragmas and an empty cache of pages, takes longer
    # than most requests do.
    ours = {"ENGINE": "threatdb.sqlite", "CONN_MAX_AGE": None}
    return {**config, **ours, "NAME": str(name), "OPTIONS": options, "TEST": {"NAME": str(test_name)}}


def postgresql_database(config: dict[str, Any]) -> dict[str, Any]:
    """PostgreSQL through a pool in each process.

    The pool costs a seventh of a connection per request, and unlike a persistent connection it reported no
    committed write as failed when the server restarted under load. Tests count on plain connections.
    """
    options = dict(config.get("OPTIONS", {}))
    if DATABASE_POOL_SIZE and not TESTING:
        options["pool"] = {"min_size": 1, "max_size": DATABASE_POOL_SIZE, "timeout": 10}
    return {**config, "OPTIONS": options}


def database() -> dict[str, Any]:
    """The default database; CONN_MAX_AGE is 0 on PostgreSQL, since a pool excludes persistent connections."""
    config = {"CONN_MAX_AGE": 0, **env.db_url_config(DATABASE_URL)}
    match config["ENGINE"]:
        case "django.db.backends.sqlite3":
            return sqlite_database(config)
        case "django.db.backends.postgresql":
            return postgresql_database(config)
    raise ImproperlyConfigured("DATABASE_URL has to begin with sqlite:/// or postgres://.")


DATABASES = {"default": database()}

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# --- Language and time ---

LANGUAGE_CODE = "en-gb"
# How the admin writes and reads dates.
FORMAT_MODULE_PATH = "threatdb.curation.formats"
USE_I18N = False
USE_TZ = True
# Any other zone would serialise old instants with local mean time, which RFC 3339 cannot express.
TIME_ZONE = "UTC"

# --- Static files ---

STATIC_URL = "/static/"
STATIC_ROOT = DATA / "static"

if TESTING or DEBUG:
    STATIC_STORAGE = "django.contrib.staticfiles.storage.StaticFilesStorage"
else:
    STATIC_STORAGE = "whitenoise.storage.CompressedManifestStaticFilesStorage"

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": STATIC_STORAGE},
}

# --- Review ---

# Lets people publish what they wrote themselves, which otherwise takes two: for one person who works alone.
ONE_PERSON_TEAM = env.bool("ONE_PERSON_TEAM", default=False)

# --- Security ---

# True behind a proxy that ends TLS and sets X-Forwarded-Proto: sends cookies over HTTPS only and redirects
# plain HTTP. Off by default, since the quick start on one's own machine speaks plain HTTP.
HTTPS = env.bool("HTTPS", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
# Two checks ask to bind all subdomains to HTTPS as well: that is for whoever owns the domain to decide.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "threatdb.curation.errors.csrf_failure"

# Larger request bodies answer 413 before they are read.
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
# Files go to the disk as they arrive, and only those of whoever may import are larger.
FILE_UPLOAD_HANDLERS = ["threatdb.imports.uploads.UploadHandler"]
# An admin page with many inlines sends more fields than Django's default of 1,000 allows.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# What each answer says to browsers and caches unless its view says otherwise. No page holds a script or a style of
# its own, so that none that somebody slips into a text is ever run.
ANSWER_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self';"
        " frame-ancestors 'none'"
    ),
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "private, no-cache",
}

# Origins, with their scheme, whose scripts may read the API in a browser; none by default. They send tokens, never
# the cookies of a session.
CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[])
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_HEADERS = (*default_headers, "if-match", "if-none-match", "idempotency-key")
CORS_EXPOSE_HEADERS = (
    "Content-Disposition", "ETag", "Idempotency-Replayed", "Link", "Location", "RateLimit", "RateLimit-Policy",
    "Retry-After",
)  # fmt: skip

# Whether everybody on the staff has to set up a second factor before he sees anything of the admin.
SECOND_FACTOR_REQUIRED = env.bool("SECOND_FACTOR_REQUIRED", default=False)
OTP_TOTP_ISSUER = "threatdb"

# How many proxies of ours a request passes: each appends to X-Forwarded-For where it was called from, and only
# those entries are believed. With 0 the address is the connection's own.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)

# Requests in a minute that a token, a signed-in user or, without either, an address may make; 0 for any number.
# Tests ask as fast as they can.
RATE_LIMIT_READS = env.int("RATE_LIMIT_READS", default=0 if TESTING else 6000)
RATE_LIMIT_WRITES = env.int("RATE_LIMIT_WRITES", default=0 if TESTING else 600)

# Where the counts are that the worker processes share; made anew where it is missing.
COUNTERS_FILE = Path(tempfile.gettempdir()) / f"threatdb-test-{os.getpid()}.counters" if TESTING else DATA / "counters"

# Days until an API token ends where its maker says nothing, and at most.
TOKEN_DAYS = env.int("TOKEN_DAYS", default=90)
TOKEN_LONGEST_DAYS = env.int("TOKEN_LONGEST_DAYS", default=366)

# --- API ---

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "threatdb.access.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["threatdb.api.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "threatdb.api.negotiation.Negotiation",
    "DEFAULT_SCHEMA_CLASS": "threatdb.api.schema.RecordAutoSchema",
    "DEFAULT_PAGINATION_CLASS": None,
    "DEFAULT_METADATA_CLASS": None,
    # `format` is an ordinary parameter, so that a wrong one is a 400 that names it.
    "URL_FORMAT_OVERRIDE": None,
    "DEFAULT_VERSIONING_CLASS": None,
    "EXCEPTION_HANDLER": "threatdb.api.errors.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

SPECTACULAR_SETTINGS = {
    "TITLE": "threatdb",
    "DESCRIPTION": "Who did what, where and when, who claimed it, who is blamed for it, and on whose word.",
    "VERSION": __version__,
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    # By path and method: the methods of a path would otherwise come in another order with each process.
    # What a client writes is not what it reads: references are ids, and some keys are the service's own.
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    # Names for the code lists that several fields of the same name would otherwise compete for.
    "ENUM_NAME_OVERRIDES": {
        "State": "threatdb.records.choices.State",
        "CountState": "incidents.choices.CountState",
        "SourceKind": "sources.choices.SourceKind",
        "ActorKind": "actors.choices.ActorKind",
        "NameKind": "actors.choices.NameKind",
        "IncidentKind": "incidents.choices.IncidentKind",
        "TargetKind": "incidents.choices.TargetKind",
        "LinkKind": "incidents.choices.LinkKind",
        "DatePrecision": "threatdb.records.choices.DatePrecision",
        "PlacePrecision": "incidents.choices.PlacePrecision",
        "Role": "incidents.choices.Role",
        "MentionRole": "incidents.choices.MentionRole",
        "Likelihood": "threatdb.records.choices.Likelihood",
        "Reliability": "threatdb.records.choices.Reliability",
        "Stance": "incidents.choices.Stance",
        "EvidenceStance": "assessments.choices.EvidenceStance",
        "Estimate": "assessments.choices.ESTIMATES",
        "Confidence": "assessments.choices.Confidence",
        "Outcome": "assessments.choices.Outcome",
    },
    # The docs page serves its own assets; it asks no other host for anything.
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# --- Imports ---

# Bytes of an upload to be imported.
IMPORT_MAX_BYTES = env.int("IMPORT_MAX_BYTES", default=512 * 1024 * 1024)

# Whether `./run serve` runs the imports that wait; false where `./run run_imports` does.
IMPORT_WORKER = env.bool("IMPORT_WORKER", default=True)

# The folder in which uploaded files lie until they are imported; without it, one beside the database.
IMPORT_STORE = env.str("IMPORT_STORE", default="")

# --- Webhooks ---

# Lets webhooks go to private, loopback and link-local addresses: for receivers in the operator's own network, where
# every subscriber may call whatever answers there.
WEBHOOK_ALLOW_PRIVATE = env.bool("WEBHOOK_ALLOW_PRIVATE", default=False)

# Lets webhooks go over plain HTTP, where everybody on the way can read them.
WEBHOOK_ALLOW_HTTP = env.bool("WEBHOOK_ALLOW_HTTP", default=False)

# The ports that webhooks may be sent to.
WEBHOOK_PORTS = env.list("WEBHOOK_PORTS", cast=int, default=[80, 443])

# --- Logging ---

# Level of the log on standard error.
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    # Django attaches handlers of its own, one of which mails administrators; the root one is enough.
    "loggers": {
        "django": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
        # It warns of each HEAD request, since Django leaves it to the server to drop the body.
        "gunicorn.http.wsgi": {"level": "ERROR"},
    },
}
