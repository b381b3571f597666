"""Every setting, from the environment; a bad value stops the start with a sentence.

README.md lists the variables. Nothing else in the code reads the environment.
"""

import logging
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from environs import Env, validate

BASE_DIR = Path(__file__).resolve().parent.parent

env = Env()
at_least_one = validate.Range(min=1)

DEBUG: bool = env.bool("DEBUG", False)
SITE_URL: str = env.str("SITE_URL", "http://127.0.0.1:8000").rstrip("/")
DATA_DIR: Path = env.path("DATA_DIR", BASE_DIR / "var")

SECRET_KEY: str = env.str("SECRET_KEY", "not-a-secret-for-development-only" if DEBUG else "")
if len(SECRET_KEY) < 32 or (SECRET_KEY.startswith("not-a-secret") and not DEBUG):
    raise ImproperlyConfigured(
        "SECRET_KEY is missing, known, or shorter than 32 characters. Set it to a long random text, "
        'such as the output of: python3 -c "import secrets; print(secrets.token_urlsafe(50))"'
    )

# One address says it all: which host is served, and whether cookies travel over HTTPS only.
try:
    _site = urlsplit(SITE_URL)
    _is_whole = _site.geturl() == f"{_site.scheme}://{_site.netloc}" and "@" not in _site.netloc and _site.port != 0
except ValueError:  # a port that is none, half of an IPv6 address
    _is_whole = False
if not _is_whole or _site.scheme not in ("http", "https") or not _site.hostname:
    raise ImproperlyConfigured(
        f"SITE_URL is {SITE_URL!r}; write the address users open, without a path, such as https://espalier.example.org"
    )
_https = _site.scheme == "https"
ALLOWED_HOSTS = [f"[{_site.hostname}]" if ":" in _site.hostname else _site.hostname, *env.list("EXTRA_HOSTS", [])]
CSRF_TRUSTED_ORIGINS = [SITE_URL]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SECURE_SSL_REDIRECT = _https
# It refuses instead: a client that follows a redirect of a POST loses what it sent.
SECURE_REDIRECT_EXEMPT = [r"^api/"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _https
# The proxy says how it was asked, and by whom (config.http.client_address).
BEHIND_PROXY: bool = env.bool("BEHIND_PROXY", False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Scripts find the token in the page, so that they need no cookie.
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "config.errors.csrf_failure"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "template_partials",
    "crispy_forms",
    "crispy_bootstrap5",
    "csp",
    "axes",
    "django_tasks_db",
    "organizations",
    "storage",
    "registry",
    "datasets",
    "experiments",
    "choosers",
    "tracking",
    "training",
    "protocols.picsellia",
    "demo",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.compression.CompressPages",
    "config.middleware.PrivatePagesMiddleware",
    "config.middleware.TellRedirectsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "organizations.middleware.SignInRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "organizations.middleware.CurrentOrganizationMiddleware",
    "config.errors.DatabaseAwayMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "organizations.context_processors.organizations",
            ],
            "builtins": ["template_partials.templatetags.partials", "config.templatetags.espalier"],
        },
    }
]
CRISPY_ALLOWED_TEMPLATE_PACKS = CRISPY_TEMPLATE_PACK = "bootstrap5"

# SQLite: readers never wait for a writer (WAL), a writer waits its turn instead of failing (immediate, timeout),
# and what was acknowledged survives a power cut (synchronous=FULL).
DATABASES = {"default": env.dj_db_url("DATABASE_URL", f"sqlite:///{DATA_DIR / 'espalier.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536;",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "organizations.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "organizations:sign_in"
LOGIN_REDIRECT_URL = "experiments:project_list"
LOGOUT_REDIRECT_URL = "organizations:sign_in"
# Five wrong passwords for one name from one address: a quarter of an hour's rest.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "config.http.client_address"
AXES_LOCKOUT_CALLABLE = "organizations.views.locked_out"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False

LANGUAGE_CODE = "en-gb"
TIME_ZONE: str = env.str("TIME_ZONE", "UTC")
if TIME_ZONE not in available_timezones():
    raise ImproperlyConfigured(f"TIME_ZONE is {TIME_ZONE!r}; write one such as Europe/Paris or UTC.")
USE_TZ = True
USE_THOUSAND_SEPARATOR = False

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
_modules = BASE_DIR / "node_modules"
STATICFILES_DIRS: list[Any] = [
    BASE_DIR / "static",
    ("bootstrap/css", _modules / "bootstrap" / "dist" / "css"),
    # Swaps a fragment by changing only what differs, so that the creation form keeps its focus and its typing.
    ("idiomorph", _modules / "idiomorph" / "dist"),
    ("uplot", _modules / "uplot" / "dist"),
]
# Drawn into the pages one by one ({% icon %}), not served.
ICONS_DIR = _modules / "bootstrap-icons" / "icons"

# The bytes of models, artifacts and images: a folder, or a bucket when S3_BUCKET names one.
S3_BUCKET: str = env.str("S3_BUCKET", "")
FILES_DIR: Path = env.path("FILES_DIR", DATA_DIR / "files")
_files: dict[str, Any] = {
    "BACKEND": "django.core.files.storage.FileSystemStorage",
    "OPTIONS": {"location": FILES_DIR},
}
if S3_BUCKET:
    _files = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": S3_BUCKET,
            "endpoint_url": env.str("S3_ENDPOINT_URL", None),
            "region_name": env.str("S3_REGION", "us-east-1"),
            "access_key": env.str("S3_ACCESS_KEY", None),
            "secret_key": env.str("S3_SECRET_KEY", None),
            "signature_version": "s3v4",
            "addressing_style": "path",
            "querystring_auth": True,
            "file_overwrite": True,
        },
    }
