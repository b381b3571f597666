"""The commands' own rules: what counts as installed, whose server it is, and what the README promises."""

import os
import re
import socket
from pathlib import Path

import pytest

from tools import demo, server, setup
from tools.console import ROOT, Failure

SERVER = server.Server(pid=os.getpid(), port=8000, started=0.0)


def test_every_setting_is_in_the_readme() -> None:
    settings = (ROOT / "config" / "settings.py").read_text()
    variables = re.findall(r'\benv\.\w+\(\s*"([A-Z0-9_]+)"', settings)
    readme = (ROOT / "README.md").read_text()
    assert len(variables) > 10
    assert [name for name in variables if f"`{name}`" not in readme] == []


def test_every_folder_of_code_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    assert [path.parent.name for path in ROOT.glob("*/__init__.py") if f"`{path.parent.name}/`" not in readme] == []


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-node.txt", "package-lock.json"])
def test_a_lock_names_no_registry_and_has_hashes(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert not re.search(r"https?://(registry|files|pypi)[^\s\"]*", text)
    assert "sha256:" in text or "sha512-" in text


def test_a_stamp_is_fresh_until_its_source_changes(tmp_path: Path) -> None:
    stamp, source = tmp_path / "folder" / "stamp", tmp_path / "lock"
    source.write_text("one")
    assert not setup.is_fresh(stamp, source)
    setup.mark_fresh(stamp, source)
    assert setup.is_fresh(stamp, source)
    source.write_text("two")
    assert not setup.is_fresh(stamp, source)


@pytest.mark.parametrize("text", ["", "nonsense", "[]", '{"pid": 1}'])
def test_a_broken_record_is_no_server(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "VAR", tmp_path)
    (tmp_path / "server.json").write_text(text)
    assert server.Server.recorded() is None


def test_a_process_that_is_not_ours_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "VAR", tmp_path)
    for program in (SERVER, server.Worker(pid=os.getpid(), started=0.0)):
        assert not program.runs()
        program.stop()  # would end this very test run


def test_a_busy_port_is_told_with_a_free_one() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(Failure, match=rf"Port {port} is in use .* make demo PORT=\d+"):
            demo.refuse_busy(port)


@pytest.mark.parametrize("text", ["abc", "0", "65536", "-1", "8000 "])
def test_a_port_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Failure, match="between 1 and 65535"):
        demo.port_of(text)


def test_the_secret_key_is_made_once_for_its_owner_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "KEY", tmp_path / "secret-key")
    key = demo.secret_key()
    assert len(key) >= 50
    assert demo.secret_key() == key
    assert (tmp_path / "secret-key").stat().st_mode & 0o777 == 0o600


def test_the_demonstration_plays_on_its_own_database(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(demo, "KEY", tmp_path / "secret-key")
    monkeypatch.setenv("DATABASE_URL", "postgresql://production.example.org/espalier")
    environment = demo.environment_for(8001)
    assert "DATABASE_URL" not in environment
    assert environment["SITE_URL"] == "http://127.0.0.1:8001"
