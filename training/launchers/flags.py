"""The flags of an image, as people write them for `docker run`, and the few that a container may be given here.

Whoever may write an architecture could otherwise reach the host through its flags: `--privileged`, `--volume`,
`--network host`, `--pid host`, `--cap-add` and their like hand it over. So a flag is taken only when it stands below.
"""

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import NoReturn

SHORT = {"-e": "--env", "-w": "--workdir", "-u": "--user"}
BARE = {"--rm"}
ULIMITS = ("as", "core", "cpu", "data", "fsize", "memlock", "nofile", "nproc", "stack")
UNITS = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
INSTEAD = {
    "--cpus": "the processors are chosen when it is launched",
    "--ipc": "write --shm-size=1g for more shared memory",
    "--memory": "the memory is chosen when it is launched",
    "--network": "the installation says which network it is in",
    "--volume": "put the files into the architecture, or into the image",
}


class RefusedFlag(ValueError):
    """A flag that no container gets here; the text is a sentence."""


@dataclass
class Flags:
    """What the flags ask for.

    Attributes:
        shm_size: the size of /dev/shm in bytes; None for the engine's own.
        ulimits: name, soft and hard limit.
        wants_gpus: whether it can't do without.
        environment: beside that of the run, which comes first.
        workdir: instead of /experiment; empty for that.
        user: whom it runs as; empty for the image's own.
    """

    shm_size: int | None = None
    ulimits: list[tuple[str, int, int]] = field(default_factory=list)
    wants_gpus: bool = False
    environment: dict[str, str] = field(default_factory=dict)
    workdir: str = ""
    user: str = ""


def parse(text: str) -> Flags:
    """Read flags as a shell would.

    Raises:
        RefusedFlag: for one that is not taken, or says nothing.
    """
    flags = Flags()
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise RefusedFlag(f"The image's flags can't be read: {error}.") from error
    while words:
        name, value, words = _next(words)
        if name not in BARE:
            TAKEN[name](flags, value)
    return flags


def _next(words: list[str]) -> tuple[str, str, list[str]]:
    """The first flag, its value, and the words after them."""
    word, *rest = words
    name, has_value, value = word.partition("=")
    if name[:2] in SHORT and not name.startswith("--"):
        # -eNAME=VALUE, as well as -e NAME=VALUE.
        name, value = SHORT[word[:2]], word[2:].removeprefix("=")
        has_value = value
    if name in BARE and not has_value:
        return name, "", rest
    if name not in TAKEN:
        _refuse(name, INSTEAD.get(name, ""))
    if not has_value:
        if not rest:
            _refuse(name, "it has no value", verb="can't be read")
        value, *rest = rest
    return name, value, rest


def _refuse(flag: str, why: str, *, verb: str = "is not taken") -> NoReturn:
    because = f": {why}" if why else ""
    raise RefusedFlag(f"The image's flag {flag} {verb} here{because}.")


def _size(flags: Flags, value: str) -> None:
    found = re.fullmatch(r"([0-9]{1,12})([bkmg]?)b?", value.lower())
    if not found or not int(found[1]):
        _refuse(f"--shm-size={value}", "write a size such as 1g", verb="can't be read")
    else:
        flags.shm_size = int(found[1]) * UNITS[found[2]]


def _ulimit(flags: Flags, value: str) -> None:
    found = re.fullmatch(r"([a-z]+)=(-1|[0-9]{1,18})(?::(-1|[0-9]{1,18}))?", value)
    if not found or found[1] not in ULIMITS:
        _refuse(f"--ulimit={value}", "write one such as memlock=-1 or nofile=4096", verb="can't be read")
    else:
        flags.ulimits.append((found[1], int(found[2]), int(found[3] or found[2])))


def _gpus(flags: Flags, value: str) -> None:
    """How many is chosen when it is launched."""
    flags.wants_gpus = flags.wants_gpus or value not in ("0", "")


def _ipc(flags: Flags, value: str) -> None:
    if value != "private":
        _refuse(f"--ipc={value}", INSTEAD["--ipc"])


def _environment(flags: Flags, value: str) -> None:
    name, equals, content = value.partition("=")
    if not equals or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) or "\0" in content:
        _refuse(f"--env={name}", "write --env=NAME=VALUE", verb="can't be read")
    flags.environment[name] = content


def _workdir(flags: Flags, value: str) -> None:
    path = PurePosixPath(value)
    if not path.is_absolute() or len(path.parts) < 2 or ".." in path.parts:
        _refuse(f"--workdir={value}", "write an absolute path", verb="can't be read")
    flags.workdir = str(path)


def _user(flags: Flags, value: str) -> None:
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?", value):
        _refuse(f"--user={value}", "write a name or a number", verb="can't be read")
    flags.user = value


TAKEN: dict[str, Callable[[Flags, str], None]] = {
    "--shm-size": _size,
    "--ulimit": _ulimit,
    "--gpus": _gpus,
    "--ipc": _ipc,
    "--env": _environment,
    "--workdir": _workdir,
    "--user": _user,
}
