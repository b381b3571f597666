"""Engines that really run, for as long as the tests do: Podman, Docker and Ray, each beside any that is there already.

Each is a context manager that gives the address of its API. `Missing` says why there can be none.
"""

import io
import os
import shutil
import signal
import socket
import subprocess
import tarfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psutil
import requests
from docker import DockerClient

from tests.training.running import until
from tools import ray

IMAGE = "espalier-contract:1"
# What the image does by itself.
ENTRYPOINT = ['ENTRYPOINT ["/bin/sh", "-c", "echo $WHO works in $(pwd)"]']
BUSYBOX = Path("/bin/busybox")
PATHS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SECONDS_TO_START = 60


class Missing(Exception):
    """Why an engine can't be had, in a sentence."""


@contextmanager
def podman(folder: Path) -> Iterator[str]:
    """Podman's service on a socket in the folder."""
    _need("podman", "runc", "conmon")
    settings = folder / "containers.conf"
    settings.write_text(
        '[containers]\ndefault_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]\n'
        '[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n'
    )
    address = f"unix://{folder}/socket"
    own = ["--root", f"{folder}/root", "--runroot", f"{folder}/run", "--storage-driver", "vfs"]
    command = ["podman", *own, "system", "service", "--time", "0", address]
    with _running(command, folder, CONTAINERS_CONF=str(settings)), _image(address, folder):
        yield address


@contextmanager
def docker(folder: Path) -> Iterator[str]:
    """Docker's daemon on a socket in the folder."""
    _need("dockerd", "runc", "containerd")
    address = f"unix://{folder}/socket"
    own = ["--data-root", f"{folder}/data", "--exec-root", f"{folder}/run", "--pidfile", f"{folder}/pid"]
    without = ["--iptables=false", "--bridge=none", "--storage-driver", "vfs"]
    with _running(["dockerd", *own, *without, "--host", address], folder), _image(address, folder):
        yield address


@contextmanager
def ray_cluster(folder: Path) -> Iterator[str]:
    """A cluster of one node, with nothing beside what its API for jobs needs."""
    program = ray.program()
    if program is None:
        raise Missing("Ray is not installed: python -m tools.ray")
    ports = free_ports(4)
    options = {
        "--port": ports[0],
        "--dashboard-port": ports[1],
        "--dashboard-agent-listen-port": ports[2],
        "--ray-client-server-port": ports[3],
        "--min-worker-port": 0,
        "--max-worker-port": 0,
        "--dashboard-host": "127.0.0.1",
        "--num-cpus": 2,
        "--object-store-memory": 80_000_000,
        "--temp-dir": folder,
    }
    command: list[str | Path] = [program, "start", "--head", "--block", "--disable-usage-stats"]
    command += [f"{name}={value}" for name, value in options.items()]
    address = f"http://127.0.0.1:{ports[1]}"
    with _running(command, folder, PATH=f"{program.parent}:{PATHS}", RAY_USAGE_STATS_ENABLED="0"):
        _wait_for(lambda: requests.get(f"{address}/api/jobs/", timeout=5).ok, folder)
        yield address


def free_ports(count: int) -> list[int]:
    """So many different ports that nothing listens on."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _need(*programs: str) -> None:
    if os.geteuid() != 0:
        raise Missing("only root can start a container engine of its own")
    missing = [program for program in programs if not shutil.which(program, path=PATHS)]
    if not BUSYBOX.exists():
        missing.append("busybox-static")
    if missing:
        raise Missing(f"not installed: {', '.join(missing)}")


@contextmanager
def _running(command: Sequence[str | Path], folder: Path, **environment: str) -> Iterator[None]:
    """The program, and at the end nothing of it: neither its folder nor what its children left behind."""
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            list(map(str, command)),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={"PATH": PATHS, "HOME": str(folder), **environment},
            start_new_session=True,
        )
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        for left in _of(folder):
            with suppress(psutil.Error):
                left.kill()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _of(folder: Path) -> list[psutil.Process]:
    """Whatever was begun with something of the folder, which no other program knows."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if any(str(folder) in word for word in process.info["cmdline"] or [])
    ]


@contextmanager
def _image(address: str, folder: Path) -> Iterator[None]:
    """The engine, once it answers, with the image; at the end its containers are gone."""
    _wait_for(lambda: _listens(address), folder)
    engine = DockerClient(base_url=address, timeout=30)
    try:
        engine.api.import_image_from_data(_root_file_system(), repository=IMAGE, changes=ENTRYPOINT)
        yield
    finally:
        for container in engine.containers.list(all=True):
            container.remove(force=True, v=True)
        engine.close()


def _listens(address: str) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(address.removeprefix("unix://")) == 0


def _wait_for(answers: Callable[[], bool], folder: Path) -> None:
    def does() -> bool:
        try:
            return answers()
        except requests.RequestException:
            return False

    try:
        until(does, seconds=SECONDS_TO_START)
    except AssertionError:
        raise Missing(f"it did not start: {(folder / 'log').read_text(errors='replace')[-500:]}") from None


def _root_file_system() -> bytes:
    """A tar with a shell and its tools: all in one program that needs no library."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        listed = subprocess.run([BUSYBOX, "--list"], capture_output=True, text=True, check=True)
        tools = listed.stdout.split()
        for tool in set(tools) - {"busybox"}:
            link = tarfile.TarInfo(f"bin/{tool}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            archive.addfile(link)
        for name, mode in (("bin", 0o755), ("etc", 0o755), ("root", 0o700), ("tmp", 0o1777)):
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode = tarfile.DIRTYPE, mode
            archive.addfile(entry)
        archive.add(BUSYBOX, "bin/busybox")
        users = b"root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n"
        entry = tarfile.TarInfo("etc/passwd")
        entry.size = len(users)
        archive.addfile(entry, io.BytesIO(users))
    return buffer.getvalue()
