"""The browser of the tests: found on the machine, or installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tools.console import PYTHON, Failure, run, step

DEBIANS = ("chromium", "libatomic1")  # the browser, and a library that Playwright's driver needs
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PLACES = ("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",)
ARGUMENTS = [
    "--no-sandbox",  # it opens nothing but our own pages, and root has no sandbox
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
MISSING = (
    "The browser tests need Chromium, and none was found or could be installed. Install one, such as: "
    "apt-get install chromium, or: .venv/bin/python -m playwright install --with-deps chromium. Then run them again."
)
LIBRARY = "On Debian and Ubuntu it needs: apt-get install libatomic1"


def find() -> Path | None:
    """Chromium or Chrome: the one BROWSER_PATH names, Playwright's own, or the system's."""
    named = os.environ.get("BROWSER_PATH")
    if named:
        return Path(named)
    candidates = [playwrights_own(), *map(shutil.which, NAMES), *PLACES]
    return next((Path(candidate) for candidate in candidates if candidate and Path(candidate).exists()), None)


def playwrights_own() -> str | None:
    """Where Playwright keeps the Chromium that it was released with, installed or not; None when it does not start."""
    script = "from playwright.sync_api import sync_playwright as s\nwith s() as p: print(p.chromium.executable_path)"
    done = subprocess.run([PYTHON, "-c", script], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def find_or_install() -> Path:
    """The browser, installed when there is none: Debian's as root on Debian, Playwright's own otherwise.

    Raises:
        Failure: when none can be had, with what to install.
    """
    if playwrights_own() is None or find() is None:
        with step("Installing Chromium for the browser tests"):
            install()
    if playwrights_own() is None:
        raise Failure(f"Playwright, which drives the browser of the tests, does not start. {LIBRARY}")
    browser = find()
    if browser is None:
        raise Failure(MISSING)
    return browser


def install() -> None:
    """Install Chromium.

    Raises:
        Failure: when that can't be done here, with what to install.
    """
    if os.geteuid() == 0 and is_debian():
        run(["apt-get", "update", "-qq"], MISSING)
        run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *DEBIANS], MISSING)
    else:
        run([PYTHON, "-m", "playwright", "install", "chromium"], MISSING)


def is_debian() -> bool:
    """Whether it is Debian itself: Ubuntu's package of Chromium is a snap, which containers don't run."""
    release = Path("/etc/os-release")
    return release.exists() and "ID=debian" in release.read_text().splitlines()
