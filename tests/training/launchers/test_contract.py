"""What every launcher does, whatever it is made of."""

import os
import random
import uuid
from collections.abc import Callable

import psutil
import pytest
from django.conf import LazySettings

from tests.factories import BlobFactory
from tests.training.launchers.conftest import Place
from tests.training.running import until
from training.launchers.base import Outcome, RunFile, State

pytestmark = pytest.mark.django_db
# What a shell, an engine and a cluster say of themselves.
THEIR_OWN = {"HOME", "HOSTNAME", "LANG", "OLDPWD", "PATH", "PWD", "SHLVL", "TERM", "TMPDIR", "_", "container"}
THEIR_OWN |= {"PYTHONUNBUFFERED"}
RAYS_OWN = ("RAY_", "OMP_", "SPT_", "PYTHON", "CUDA_", "LC_CTYPE")
# By a signal itself, or by what a shell makes of one.
KILLED = (-9, 137)
UNHEEDING = "trap '' TERM; echo ready; while :; do sleep 0.1; done"
HEEDING = "trap 'echo stopping; exit 7' TERM; echo ready; while :; do sleep 0.1; done"
GREEDY = "echo ready; exec dd if=/dev/zero of=/dev/null bs=256M count=100000"


def test_it_runs_a_command_and_says_that_it_succeeded(place: Place) -> None:
    run = place.run("echo out; echo err >&2; echo out again")

    assert place.end_of(run) == Outcome(State.ENDED, exit_code=0)
    assert place.output(run) == b"out\nerr\nout again\n"


def test_it_tells_the_exit_code(place: Place) -> None:
    ended = place.end_of(place.run("echo before; exit 3"))

    assert (ended.state, ended.exit_code, ended.reason) == (State.ENDED, 3, "")


def test_a_command_that_does_not_exist_fails(place: Place) -> None:
    run = place.run("there-is-no-such-program --at-all")

    assert place.end_of(run).exit_code == 127
    assert b"there-is-no-such-program" in place.output(run)


def test_a_signal_is_told_as_its_number(walled: Place) -> None:
    assert walled.end_of(walled.run("sh -c 'kill -KILL $$'; exit $?")).exit_code in KILLED


def test_the_environment_is_what_was_given(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "the server's own")
    monkeypatch.setenv("DATABASE_URL", "postgres://the server's own")
    given = {"api_token": "a token", "job_id": "the job", "SPACED": " two\nlines 'quoted' $HOME "}

    run = place.run("env -0", environment=given)

    place.end_of(run)
    seen = dict(line.split("=", 1) for line in place.output(run).decode().split("\0") if line)
    assert given.items() <= seen.items()
    others = seen.keys() - given.keys() - THEIR_OWN
    assert {name for name in others if place.kind != "ray" or not name.startswith(RAYS_OWN)} == set()
    assert not any("the server's own" in value for value in seen.values())


def test_the_files_are_there_byte_by_byte(place: Place) -> None:
    content = bytes(range(256)) * 40 + b"no newline at the end"
    files = [
        RunFile("weights.bin", BlobFactory(content=content)),
        RunFile("a name, with spaces.txt", BlobFactory(content=b"")),
        RunFile("ümläut.txt", BlobFactory(content=b"x" * 512)),
    ]

    run = place.run(
        "ls -A >/dev/null; cat weights.bin; ls -A | wc -l; echo new > new && cat new ümläut.txt", files=files
    )

    assert place.end_of(run).exit_code == 0
    assert place.output(run) == content + b"3\nnew\n" + b"x" * 512


def test_a_run_that_is_submitted_twice_runs_once(place: Place) -> None:
    run = place.run("echo begun")

    place.launcher.submit(run, lambda: None)
    place.end_of(run)
    place.launcher.submit(run, lambda: None)

    assert place.end_of(run).state is State.ENDED
    assert place.output(run) == b"begun\n"


def test_runs_do_not_see_each_others_folder(place: Place) -> None:
    files = [RunFile("same.txt", BlobFactory(content=b"the same content"))]
    one = place.run("echo mine > mine", files=files)
    place.end_of(one)

    another = place.run("ls", files=files)

    place.end_of(another)
    assert place.output(another) == b"same.txt\n"


def test_whoever_looks_later_finds_it(place: Place) -> None:
    run = place.run("echo said; exit 4")
    place.end_of(run)
    later = type(place.launcher)()

    assert (later.look(run.id).state, later.look(run.id).exit_code) == (State.ENDED, 4)
    assert later.read(run.id, "").content == b"said\n"


def test_every_byte_is_read_once(place: Place) -> None:
    bytes_of_all_kinds = random.Random(4).randbytes(2_500_000) + b"\0\xff\r\n" * 1000
    files = [RunFile("data.bin", BlobFactory(content=bytes_of_all_kinds))]
    run = place.run(r"printf 'a\000b\377'; sleep 0.3; cat data.bin; sleep 0.3; echo; printf 'no end'", files=files)

    content, cursor = b"", ""

    def read_on() -> bool:
        nonlocal content, cursor
        ended = place.launcher.look(run.id).state is not State.RUNNING
        output = place.launcher.read(run.id, cursor)
        content, cursor = content + output.content, output.cursor
        return ended and output.is_all

    until(read_on)
    assert content == b"a\0b\xff" + bytes_of_all_kinds + b"\nno end"
    assert place.launcher.read(run.id, cursor).content == b""


