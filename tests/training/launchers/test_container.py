"""What is particular about containers: their walls, their images, and engines that are away."""

import gc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from docker import DockerClient

from tests.factories import BlobFactory
from tests.training.launchers import engines
from tests.training.launchers.conftest import Place
from training.launchers.base import CannotRun, LauncherAway, Run, RunFile, State
from training.launchers.container import ContainerLauncher

pytestmark = pytest.mark.django_db
A_RUN = Run(id="018f0000-0000-7000-8000-000000000000", command="true", image="an-image:1")


def container_of(run: Run, settings: LazySettings) -> dict[str, Any]:
    """What the engine says of its container."""
    engine = DockerClient(base_url=settings.CONTAINER_SOCKET, timeout=30)
    try:
        return engine.api.inspect_container(f"espalier-{run.id}")
    finally:
        engine.close()


@pytest.mark.parametrize(
    ("run", "why"),
    [
        (replace(A_RUN, image=""), "It has no image"),
        (replace(A_RUN, flags="--privileged"), "--privileged is not taken"),
        (replace(A_RUN, flags="-v /:/host"), "-v is not taken"),
        (replace(A_RUN, flags="--gpus all"), "none was chosen"),
    ],
)
def test_it_refuses(run: Run, why: str) -> None:
    assert why in ContainerLauncher().refusal(run)
    with pytest.raises(CannotRun, match=why):
        ContainerLauncher().submit(run, lambda: None)


def test_it_takes_the_rest() -> None:
    assert ContainerLauncher().refusal(replace(A_RUN, flags="--gpus all --shm-size=1g", gpus=1)) == ""
    assert ContainerLauncher().refusal(replace(A_RUN, command="")) == ""


# Docker's client leaves the socket to the collector when nobody answers.
@pytest.mark.filterwarnings(
    "ignore:unclosed <socket:ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
@pytest.mark.parametrize(
    "act",
    [
        lambda launcher: launcher.submit(A_RUN, lambda: None),
        lambda launcher: launcher.look(A_RUN.id),
        lambda launcher: launcher.read(A_RUN.id, ""),
        lambda launcher: launcher.stop(A_RUN.id, at_once=True),
        lambda launcher: launcher.forget(A_RUN.id),
        lambda launcher: list(launcher.known()),
    ],
)
def test_an_engine_that_is_away_is_away(
    act: Callable[[ContainerLauncher], object], settings: LazySettings, tmp_path: Path
) -> None:
    settings.CONTAINER_SOCKET = f"unix://{tmp_path}/none"

    with pytest.raises(LauncherAway, match="does not answer"):
        act(ContainerLauncher())
    gc.collect()


def test_it_stands_behind_walls(engine: Place, settings: LazySettings) -> None:
    run = engine.run("true", processors=1, memory_mb=64)

    container = container_of(run, settings)
    host = container["HostConfig"]
    assert not host["Privileged"]
    assert not host["Binds"]
    assert not container["Mounts"]
    assert host["SecurityOpt"] == ["no-new-privileges"]
    assert host["PidsLimit"] == 4096
    assert host["Memory"] == host["MemorySwap"] == 64 * 2**20
    assert host["NanoCpus"] == 10**9
    assert host["RestartPolicy"]["Name"] in ("", "no")
    assert host["NetworkMode"] == "none"


def test_its_root_can_do_little(engine: Place) -> None:
    run = engine.run("grep -E 'Cap(Eff|Bnd)|NoNewPrivs' /proc/self/status; mknod /tmp/disk b 8 0; chroot / true")

    engine.end_of(run)
    said = engine.output(run).decode()
    # CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID and SETUID are bits 0, 1, 3, 4, 5, 6 and 7.
    assert f"CapEff:\t{0b11111011:016x}" in said
    assert f"CapBnd:\t{0b11111011:016x}" in said
    assert "NoNewPrivs:\t1" in said
    assert said.count("Operation not permitted") == 2


def test_flags_are_heeded(engine: Place) -> None:
    flags = "--shm-size=7m --ulimit nofile=321 --ulimit nproc=4096 -e A=1 -e B=2 --workdir /opt/there --user nobody"
    files = [RunFile("file.txt", BlobFactory(content=b"it is here\n"))]

    size_of_shm = "df -k /dev/shm | tail -n 1 | tr -s ' ' | cut -d ' ' -f 2"
    run = engine.run(
        f"{size_of_shm}; ulimit -n; echo $A $B; pwd; id -un; cat file.txt; echo x > new",
        flags=flags,
        files=files,
        environment={"B": "the run's own"},
    )

    assert engine.end_of(run).exit_code == 0
    assert engine.output(run) == b"7168\n321\n1 the run's own\n/opt/there\nnobody\nit is here\n"


def test_without_a_command_the_image_does_what_it_does(engine: Place) -> None:
    run = engine.run("", environment={"WHO": "the image"})

    engine.end_of(run)
    assert engine.output(run) == b"the image works in /experiment\n"


def test_an_image_that_cannot_be_had_is_said(engine: Place) -> None:
    run = engine.prepared("true", image="127.0.0.1:1/there/is-none:1")

    with pytest.raises(CannotRun, match=r"127\.0\.0\.1:1"):
        engine.launcher.submit(run, lambda: None)
    assert engine.launcher.look(run.id).state is State.GONE


def test_a_damaged_file_is_said_and_nothing_begins(engine: Place, files_dir: Path) -> None:
    blob = BlobFactory(content=b"as it was")
    (files_dir / blob.path).chmod(0o600)
    (files_dir / blob.path).write_bytes(b"as it is!")
    run = engine.prepared("true", files=[RunFile("weights.bin", blob)])

    with pytest.raises(CannotRun, match=r"weights\.bin is damaged"):
        engine.launcher.submit(run, lambda: None)
    assert engine.launcher.look(run.id).state is State.GONE


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "a/../../b"])
def test_no_file_lies_outside_the_folder(engine: Place, name: str) -> None:
    run = engine.prepared("true", files=[RunFile(name, BlobFactory())])

    with pytest.raises(CannotRun, match="outside the working folder"):
        engine.launcher.submit(run, lambda: None)


def test_one_that_was_made_and_not_started_is_started(engine: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    run = engine.prepared("cat file.txt", files=[RunFile("file.txt", BlobFactory(content=b"it is here"))])
    with monkeypatch.context() as dying:
        dying.setattr("training.launchers.container._begin", lambda *_: None)
        engine.launcher.submit(run, lambda: None)
    assert engine.launcher.look(run.id).state is State.GONE

    engine.launcher.submit(run, lambda: None)

    assert engine.end_of(run).exit_code == 0
    assert engine.output(run) == b"it is here"


def test_the_log_of_a_flood_is_bounded(engine: Place, settings: LazySettings) -> None:
    settings.CONSOLE_LIMIT_BYTES = 256 * 1024
    run = engine.run("yes 0123456789012345678901234567890123456789 | head -c 20000000; echo the end")

    assert engine.end_of(run).exit_code == 0
    assert len(engine.output(run)) < 4_000_000
    assert engine.output(run).endswith(b"the end\n")


def test_the_tests_image_is_what_runs(engine: Place, settings: LazySettings) -> None:
    assert container_of(engine.run("true"), settings)["Config"]["Image"].endswith(engines.IMAGE)
