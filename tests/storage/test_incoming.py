"""Files that become one."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from storage.exceptions import UploadTooLarge
from storage.incoming import READ_BACK_BYTES, Incoming

CONTENTS = [b"apples" * READ_BACK_BYTES, b"", b"pears"]
DIGESTS = [hashlib.sha256(content).hexdigest() for content in CONTENTS]


def opened(folder: Path) -> Iterator[BinaryIO]:
    for number, content in enumerate(CONTENTS):
        path = folder / f"{number}"
        path.write_bytes(content)
        with path.open("rb") as file:
            yield file


def join(folder: Path) -> None:
    with Incoming(folder / "incoming") as incoming:
        assert incoming.join(opened(folder)) == DIGESTS
        incoming.finish()
        assert incoming.path.read_bytes() == b"".join(CONTENTS)
        assert incoming.sha256 == hashlib.sha256(b"".join(CONTENTS)).hexdigest()
        assert incoming.size == len(b"".join(CONTENTS))


def test_the_system_copies(tmp_path: Path) -> None:
    join(tmp_path)


def test_a_system_that_can_t(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "copy_file_range", raising=False)
    monkeypatch.delattr(os, "posix_fadvise", raising=False)
    join(tmp_path)


@pytest.mark.parametrize("stops", [True, False], ids=["stops", "fails"])
def test_a_system_that_copies_some_bytes_only(stops: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def some(source: int, target: int, size: int) -> int:
        if os.lseek(source, 0, os.SEEK_CUR) == 0:
            return os.write(target, os.read(source, 3))
        if stops:
            return 0
        raise OSError("Not between these file systems")

    monkeypatch.setattr(os, "copy_file_range", some, raising=False)
    join(tmp_path)


def test_over_the_limit(tmp_path: Path) -> None:
    with Incoming(tmp_path / "incoming", limit=len(b"".join(CONTENTS)) - 1) as incoming, pytest.raises(UploadTooLarge):
        incoming.join(opened(tmp_path))
    assert list((tmp_path / "incoming").iterdir()) == []
