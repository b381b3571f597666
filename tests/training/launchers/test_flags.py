"""The flags of an image: a few are taken, and whatever else somebody writes is refused with its name."""

import contextlib
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.launchers.flags import BARE, SHORT, TAKEN, Flags, RefusedFlag, parse

WORDS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=30)
NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,20}", fullmatch=True)


def test_none_is_nothing() -> None:
    assert parse("") == parse(" \n ") == Flags()


def test_they_are_read_as_a_shell_does() -> None:
    text = (
        "--rm --shm-size=2g --ulimit memlock=-1 --ulimit nofile=1024:4096\n--gpus all --ipc=private "
        "-e 'A=two words' --env B= -eC=c=c -w /opt/work -u 1000:100"
    )

    assert parse(text) == Flags(
        shm_size=2 << 30,
        ulimits=[("memlock", -1, -1), ("nofile", 1024, 4096)],
        wants_gpus=True,
        environment={"A": "two words", "B": "", "C": "c=c"},
        workdir="/opt/work",
        user="1000:100",
    )


@pytest.mark.parametrize(
    ("text", "bytes_"), [("64", 64), ("64b", 64), ("64k", 64 << 10), ("64M", 64 << 20), ("1gb", 1 << 30)]
)
def test_sizes_have_units(text: str, bytes_: int) -> None:
    assert parse(f"--shm-size {text}").shm_size == bytes_


@pytest.mark.parametrize(
    "text",
    [
        "--privileged",
        "--privileged=true",
        "-v /:/host",
        "-v/:/host",
        "--volume=/:/host",
        "--mount type=bind,source=/,target=/host",
        "--volumes-from other",
        "--device /dev/sda",
        "--network host",
        "--net=host",
        "--pid host",
        "--pid=container:other",
        "--ipc host",
        "--ipc=container:other",
        "--uts=host",
        "--userns=host",
        "--cgroupns=host",
        "--cgroup-parent=/",
        "--cap-add SYS_ADMIN",
        "--security-opt seccomp=unconfined",
        "--runtime=other",
        "--env-file /etc/passwd",
        "--restart always",
        "--entrypoint /bin/sh",
        "--memory 100g",
        "-m 100g",
        "--cpus=64",
        "--pids-limit -1",
        "--log-driver none",
        "--name other",
        "--label espalier.run=other",
        "-p 80:80",
        "-it",
        "-d",
        "--",
        "-",
        "an-image",
    ],
)
def test_what_could_reach_the_host_is_refused_by_its_name(text: str) -> None:
    name = text.split()[0].split("=")[0]

    with pytest.raises(RefusedFlag, match=name[:2] if name.startswith("-v") else name):
        parse(f"--rm --shm-size=1g {text}")


@pytest.mark.parametrize(
    "text",
    [
        "--shm-size",
        "--shm-size=",
        "--shm-size=0",
        "--shm-size=-1",
        "--shm-size=1t",
        "--shm-size='1g --privileged'",
        "--ulimit=nofile",
        "--ulimit rtprio=99",
        "--ulimit nofile=1:2:3",
        "--env SECRET_KEY",
        "--env =x",
        "--env 'A B=x'",
        "--workdir relative",
        "--workdir /",
        "--workdir /opt/../etc",
        "--user=",
        "--user 'root --privileged'",
        "--rm=true",
        "'unclosed",
    ],
)
def test_what_says_nothing_is_refused(text: str) -> None:
    with pytest.raises(RefusedFlag, match="The image's flag"):
        parse(text)


@given(st.lists(WORDS, max_size=6))
def test_any_text_is_taken_or_refused(words: list[str]) -> None:
    for text in (" ".join(words), shlex.join(words)):
        with contextlib.suppress(RefusedFlag):
            assert isinstance(parse(text), Flags)


@given(st.lists(WORDS.filter(bool), min_size=1, max_size=4))
def test_no_other_flag_is_ever_taken(words: list[str]) -> None:
    first = words[0].split("=")[0]
    if first not in TAKEN and first not in BARE and words[0][:2] not in SHORT:
        with pytest.raises(RefusedFlag):
            parse(shlex.join(words))


@given(st.dictionaries(NAMES, WORDS, max_size=5), st.sampled_from(["--env=", "--env ", "-e ", "-e"]))
def test_any_variable_comes_through_as_it_is(variables: dict[str, str], way: str) -> None:
    text = " ".join(f"{way}{shlex.quote(f'{name}={value}')}" for name, value in variables.items())

    assert parse(text).environment == variables
