"""`make test`: the whole suite with its browser tests and its coverage, or what ARGS names without the latter."""

from __future__ import annotations

import os
import subprocess
import sys

from tools.browser import find_or_install
from tools.console import PYTHON, ROOT, VAR, main


def test() -> int:
    """Run pytest with the browser that there is, and return its exit code."""
    VAR.mkdir(exist_ok=True)
    environment = {**os.environ, "BROWSER_PATH": str(find_or_install())}
    named = sys.argv[1:]
    arguments = named or ["-rs", "--cov", "--cov-report=term"]
    return subprocess.run([PYTHON, "-m", "pytest", *arguments], cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    main(test)
