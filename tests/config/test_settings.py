"""Settings are read once, at the start: each test starts a Python of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SECRET = "long-enough-to-be-a-secret-for-this-test"


def settings_with(expression: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """What the expression over `settings` prints under these variables and no others."""
    return subprocess.run(  # noqa: S603
        [sys.executable, "-c", f"from config import settings; print({expression})"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **variables},
        capture_output=True,
        text=True,
        check=False,
    )


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


@pytest.mark.parametrize("secret", ["", "short"])
def test_it_does_not_start_without_a_secret(secret: str) -> None:
    result = settings_with("settings.DEBUG", SECRET_KEY=secret)
    assert result.returncode == 1
    assert "SECRET_KEY is missing or shorter than 32 characters." in result.stderr


@pytest.mark.parametrize("address", ["espalier.example.org", "ftp://espalier.example.org", "https://example.org/path"])
def test_it_does_not_start_with_an_address_that_is_none(address: str) -> None:
    result = settings_with("settings.DEBUG", SECRET_KEY=SECRET, SITE_URL=address)
    assert result.returncode == 1
    assert "write the address users open" in result.stderr
