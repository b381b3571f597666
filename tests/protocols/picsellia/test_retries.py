"""A dropped connection after the server has acted, and the SDK's retry: nothing twice."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import picsellia
import picsellia.exceptions
import pytest
from django.conf import LazySettings
from django.core.servers.basehttp import WSGIRequestHandler
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from picsellia.types.enums import LogType
from pytest_django.live_server_helper import LiveServer

from datasets import services
from datasets.models import Dataset
from experiments.models import Experiment
from organizations.models import Organization, User
from protocols.picsellia import retries
from protocols.picsellia.models import AnsweredRequest
from tests.factories import AssetFactory, LabelFactory
from tests.protocols.picsellia.conftest import token_of
from tests.protocols.picsellia.cutting_proxy import CuttingProxy
from tracking.lines import line_of
from tracking.models import Evaluation

Proxied = tuple[picsellia.Client, CuttingProxy]
Call = Callable[..., Any]


@pytest.fixture
def proxied(
    transactional_db: None, live_server: LiveServer, alice: User, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Proxied]:
    """Alice's SDK behind a network that breaks when it is told to; the server knows ports, as gunicorn does."""
    get_environ = WSGIRequestHandler.get_environ

    def with_port(self: WSGIRequestHandler) -> dict[str, Any]:
        return {**get_environ(self), "REMOTE_PORT": str(self.client_address[1])}

    monkeypatch.setattr(WSGIRequestHandler, "get_environ", with_port)
    with CuttingProxy(live_server.url) as proxy:
        yield picsellia.Client(api_token=token_of(alice), host=proxy.url), proxy


def test_the_sdk_makes_a_dataset_once(proxied: Proxied, orchard: Organization) -> None:
    sdk, proxy = proxied
    proxy.cut(2)
    made = sdk.create_dataset("Apples")
    assert proxy.is_whole
    assert proxy.unsafe_requests == 3
    assert str(made.id) == str(Dataset.objects.get(organization=orchard).pk)
    # What is really asked for twice is a conflict as ever.
    with pytest.raises(picsellia.exceptions.ResourceConflictError):
        sdk.create_dataset("Apples")


def test_a_training_does_nothing_twice(proxied: Proxied, orchard: Organization, tmp_path: Path) -> None:
    """Each call's answer is lost once: what it did is there once, and the script sees no error."""
    sdk, proxy = proxied
    asset = AssetFactory(dataset_version__dataset__organization=orchard)
    label = LabelFactory(dataset_version=asset.dataset_version, name="pear")
    seen = sdk.get_dataset_version_by_id(asset.dataset_version_id)
    experiment = sdk.create_project("Pears").create_experiment("first")
    weights = tmp_path / "weights.bin"
    weights.write_bytes(b"weights")
    steps: list[Callable[[], Any]] = [
        lambda: experiment.attach_dataset("train", seen),
        lambda: experiment.log("loss", [0.5], LogType.LINE),
        lambda: experiment.get_log("loss").append([0.5]),
        lambda: experiment.add_evaluation(
            seen.find_asset(id=asset.pk), rectangles=[(1, 1, 3, 2, seen.get_label("pear"), 0.9)]
        ),
        lambda: seen.find_asset(id=asset.pk).create_annotation(1.0),
        lambda: experiment.update(description="Sweet ones."),
        lambda: experiment.store("best-model", weights),
        lambda: sdk.create_dataset("Quinces").delete(),
    ]
    for step in steps:
        proxy.cut()
        step()
        assert proxy.is_whole
    kept = Experiment.objects.get()
    assert kept.dataset_versions.count() == 1
    assert list(line_of(kept.logs.get(name="loss")).values) == [0.5, 0.5]
    assert Evaluation.objects.get().predictions.get().label == label
    assert asset.labellings.count() == 1
    assert kept.architecture.files.count() == 1
    assert not Dataset.objects.filter(name="Quinces").exists()


