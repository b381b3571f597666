"""What is particular about a Ray cluster."""

import json
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
import requests
from django.conf import LazySettings

from storage.models import Blob
from tests.factories import BlobFactory
from tests.training.launchers.conftest import Place
from tests.training.launchers.engines import free_ports
from training.launchers.archives import write_zip
from training.launchers.base import CannotRun, LauncherAway, Outcome, Run, RunFile, State
from training.launchers.ray import LEFT_OUT, RayLauncher

pytestmark = pytest.mark.django_db
A_RUN = Run(id="018f0000-0000-7000-8000-000000000000", command="true")


def answer_of(status: int, body: Any) -> requests.Response:
    """An answer of the cluster."""
    answer = requests.Response()
    answer.status_code = status
    answer._content = (body if isinstance(body, str) else json.dumps(body)).encode()
    return answer


def answering(monkeypatch: pytest.MonkeyPatch, status: int, body: Any) -> None:
    """Let the cluster answer this to everything."""
    monkeypatch.setattr(requests, "request", lambda *_, **__: answer_of(status, body))


def job(**said: Any) -> dict[str, Any]:
    """A job as the cluster tells of it."""
    return {"submission_id": A_RUN.id, "status": "FAILED", "message": "", "driver_exit_code": None, **said}


def test_it_refuses_what_has_no_command_or_is_too_much() -> None:
    large = RunFile("weights.bin", Blob(sha256="0" * 64, size=120 * 2**20))

    assert "It has no command" in RayLauncher().refusal(Run(id=A_RUN.id, command="", image="an-image:1"))
    assert "120 MB, and a Ray cluster takes at most 99 MB" in RayLauncher().refusal(
        Run(id=A_RUN.id, command="true", files=[large])
    )
    assert RayLauncher().refusal(A_RUN) == ""


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        (job(status="PENDING"), Outcome(State.RUNNING)),
        (job(status="RUNNING"), Outcome(State.RUNNING)),
        (job(status="SUCCEEDED", driver_exit_code=0), Outcome(State.ENDED, 0)),
        (job(status="STOPPED"), Outcome(State.ENDED, -15)),
        (
            job(message="Job entrypoint command failed with exit code 5, last available logs (…):\nout of memory"),
            Outcome(State.ENDED, 5),
        ),
        (
            job(message="Job entrypoint command failed with exit code 137.", driver_exit_code=137),
            Outcome(State.ENDED, -9),
        ),
        (
            job(message="Job supervisor actor died: it was killed due to the node running low on memory"),
            Outcome(State.ENDED, 1, "It ran out of memory on its node of the Ray cluster."),
        ),
        (job(message="No node has 8 GPUs."), Outcome(State.ENDED, 1, "The Ray cluster says: No node has 8 GPUs.")),
    ],
)
def test_it_tells_how_it_stands(said: dict[str, Any], outcome: Outcome, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, 200, said)

    assert RayLauncher().look(A_RUN.id) == outcome


@pytest.mark.parametrize("status", [401, 403, 429, 500, 502, 503, 504])
def test_an_answer_that_says_nothing_of_the_run_is_no_refusal(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, status, "not now")

    with pytest.raises(LauncherAway):
        RayLauncher().look(A_RUN.id)


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
def test_a_cluster_that_is_away_is_away(act: Callable[[RayLauncher], object], settings: LazySettings) -> None:
    settings.RAY_URL = f"http://127.0.0.1:{free_ports(1)[0]}"

    with pytest.raises(LauncherAway, match="does not answer"):
        act(RayLauncher())


def test_it_asks_for_what_was_chosen(monkeypatch: pytest.MonkeyPatch, settings: LazySettings) -> None:
    asked: list[tuple[str, str, dict[str, Any]]] = []

    def answer(method: str, url: str, **options: Any) -> requests.Response:
        asked.append((method, url, options))
        return answer_of(404 if method == "GET" else 200, "")

    monkeypatch.setattr(requests, "request", answer)
    settings.STOP_GRACE_SECONDS = 17
    run = Run(id=A_RUN.id, command="true", processors=2, memory_mb=100, gpus=1, gpu_type="A100", environment={"a": "b"})

    RayLauncher().submit(run, lambda: None)

    order = asked[-1][2]["json"]
    assert order["submission_id"] == run.id
    assert (order["entrypoint_num_cpus"], order["entrypoint_num_gpus"]) == (2, 1)
    assert order["entrypoint_memory"] == 100 * 2**20
    assert order["entrypoint_resources"] == {"accelerator_type:A100": 0.001}
    assert order["runtime_env"]["env_vars"] == {"a": "b", "RAY_JOB_STOP_WAIT_TIME_S": "17"}
    assert all(options["timeout"] for _, _, options in asked)


def test_a_refusal_of_the_cluster_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([(404, ""), (200, ""), (500, "Traceback:\n  ^^^^\nValueError: runtime_env is not valid.\n.\n")])
    monkeypatch.setattr(requests, "request", lambda *_, **__: answer_of(*next(answers)))

    with pytest.raises(CannotRun, match=r"refuses it: ValueError: runtime_env is not valid\.$"):
        RayLauncher().submit(A_RUN, lambda: None)


def test_another_worker_was_quicker(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([(404, ""), (200, ""), (500, "ValueError: Job with submission_id x already exists.")])
    monkeypatch.setattr(requests, "request", lambda *_, **__: answer_of(*next(answers)))

    RayLauncher().submit(A_RUN, lambda: None)


def test_of_a_flood_the_end_is_read(cluster: Place, settings: LazySettings) -> None:
    settings.CONSOLE_LIMIT_BYTES = 100_000
    run = cluster.run("yes 0123456789 | head -c 5000000; echo the end")

    assert cluster.end_of(run).exit_code == 0
    content, cursor, readings = b"", "", 0
    while readings < 4:
        output = cluster.launcher.read(run.id, cursor)
        content, cursor, readings = content + output.content, output.cursor, readings + 1
    assert content.startswith(b"0123456789\n")
    assert LEFT_OUT in content
    assert content.endswith(b"the end\n")
    assert content.count(b"the end\n") == 1
    assert len(content) < 2_000_000


def test_a_package_is_the_same_for_the_same_files() -> None:
    files = [RunFile("a.txt", BlobFactory(content=b"a")), RunFile("b.txt", BlobFactory(content=b"b"))]
    one, other = BytesIO(), BytesIO()
    write_zip(files, one, lambda: None)
    write_zip(files, other, lambda: None)

    assert one.getvalue() == other.getvalue()
