"""`make test-launchers`: the launchers on engines that really run, none of them left out; and Ray for it.

python -m tools.ray           install Ray, in an environment of its own, for the tests that find it there
python -m tools.ray test      that, and the launchers' tests: an engine that is missing fails them
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tools.console import PYTHON, ROOT, VAR, main, run, step
from tools.setup import OFFLINE, is_fresh, mark_fresh

REQUIREMENTS = ROOT / "requirements-ray.txt"
FOLDER = VAR / "cache" / "ray"
# Set when an engine that is missing is a failure; else its tests are skipped with the reason.
REQUIRED = "REQUIRE_LAUNCHERS"


def program() -> Path | None:
    """The installed `ray`, or None."""
    found = FOLDER / "bin" / "ray"
    return found if found.exists() else None


def install() -> None:
    """Ray, as requirements-ray.txt says."""
    stamp = FOLDER / "installed"
    if is_fresh(stamp, REQUIREMENTS):
        return
    with step("Installing Ray"):
        run([sys.executable, "-m", "venv", "--clear", FOLDER], "Python could not make a virtual environment.")
        pip: list[str | Path] = [FOLDER / "bin" / "python", "-m", "pip", "install", "--disable-pip-version-check"]
        run([*pip, "--no-deps", "--require-hashes", "--requirement", REQUIREMENTS], f"Ray was not installed. {OFFLINE}")
    mark_fresh(stamp, REQUIREMENTS)


def command() -> int:
    """What the arguments say."""
    install()
    if sys.argv[1:2] != ["test"]:
        return 0
    arguments: list[str | Path] = [PYTHON, "-m", "pytest", "-rs", "tests/training/launchers", *sys.argv[2:]]
    return subprocess.run(arguments, cwd=ROOT, env={**os.environ, REQUIRED: "yes"}, check=False).returncode


if __name__ == "__main__":
    main(command)
