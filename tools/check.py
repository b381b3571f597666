"""`make check`: every check, each on a line; what one of them finds is shown, and the others still run."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import tempfile
import time

from tools.console import PYTHON, ROOT, VENV, main

BIN = VENV / "bin"
MANAGE = [str(PYTHON), "manage.py"]
CHECKS = {
    "Lint (ruff)": [f"{BIN}/ruff", "check", "--quiet", "--output-format", "concise", "."],
    "Format (ruff)": [f"{BIN}/ruff", "format", "--check", "."],
    "Types (mypy)": [f"{BIN}/mypy"],
    "Templates' lint (djlint)": [f"{BIN}/djlint", "--lint", "templates"],
    "Templates' format (djlint)": [f"{BIN}/djlint", "--check", "templates"],
    "Who imports whom (import-linter)": [f"{BIN}/lint-imports"],
    "Migrations": [*MANAGE, "makemigrations", "--check", "--dry-run"],
    "Production settings": [*MANAGE, "check", "--deploy", "--fail-level", "WARNING"],
}


def check() -> int:
    """Run them all as in production, and return 1 when one found something."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": os.environ.get("HOME", folder),
            "DATA_DIR": folder,
            "SECRET_KEY": secrets.token_urlsafe(50),
            "SITE_URL": "https://espalier.example.org",
        }
        failed = [name for name, command in CHECKS.items() if not passes(name, command, environment)]
    if failed:
        print(f"Not in order: {', '.join(failed)}. `make fix` mends what a tool can mend.", file=sys.stderr)
    return 1 if failed else 0


def passes(name: str, command: list[str], environment: dict[str, str]) -> bool:
    """Run one, print its line, and what it says when it fails."""
    start = time.monotonic()
    done = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    verdict = "failed" if done.returncode else "in order"
    print(f"{name}: {verdict} ({time.monotonic() - start:.1f} s)", flush=True)
    if done.returncode:
        print(done.stdout, flush=True)
    return done.returncode == 0


if __name__ == "__main__":
    main(check)