@pytest.fixture
def call(bob: User, settings: LazySettings) -> Call:
    """`call(port, path, body)` posts as Bob, on the connection from that port."""
    token = token_of(bob)

    def post(port: int | None, path: str = "", body: Any = None, token: str = token, method: str = "POST") -> Any:
        extra: Any = {} if port is None else {"REMOTE_PORT": str(port)}
        headers = {"authorization": f"Bearer {token}"}
        path = path or f"/api/organization/{bob.organizations.get().pk}/datasets"
        content = json.dumps(body if body is not None else {"name": "Plums", "description": ""})
        return Client().generic(method, path, content, "application/json", headers=headers, **extra)

    return post


@pytest.fixture
def _later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every call comes as late after the one before it as the SDK's first repetition."""
    monkeypatch.setattr(retries, "REPEATS_AFTER", timedelta(0))


@pytest.mark.usefixtures("_later")
class TestRepeated:
    def test_on_another_connection_it_is_answered_again(self, call: Call) -> None:
        first, second, third = call(1), call(2), call(3)
        assert first.status_code == second.status_code == third.status_code == 200
        assert first.content == second.content == third.content
        assert (first.get(retries.REPLAYED_HEADER), second[retries.REPLAYED_HEADER]) == (None, "true")
        assert Dataset.objects.count() == 1

    def test_on_the_same_connection_it_is_new(self, call: Call) -> None:
        assert [call(1).status_code, call(1).status_code] == [200, 409]

    def test_after_the_answer_has_come_again_it_is_new(self, call: Call) -> None:
        assert [call(1).status_code, call(2).status_code, call(2).status_code] == [200, 200, 409]

    def test_with_anything_different_it_is_new(self, call: Call, alice: User) -> None:
        call(1)
        assert call(2, body={"name": "Plums"}).status_code == 409
        assert call(3, token=token_of(alice)).status_code == 409
        assert call(4, method="PUT").status_code == 405

    def test_where_the_connection_is_not_known_it_is_new(self, call: Call) -> None:
        assert [call(None).status_code, call(None).status_code] == [200, 409]
        assert not AnsweredRequest.objects.exists()

    def test_after_ten_seconds_it_is_new(self, call: Call) -> None:
        call(1)
        AnsweredRequest.objects.update(answered_at=timezone.now() - timedelta(seconds=11))
        assert call(2).status_code == 409

    def test_a_revoked_token_hears_nothing_again(self, call: Call, bob: User) -> None:
        call(1)
        bob.api_tokens.all().delete()
        assert call(2).status_code == 401

    def test_a_failure_is_tried_again(self, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(**values: Any) -> None:
            raise RuntimeError("broken")

        with monkeypatch.context() as broken:
            broken.setattr("datasets.services.create_dataset", fail)
            with pytest.raises(RuntimeError):
                call(1)
        assert not AnsweredRequest.objects.exists()
        assert call(2).status_code == 200

    def test_a_refusal_is_repeated_too(self, call: Call) -> None:
        first, second = call(1, body={"name": 7}), call(2, body={"name": 7})
        assert first.status_code == second.status_code == 422
        assert first.content == second.content

    def test_an_answer_too_long_to_be_kept(self, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(retries, "CONTENT_MAX", 3)
        call(1)
        answer = call(2)
        assert answer.status_code == 409
        assert answer.json()["message"] == retries.TOO_LONG_TO_REPEAT

    def test_it_waits_for_the_first_and_not_for_ever(self, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(retries, "WAITS_SECONDS", 0.0)
        call(1)
        AnsweredRequest.objects.update(answered_at=None, status=None)
        answer = call(2)
        assert answer.status_code == 409
        assert answer.json()["message"] == retries.STILL_WORKING
        AnsweredRequest.objects.update(began_at=timezone.now() - timedelta(minutes=6), connection="another")
        assert call(2).json()["message"] != retries.STILL_WORKING

    def test_a_proxy_has_to_name_the_port(self, call: Call, settings: LazySettings) -> None:
        settings.BEHIND_PROXY = True
        assert [call(1).status_code, call(2).status_code] == [200, 409]


@pytest.mark.django_db
def test_two_processes_in_step_are_two(call: Call) -> None:
    """Sooner than any client repeats, on another connection."""
    assert [call(1).status_code, call(2).status_code] == [200, 409]


@pytest.mark.django_db
def test_behind_a_proxy_that_names_the_port(rf: Any, settings: LazySettings) -> None:
    settings.BEHIND_PROXY = True
    told = {"x-forwarded-for": "192.0.2.7", "x-real-port": "4711"}
    assert retries.connection_of(rf.post("/", headers=told, REMOTE_PORT="80")) == "192.0.2.7:4711"
    assert retries.connection_of(rf.post("/", headers={**told, "x-real-port": "x"})) == ""


@pytest.mark.django_db
def test_it_costs_two_queries(rf: Any, bob: User, django_assert_num_queries: Callable[..., Any]) -> None:
    token_of(bob)
    bob.token = bob.api_tokens.get()
    for _ in range(3):
        request = rf.post("/api/x", {"a": 1}, REMOTE_PORT="1")
        with django_assert_num_queries(2):
            retries.begin(request, bob)
            retries.finish(request, HttpResponse("{}"))
    with django_assert_num_queries(0):
        retries.begin(rf.get("/api/x", REMOTE_PORT="1"), bob)
        retries.begin(rf.generic("XGET", "/api/x", REMOTE_PORT="1"), bob)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL's table is unlogged instead")
def test_what_else_is_written_waits_for_the_disk_as_before(rf: Any, bob: User) -> None:
    """Only what a power cut may take doesn't."""

    def ask(pragma: str) -> Any:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA {pragma}")
            return cursor.fetchone() if "=" not in pragma else None

    token_of(bob)
    bob.token = bob.api_tokens.get()
    before = ask("synchronous")
    ask("synchronous=FULL")
    request = rf.post("/api/x", REMOTE_PORT="1")
    retries.begin(request, bob)
    retries.finish(request, HttpResponse("{}"))
    assert AnsweredRequest.objects.get().status == 200
    assert ask("synchronous") == (2,)
    ask(f"synchronous={before[0]}")


@pytest.mark.django_db
def test_what_is_old_is_forgotten(monkeypatch: pytest.MonkeyPatch, rf: Any, bob: User) -> None:
    monkeypatch.setattr(retries, "FORGETS_EVERY", 1)
    token_of(bob)
    bob.token = bob.api_tokens.get()
    old = timezone.now() - timedelta(hours=1)
    for key, more in (("answered", {"answered_at": old, "status": 200}), ("lost", {})):
        AnsweredRequest.objects.create(key=key, connection="a:1", began_at=old, **more)
    retries.begin(rf.post("/api/x", REMOTE_PORT="1"), bob)
    assert AnsweredRequest.objects.count() == 1


@pytest.mark.usefixtures("_later")
def test_in_flight_at_the_same_time(transactional_db: None, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second waits for the first's answer."""
    create, answers = services.create_dataset, []
    has_begun, goes_on = threading.Event(), threading.Event()

    def slow(**values: Any) -> Any:
        has_begun.set()
        assert goes_on.wait(5)
        return create(**values)

    monkeypatch.setattr(services, "create_dataset", slow)
    threads = [threading.Thread(target=lambda port=port: answers.append(_closing(call, port))) for port in (1, 2)]
    threads[0].start()
    assert has_begun.wait(5)
    threads[1].start()
    deadline = time.monotonic() + 5
    while not AnsweredRequest.objects.filter(connection="127.0.0.1:2").exists():
        assert time.monotonic() < deadline
    goes_on.set()
    for thread in threads:
        thread.join(10)
    assert [answer.status_code for answer in answers] == [200, 200]
    assert Dataset.objects.count() == 1


def _closing(call: Call, port: int) -> Any:
    try:
        return call(port)
    finally:
        connection.close()