STORAGES = {
    "default": _files,
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
UPLOAD_LIMIT_BYTES: int = env.int("UPLOAD_LIMIT_MB", 5 * 1024, validate=at_least_one) * 1024 * 1024
LINK_LIFETIME_SECONDS: int = env.int("LINK_LIFETIME_SECONDS", 3600, validate=at_least_one)
GARBAGE_GRACE_HOURS: int = env.int("GARBAGE_GRACE_HOURS", 24, validate=at_least_one)

# A file reaches the server only through the views that stream it into the store; anywhere else it is refused.
FILE_UPLOAD_HANDLERS = ["storage.uploads.RefuseFiles"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
# A body of the API: a hundred annotated images with polygons come to some megabytes.
API_BODY_LIMIT_BYTES: int = env.int("API_BODY_LIMIT_MB", 32, validate=at_least_one) * 1024 * 1024


# Where trainings run, each with how many at the same time: "container:4, ray:8". "local" runs scripts as processes of
# this machine with the worker's rights (or LOCAL_USER's), so it is only for teams that may do that.
def _launchers(entries: list[str]) -> dict[str, int]:
    slots = {}
    for entry in entries:
        name, _, number = entry.strip().partition(":")
        if name not in ("local", "container", "ray") or not (number or "1").isdigit() or int(number or 1) < 1:
            raise ImproperlyConfigured(
                f"LAUNCHERS has {entry!r}; write names out of local, container, ray with their slots: container:4"
            )
        slots[name] = int(number or 1)
    return slots


LAUNCHERS = _launchers(env.list("LAUNCHERS", []))
# The server's address as scripts reach it: from inside a container or a cluster it may be another.
TRAINING_URL: str = env.str("TRAINING_URL", SITE_URL).rstrip("/")
RUNS_DIR: Path = env.path("RUNS_DIR", DATA_DIR / "runs")
RUN_MEMORY_MB: int = env.int("RUN_MEMORY_MB", 0, validate=validate.Range(min=0))
RUN_PROCESSORS: int = env.int("RUN_PROCESSORS", 0, validate=validate.Range(min=0))
RUN_GPUS: int = env.int("RUN_GPUS", 0, validate=validate.Range(min=0, max=64))
RUN_HOURS_MAX: float = env.float("RUN_HOURS_MAX", 7 * 24, validate=validate.Range(min=0, min_inclusive=False))
STOP_GRACE_SECONDS: int = env.int("STOP_GRACE_SECONDS", 10, validate=validate.Range(min=0))
CONSOLE_LIMIT_BYTES: int = env.int("CONSOLE_LIMIT_MB", 16, validate=at_least_one) * 1024 * 1024
LOCAL_USER: str = env.str("LOCAL_USER", "")
LOCAL_PATH: str = env.str("LOCAL_PATH", "")
CONTAINER_SOCKET: str = env.str("CONTAINER_SOCKET", "unix:///var/run/docker.sock")
CONTAINER_NETWORK: str = env.str("CONTAINER_NETWORK", "")
RAY_URL: str = env.str("RAY_URL", "http://127.0.0.1:8265").rstrip("/")

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        # Bootstrap draws its arrows and ticks from data: URLs; presigned pictures come from the bucket's own origin.
        "img-src": [SELF, "data:", *env.list("IMAGE_ORIGINS", [])],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.log_level("LOG_LEVEL", logging.INFO)},
}
