"""Every call of the contract, as everybody: who may make it, whose things it reaches, and that it is there at all."""

import json
import logging
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.db import transaction
from django.test import Client

from config.ids import new_id
from organizations.models import Organization, User
from protocols.picsellia.described import resources
from tests.factories import MembershipFactory
from tests.protocols.picsellia.calls import CALLS, Call, Orchard
from tests.protocols.picsellia.conftest import token_of
from tests.test_isolation import rows_of_everything

pytestmark = pytest.mark.django_db

Answer = tuple[int, str]

# What is in use is refused; the rest of the contract's calls do what they are for.
ANSWERS_OWNER = {
    "POST /object-storage/{organization}/complete_part_upload": 400,  # no part was sent
    "DELETE /project/{project}/datasets": 409,
    "POST /experiment/{experiment}/launch": 409,  # it has a job
    "DELETE /data/{data}": 409,
    "DELETE /dataset/{dataset}": 409,
    "DELETE /dataset/version/{dataset_version}": 409,
    "DELETE /label/{label}": 409,
    "GET /models/find": 404,  # a private one
}
READS = {
    "POST /dataset/version/{dataset_version}/annotations/export",
    "POST /object-storage/{organization}/retrieve_presigned_url",
}
WRITES = {"XGET /dataset/version/{dataset_version}/bulk-labels"}
# They name nothing of anybody's.
ANSWERED_TO_ALL = {"GET /home/ping", "GET /models"}
NAME = re.compile(r"{(\w+)}")


@pytest.fixture(autouse=True)
def _without_a_log_of_refusals(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)


@pytest.fixture
def world(orchard: Organization, bob: User) -> Orchard:
    return Orchard(orchard, bob, "Orchard")


@pytest.fixture
def theirs(harbor: Organization) -> Orchard:
    return Orchard(harbor, MembershipFactory(organization=harbor).user, "Harbor")


def ask(method: str, path: str, body: Any, token: str | None) -> Answer:
    """The answer's status and text."""
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    content = b"" if body is None else json.dumps(body).encode()
    path, _, query = path.partition("?")
    name, _, value = query.partition("=")
    address = f"/api{path}?{name}={quote(value)}" if name else f"/api{path}"
    response = Client().generic(method, address, content, "application/json", headers=headers)
    return response.status_code, response.content.decode()


def in_vain(call: Call, world: Orchard, token: str | None) -> Answer:
    """The answer, with everything that it changed taken back."""
    with transaction.atomic():
        answer = ask(call.method, world.filled(call.path), world.filled(call.body), token)
        transaction.set_rollback(True)
    return answer


def writes(call: Call) -> bool:
    return str(call) in WRITES or (call.method not in ("GET", "XGET") and str(call) not in READS)


def test_the_table_is_the_contract() -> None:
    """182 calls, and the API has those and no others."""
    assert len(CALLS) == 182
    answered = [(call.method, re.sub(r"{\w+}", "{}", call.path)) for resource in resources() for call in resource.calls]
    assert sorted(answered) == sorted(call.route for call in CALLS)


def test_an_owner_gets_what_it_is_for(world: Orchard, olive: User) -> None:
    token = token_of(olive)
    wrong = []
    for call in CALLS:
        status, text = in_vain(call, world, token)
        good = {ANSWERS_OWNER[str(call)]} if str(call) in ANSWERS_OWNER else {200, 204}
        if status not in good:
            wrong.append((str(call), status, text[:300]))
    assert wrong == []


def test_nobody_gets_anything(world: Orchard) -> None:
    before = rows_of_everything()
    wrong = [str(call) for call in CALLS if in_vain(call, world, None)[0] != 401]
    wrong += [str(call) for call in CALLS[:10] if in_vain(call, world, "esp_wrong")[0] != 401]
    assert wrong == []
    assert rows_of_everything() == before


def test_a_stranger_finds_nothing_and_changes_nothing(world: Orchard, charlie: User) -> None:
    token = token_of(charlie)
    ask("GET", "/home/ping", None, token)
    before = rows_of_everything()
    wrong = []
    for call in CALLS:
        status, text = ask(call.method, world.filled(call.path), world.filled(call.body), token)
        if (status != 404 and str(call) not in ANSWERED_TO_ALL) or world.word in text:
            wrong.append((str(call), status, text[:300]))
    assert wrong == []
    assert rows_of_everything() == before


@pytest.mark.parametrize("is_read_only", [False, True])
def test_who_only_reads_writes_nothing(world: Orchard, vera: User, olive: User, is_read_only: bool) -> None:
    """A viewer's token, and an owner's that only reads."""
    token = token_of(olive, is_read_only=True) if is_read_only else token_of(vera)
    ask("GET", "/home/ping", None, token)
    before = rows_of_everything()
    wrong = []
    for call in CALLS:
        status, text = ask(call.method, world.filled(call.path), world.filled(call.body), token)
        if writes(call) and status != 403:
            wrong.append((str(call), status, text[:300]))
        if not writes(call) and status not in (200, 204, ANSWERS_OWNER.get(str(call))):
            wrong.append((str(call), status, text[:300]))
    assert wrong == []
    # An export is kept for whoever fetches it.
    kept = {pk for pk, row in rows_of_everything().items() if row != before.get(pk)}
    assert kept == {pk for pk in kept if pk not in before}


def test_a_read_only_token_says_so(world: Orchard, olive: User) -> None:
    status, text = ask(
        "POST", f"/organization/{world.organization.pk}/datasets", {"name": "new"}, token_of(olive, is_read_only=True)
    )
    assert (status, json.loads(text)) == (403, {"message": "This token only reads. Make one that may write."})


def places(call: Call, own: Orchard) -> Iterator[tuple[str, Callable[[str], tuple[str, Any]]]]:
    """Each place in the path, the query and the body where an id or a name can stand, and how to fill it."""
    text = json.dumps([call.path, call.body])
    for place, found in enumerate(NAME.finditer(text)):

        def fill(other: str, place: int = place) -> tuple[str, Any]:
            numbers = iter(range(1_000))
            filled = NAME.sub(lambda one: other if next(numbers) == place else own.filled(one[0]), text)
            path, body = json.loads(filled)
            return path, body

        yield found[1], fill


def test_a_strangers_id_is_as_good_as_a_random_one(world: Orchard, theirs: Orchard, olive: User) -> None:
    """In every place of every call, with everything else right: the same answer, and nothing is changed."""
    token = token_of(olive)
    ask("GET", "/home/ping", None, token)
    before = rows_of_everything()
    wrong, count = [], 0
    for call in CALLS:
        for name, fill in places(call, world):
            count += 1
            foreign, random = theirs.filled(f"{{{name}}}"), str(new_id())
            answers = [ask(call.method, *fill(value), token) for value in (foreign, random)]
            told = [
                (status, text.replace(value, "<it>"))
                for (status, text), value in zip(answers, (foreign, random), strict=True)
            ]
            if told[0] != told[1] or theirs.word in told[0][1] or told[0][0] == 422:
                wrong.append((str(call), name, *told))
    assert wrong == []
    assert count > 250
    assert rows_of_everything() == before
