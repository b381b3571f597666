"""The product's settings for the tests: nothing of the surroundings counts but DATABASE_URL."""

import os
from pathlib import Path

# One for each run, so that two at once don't share a database. conftest.py makes it and removes it.
TEST_DIR = Path(__file__).resolve().parent.parent / "var" / "tests" / str(os.getpid())

_SET_ELSEWHERE = ("BEHIND_PROXY", "S3_BUCKET", "IMAGE_ORIGINS", "TIME_ZONE", "LOG_LEVEL")
# What a process that a test starts shares with it.
_SHARED = ("EXTRA_HOSTS", "FILES_DIR", "LAUNCHERS", "RUNS_DIR", "TRAINING_URL")
for _name in (*_SET_ELSEWHERE, *_SHARED):
    os.environ.pop(_name, None)
os.environ.update(
    DEBUG="0",
    SECRET_KEY="only-for-the-tests-and-long-enough-to-be-accepted",
    SITE_URL="http://testserver",
    DATA_DIR=str(TEST_DIR),
    # Else the SDK, once imported, silences every logger that was there before.
    PICSELLIA_SDK_CUSTOM_LOGGING="yes",
)
for _name in _SHARED:
    if f"TEST_{_name}" in os.environ:
        os.environ[_name] = os.environ[f"TEST_{_name}"]

from config.settings import *  # noqa: E402, F403
from config.settings import DATABASES, STORAGES, TEMPLATES  # noqa: E402

# The live server's threads see what the test wrote only when the database is a file.
DATABASES["default"]["TEST"] = {"NAME": TEST_DIR / "test.sqlite3"}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A test database need not survive a power cut.
    DATABASES["default"]["OPTIONS"]["init_command"] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
else:
    # A connection that a server thread kept would hold the database when it is to be dropped.
    DATABASES["default"]["CONN_MAX_AGE"] = 0
    DATABASES["default"]["TEST"] = {}

# Argon2 is slow on purpose, and the manifest wants `collectstatic` first.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True
# Coverage of templates needs to know which line of which template is drawn.
TEMPLATES[0]["OPTIONS"]["debug"] = True
