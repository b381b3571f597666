"""Settings are read once, at the start: each test starts a Python of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SECRET = "long-enough-to-be-a-secret-for-this-test"


def python(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Python with these arguments, under these variables and no others."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def settings_with(expression: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """What the expression over `settings` prints."""
    return python("-c", f"from config import settings; print({expression})", **variables)


def test_cookies_and_headers_are_secure_behind_https() -> None:
    result = settings_with(
        "settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE, settings.SECURE_SSL_REDIRECT, "
        "settings.SECURE_HSTS_SECONDS > 0, settings.SESSION_COOKIE_HTTPONLY, settings.DEBUG, settings.ALLOWED_HOSTS",
        SECRET_KEY=SECRET,
        SITE_URL="https://espalier.example.org",
    )
    assert result.stdout.strip() == "True True True True True False ['espalier.example.org']"


def test_plain_http_is_possible_where_nothing_else_is() -> None:
    result = settings_with("settings.SESSION_COOKIE_SECURE, settings.SECURE_SSL_REDIRECT", SECRET_KEY=SECRET)
    assert result.stdout.strip() == "False False"


@pytest.mark.parametrize("secret", ["", "short", "not-a-secret-for-development-only"])
def test_it_does_not_start_without_a_secret(secret: str) -> None:
    result = settings_with("settings.DEBUG", SECRET_KEY=secret)
    assert result.returncode == 1
    assert "SECRET_KEY is missing, known, or shorter than 32 characters." in result.stderr


@pytest.mark.parametrize(
    "address",
    [
        "espalier.example.org",
        "ftp://espalier.example.org",
        "https://example.org/path",
        "https://example.org?query",
        "https://example.org#fragment",
        "https://user:password@example.org",
        "https://example.org:port",
        "https://[example.org",
        "https://",
    ],
)
def test_it_does_not_start_with_an_address_that_is_none(address: str) -> None:
    result = settings_with("settings.DEBUG", SECRET_KEY=SECRET, SITE_URL=address)
    assert result.returncode == 1
    assert "write the address users open" in result.stderr


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("DEBUG", "perhaps", 'Environment variable "DEBUG" invalid'),
        ("UPLOAD_LIMIT_MB", "-1", 'Environment variable "UPLOAD_LIMIT_MB" invalid'),
        ("LINK_LIFETIME_SECONDS", "0", 'Environment variable "LINK_LIFETIME_SECONDS" invalid'),
        ("GARBAGE_GRACE_HOURS", "-24", 'Environment variable "GARBAGE_GRACE_HOURS" invalid'),
        ("DATABASE_URL", "nowhere", 'Environment variable "DATABASE_URL" invalid'),
        ("LOG_LEVEL", "loud", 'Environment variable "LOG_LEVEL" invalid'),
        ("TIME_ZONE", "Mars", "TIME_ZONE is 'Mars'"),
    ],
)
def test_it_does_not_start_with_a_value_that_can_not_be_right(name: str, value: str, sentence: str) -> None:
    result = settings_with("settings.DEBUG", SECRET_KEY=SECRET, **{name: value})
    assert result.returncode == 1
    assert sentence in result.stderr


# What is started


def test_a_command_says_in_one_sentence_what_is_missing() -> None:
    result = python("manage.py", "check")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("SECRET_KEY is missing, known, or shorter than 32 characters.")
    assert len(result.stderr.splitlines()) == 1


def test_production_settings_have_nothing_to_mend(tmp_path: Path) -> None:
    secret = "".join(map(chr, range(ord("0"), ord("z"))))
    arguments = ("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    result = python(*arguments, SECRET_KEY=secret, SITE_URL="https://espalier.example.org", DATA_DIR=str(tmp_path))
    assert result.returncode == 0, result.stderr


IN_PRODUCTION = """
import json, django
from django.conf import settings
settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
django.setup()
from django.test import Client
asked = {}
host = {"Host": "espalier.example.org"}
origin = {"Origin": "https://evil.example", **host}
visitor = Client(enforce_csrf_checks=True)
for name, answer in {
    "page": visitor.get("/sign-in/", secure=True, headers=origin),
    "form": visitor.post(
        "/sign-in/",
        {"csrfmiddlewaretoken": visitor.cookies["csrftoken"].value},
        secure=True,
        headers=origin,
    ),
    "plain": visitor.get("/sign-in/", headers=host),
    "proxied": visitor.get("/sign-in/", headers={"X-Forwarded-Proto": "https", **host}),
    "missing": visitor.get("/nowhere/", secure=True, headers=host),
    "elsewhere": visitor.get("/sign-in/", secure=True, headers={"Host": "evil.example"}),
}.items():
    asked[name] = {"status": answer.status_code, "headers": dict(answer.headers), "text": answer.text}
    asked[name]["cookies"] = {key: dict(cookie) for key, cookie in answer.cookies.items()}
print(json.dumps(asked))
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a server in production answers, as it comes from these settings."""
    result = python(
        *("-c", IN_PRODUCTION),
        DJANGO_SETTINGS_MODULE="config.settings",
        SECRET_KEY=SECRET,
        SITE_URL="https://espalier.example.org",
        DATA_DIR=str(tmp_path_factory.mktemp("production")),
    )
    assert result.returncode == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_cookies_travel_over_https_alone_and_no_script_reads_them(answers: dict[str, Any]) -> None:
    cookie = answers["page"]["cookies"]["csrftoken"]
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Lax")


def test_browsers_are_told_to_stay_with_https(answers: dict[str, Any]) -> None:
    assert "max-age=31536000; includeSubDomains; preload" in answers["page"]["headers"]["Strict-Transport-Security"]
    assert answers["plain"]["status"] == 301
    assert answers["plain"]["headers"]["Location"] == "https://espalier.example.org/sign-in/"


def test_without_a_proxy_nobody_is_believed_to_have_come_by_https(answers: dict[str, Any]) -> None:
    assert answers["proxied"]["status"] == 301


def test_another_site_is_neither_let_in_nor_repeated(answers: dict[str, Any]) -> None:
    assert answers["page"]["status"] == 200
    assert not [name for name in answers["page"]["headers"] if name.startswith("Access-Control-")]
    assert answers["form"]["status"] == 403
    assert answers["elsewhere"]["status"] == 400
    assert "evil" not in str(answers)


def test_a_failure_shows_no_code(answers: dict[str, Any]) -> None:
    assert answers["missing"]["status"] == 404
    assert not any(word in answers["missing"]["text"] for word in ("Traceback", "urlpatterns", "DEBUG", "/config/"))
