import io
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from storage.models import Blob
from storage.services import DamagedBlob, open_verified, store, verify_storage
from tests.factories import ArchitectureFileFactory, BlobFactory

LARGE = 3 * 1024 * 1024

pytestmark = pytest.mark.django_db


def flip_a_bit(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def cut_short(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def lengthen(file: Path) -> None:
    file.write_bytes(file.read_bytes() + b"!")


def replace_by_another(file: Path) -> None:
    file.write_bytes(b"y" * file.stat().st_size)


damaged = pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (Path.unlink, "missing"),
        (cut_short, "cut short"),
        (flip_a_bit, "wrong bytes"),
        (lengthen, "wrong bytes"),
        (replace_by_another, "wrong bytes"),
    ],
)


@pytest.mark.parametrize("size", [0, 1, LARGE])
def test_it_reads_back_what_was_stored(size: int) -> None:
    with open_verified(store([b"x" * size])) as file:
        assert file.read() == b"x" * size


@damaged
@pytest.mark.parametrize("size", [10, LARGE])
def test_damaged_bytes_are_not_opened(files_dir: Path, damage: Callable[[Path], None], problem: str, size: int) -> None:
    blob = store([b"x" * size])
    damage(files_dir / blob.path)
    with pytest.raises(DamagedBlob, match=f"{blob.sha256} is damaged \\({problem}\\)"):
        open_verified(blob)


@damaged
def test_it_finds_every_damage(files_dir: Path, damage: Callable[[Path], None], problem: str) -> None:
    whole, broken = BlobFactory(), BlobFactory()
    ArchitectureFileFactory.create_batch(2, blob=broken)
    damage(files_dir / broken.path)
    report = verify_storage()
    assert (report.checked, report.checked_bytes) == (2, whole.size + broken.size)
    [found] = report.damages
    assert (found.blob, found.problem) == (broken, problem)
    assert found.referrers == {"registry.ArchitectureFile.blob": 2}


def test_swapped_files_are_two_damages(files_dir: Path) -> None:
    one, other = (files_dir / store([content]).path for content in (b"one", b"two"))
    content = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(content)
    assert [damage.problem for damage in verify_storage().damages] == ["wrong bytes", "wrong bytes"]


def test_it_tells_how_far_it_is() -> None:
    BlobFactory.create_batch(3)
    steps: list[tuple[int, int]] = []
    verify_storage(progress=lambda done, total: steps.append((done, total)))
    assert steps == [(1, 3), (2, 3), (3, 3)]


def test_a_blob_collected_meanwhile_is_not_missing(files_dir: Path) -> None:
    collected, last = BlobFactory(), BlobFactory()
    (files_dir / last.path).unlink()
    (files_dir / collected.path).unlink()

    def collect(done: int, total: int) -> None:
        Blob.objects.filter(pk=last.pk).delete()

    assert [damage.blob for damage in verify_storage(progress=collect).damages] == [collected]


def test_the_command_says_that_all_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    BlobFactory(content=b"12345")
    call_command("verify_storage")
    assert capsys.readouterr().out == "All 1 files (5\xa0bytes) are as they were.\n"


def test_the_command_fails_on_damage(files_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole, broken = BlobFactory(), BlobFactory()
    ArchitectureFileFactory(blob=broken)
    flip_a_bit(files_dir / broken.path)
    with pytest.raises(CommandError, match="1 of 2 files are damaged") as failure:
        call_command("verify_storage")
    assert failure.value.returncode == 1
    assert capsys.readouterr().out == f"{broken.sha256} wrong bytes, used by registry.ArchitectureFile.blob (1)\n"
    assert whole.sha256 not in str(failure.value)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_command_shows_a_person_how_far_it_is() -> None:
    BlobFactory.create_batch(2)
    terminal = Terminal()
    call_command("verify_storage", stderr=terminal, no_color=True)
    assert terminal.getvalue() == "\r1 of 2\r2 of 2\n"
