"""Whatever the description allows, and whatever it does not: an answer, and never a failure.

schemathesis makes queries and bodies of the OpenAPI description. Paths lead to things of the orchard, and so do most
ids in the bodies, so that what is made comes as far as the services. The same bodies on every run.
"""

import json
import logging
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
import schemathesis
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case

from organizations.models import Organization, User
from protocols.picsellia.api import api
from tests.protocols.picsellia.calls import CALLS, Call, Orchard
from tests.protocols.picsellia.conftest import token_of

pytestmark = pytest.mark.django_db

TELLS = {
    "label_id": "{label}",
    "asset_id": "{asset}",
    "asset_ids": ["{asset}"],
    "data_ids": ["{loose_data}"],
    "ids": ["{asset}"],
    "data_source_id": "{source}",
    "dataset_version_id": "{other_version}",
    "parent_id": "{dataset_version}",
    "group_id": "{label_group}",
    "base_experiment_id": "{other_experiment}",
    "base_model_version_id": "{model_version}",
    "model_version_id": "{model_version}",
    "model_id": "{model}",
    "evaluation_ids": ["{evaluation}"],
    "destination_id": "{other_version}",
    "object_name": "{here}",
    "logging_object_name": "{here}",
}
SAME_EACH_TIME: dict[str, Any] = {
    "derandomize": True,
    "database": None,
    "deadline": None,
    "phases": [Phase.generate],
    "suppress_health_check": list(HealthCheck),
}
EXAMPLES, BODIES = 8, 12

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)


@pytest.fixture(autouse=True)
def _without_a_log_of_refusals(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)


@pytest.fixture
def world(orchard: Organization, bob: User) -> Orchard:
    return Orchard(orchard, bob, "Orchard")


@pytest.fixture
def token(world: Orchard, olive: User) -> str:
    return token_of(olive)


def complaint(call: Call, body: bytes, world: Orchard, token: str, query: dict[str, Any] | None = None) -> str:
    """What is wrong with the answer; empty when nothing is. What it changed is taken back."""
    path = "/api" + world.filled(call.path).partition("?")[0]
    headers, sent = {"authorization": f"Bearer {token}"}, query or {}
    client = Client(raise_request_exception=False)
    with transaction.atomic():
        answer = client.generic(call.method, path, body, "application/json", headers=headers, query_params=sent)
        transaction.set_rollback(True)
    if answer.status_code >= 500:
        return f"{answer.status_code}"
    if not answer.content:
        return "" if answer.status_code == 204 else f"{answer.status_code} without a body"
    told = json.loads(answer.content)
    if answer.status_code >= 400 and not (isinstance(told, dict) and isinstance(told["message"], str)):
        return f"{answer.status_code}: {told}"
    return ""


def with_ids(body: Any, world: Orchard) -> Any:
    """The body with ids and names of the orchard's where they can stand."""
    if isinstance(body, list):
        return [with_ids(one, world) for one in body]
    if not isinstance(body, dict):
        return body
    return {
        key: world.filled(TELLS[key]) if key in TELLS and value is not None else with_ids(value, world)
        for key, value in body.items()
    }


def operations() -> Iterator[tuple[Any, Call]]:
    """What the description has, with the call of the table that leads to something."""
    calls = {call.route: call for call in CALLS}
    description = json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api")))
    for found in schemathesis.openapi.from_dict(description).get_all_operations():
        operation = found.ok()  # type: ignore[union-attr]
        yield operation, calls[operation.method.upper(), re.sub(r"{\w+}", "{}", operation.path)]


def for_each(strategy: st.SearchStrategy[Any], act: Callable[[Any], None], examples: int) -> None:
    """Act on so many things of the strategy."""

    @settings(max_examples=examples, **SAME_EACH_TIME)
    @given(strategy)
    def run(thing: Any) -> None:
        act(thing)

    run()


def test_what_the_description_allows(world: Orchard, token: str) -> None:
    wrong, count = [], 0

    def send(case: Case, call: Call) -> None:
        nonlocal count
        count += 1
        has_body = isinstance(case.body, (dict, list))
        body = json.dumps(with_ids(case.body, world)).encode() if has_body else b""
        if told := complaint(call, body, world, token, dict(case.query or {})):
            wrong.append((str(call), told, case.query, body[:500]))

    for operation, call in operations():
        for_each(operation.as_strategy(), partial(send, call=call), EXAMPLES)
    assert wrong == []
    assert count > 500


def test_any_body(world: Orchard, token: str) -> None:
    """JSON of any form, and bytes that are none: to every call that writes, or takes a body."""
    wrong = []

    def send(body: bytes, call: Call) -> None:
        if told := complaint(call, body, world, token):
            wrong.append((str(call), told, body[:500]))

    for call in CALLS:
        if call.method != "GET":
            for_each(bodies(world.filled(call.body)), partial(send, call=call), BODIES)
    assert wrong == []


def bodies(good: Any) -> st.SearchStrategy[bytes]:
    """Most are the good one with a field that is anything."""
    any_json: st.SearchStrategy[Any] = JSON
    if isinstance(good, dict):
        changed = st.dictionaries(st.sampled_from(sorted(good)), JSON, min_size=1, max_size=2)
        any_json = changed.map(lambda fields: {**good, **fields}) | JSON
    return any_json.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=40)