def test_many_lines_are_read_once(place: Place) -> None:
    run = place.run("i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done")
    content, cursor = b"", ""

    def read_on() -> bool:
        nonlocal content, cursor
        ended = place.launcher.look(run.id).state is not State.RUNNING
        output = place.launcher.read(run.id, cursor)
        content, cursor = content + output.content, output.cursor
        return ended and output.is_all

    until(read_on)
    assert content.decode().splitlines() == [f"line {n}" for n in range(20_000)]


def test_stop_asks_the_script(place: Place) -> None:
    run = place.run(HEEDING)
    place.wait_for_output(run, b"ready")

    place.launcher.stop(run.id, at_once=False)

    ended = place.end_of(run)
    assert ended.exit_code == (-15 if place.kind == "ray" else 7)
    # Some shells say as well that what they waited for was ended.
    assert place.output(run).endswith(b"stopping\n")


def test_stop_asks_what_the_command_began_as_well(place: Place) -> None:
    run = place.run(f'sh -c "{HEEDING}"; echo it ended with $?')
    place.wait_for_output(run, b"ready")

    place.launcher.stop(run.id, at_once=False)

    place.end_of(run)
    assert b"stopping\n" in place.output(run)


def test_a_script_that_does_not_heed_is_ended(place: Place) -> None:
    run = place.run(UNHEEDING)
    place.wait_for_output(run, b"ready")

    place.launcher.stop(run.id, at_once=False)
    assert place.launcher.look(run.id).state is State.RUNNING
    place.launcher.stop(run.id, at_once=True)

    assert place.end_of(run).exit_code in (-15 if place.kind == "ray" else -9, *KILLED)


def test_children_that_left_the_group_end_too(place: Place) -> None:
    seconds = str(random.SystemRandom().randrange(10**8, 10**9))
    run = place.run(f"setsid sleep {seconds} & echo ready; sleep 1000")
    place.wait_for_output(run, b"ready")
    until(lambda: _are_asleep(seconds))

    place.launcher.stop(run.id, at_once=True)

    place.end_of(run)
    until(lambda: not _are_asleep(seconds))


def test_children_end_with_a_script_that_ended(walled: Place) -> None:
    seconds = str(random.SystemRandom().randrange(10**8, 10**9))
    run = walled.run(f"setsid sleep {seconds} >/dev/null 2>&1 & sleep 0.2; echo done")

    assert walled.end_of(run).exit_code == 0
    assert not _are_asleep(seconds)
    assert walled.output(run) == b"done\n"


def test_it_says_that_it_ran_out_of_memory(walled: Place) -> None:
    ended = walled.end_of(walled.run(GREEDY, memory_mb=64))

    assert ended.exit_code in KILLED
    assert "out of memory" in ended.reason
    assert "the limit was 64 MB" in ended.reason


def test_a_part_of_it_that_ran_out_of_memory_says_so_too(walled: Place) -> None:
    ended = walled.end_of(walled.run(f"sh -c '{GREEDY}'; exit $?", memory_mb=64))

    assert ended.exit_code in KILLED
    assert "out of memory" in ended.reason


def test_what_is_not_known_is_gone(place: Place) -> None:
    nobody = str(uuid.uuid4())

    assert place.launcher.look(nobody).state is State.GONE
    assert place.launcher.read(nobody, "").content == b""
    place.launcher.stop(nobody, at_once=False)
    place.launcher.stop(nobody, at_once=True)
    place.launcher.forget(nobody)


def test_it_forgets(place: Place) -> None:
    run = place.run("echo said")
    place.end_of(run)

    place.launcher.forget(run.id)

    assert place.launcher.look(run.id).state is State.GONE
    assert run.id not in place.launcher.known()
    assert place.launcher.read(run.id, "").content == b""


def test_it_knows_its_runs(place: Place) -> None:
    running, ended = place.run(UNHEEDING), place.run("true")
    place.end_of(ended)

    assert {running.id, ended.id} <= set(place.launcher.known())


@pytest.mark.parametrize("kind", ["podman", "docker", "ray"])
def test_it_leaves_the_runs_of_others_alone(
    kind: str, place_of: Callable[[str], Place], settings: LazySettings
) -> None:
    place = place_of(kind)
    run = place.run("true")

    settings.SITE_URL = "https://another.example.org"

    assert run.id not in place.launcher.known()


def test_it_says_that_it_still_lives_while_files_are_copied(place: Place) -> None:
    beats: list[int] = []
    run = place.prepared("true", files=[RunFile("large.bin", BlobFactory(content=bytes(3 * 2**20)))])

    place.launcher.submit(run, lambda: beats.append(os.getpid()))

    assert len(beats) >= 3


def _are_asleep(seconds: str) -> bool:
    """Whether a process sleeps so long: it is one of the test's machine, wherever it runs."""
    return any(seconds in (process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"]))
