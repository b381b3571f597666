"""Too much, too long, too deep, and what is no value at all: a refusal with the figure, never a failure."""

import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.contrib import admin
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from experiments.models import Experiment, ExperimentDraft
from organizations.models import Organization, User
from storage.models import Blob
from tests.conftest import BACKEND
from tests.factories import ExperimentDraftFactory
from tests.furnished import SUBJECTS, Furnished
from tests.test_every_url import DOWNLOADS, MATRIX, address
from tests.test_scripts_in_text import CANARY, Forms, pages

ClientOf = Callable[[User], Client]

# None of them takes longer, whatever is sent.
SECONDS_MAX = 5.0

NASTY = {
    "long": "x" * 100_000,
    "NUL": "a\x00b",
    "control": "a\x1b[31m\x07b",
    "path": "../../../../etc/passwd",
    "paths": "..\\..\\x C:/x //proc/self/environ %252e%252e%252f x;ls; #/../../x",
    "digits": "9" * 5_000,
    "not a number": "NaN",
    "infinite": "1e400",
    "foreign digits": "٣٤²",
    "nested": "[" * 20_000,
    "spaces": " \t\r\n ",
    "an id": "01900000-0000-7000-8000-000000000000",
}


@pytest.fixture
def world(orchard: Organization, olive: User) -> Furnished:
    return Furnished(orchard, olive, "Orchard")


@pytest.fixture
def olives(client_of: ClientOf, olive: User) -> Client:
    client = client_of(olive)
    client.raise_request_exception = False
    return client


def readable(world: Furnished) -> Iterator[str]:
    """Every page that is not for admins alone, choosers included."""
    return (address(row, world) for row in MATRIX if row.get and "member" in row.get and row.route not in DOWNLOADS)


def with_query(path: str, query: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}{query}"


# What is sent as a whole


@pytest.mark.django_db
def test_a_body_that_is_too_large(olives: Client) -> None:
    answer = olives.post("/projects/new/", {"name": "x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)}, follow=True)
    assert answer.status_code == 400
    assert "5 MB" in answer.text


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["multipart", "urlencoded"])
def test_more_fields_than_are_read(kind: str, olives: Client) -> None:
    fields = {f"field-{number}": "" for number in range(10_001)}
    if kind == "multipart":
        answer = olives.post("/projects/new/", fields)
    else:
        answer = olives.post("/projects/new/", urlencode(fields), content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 400
    assert "10,000 fields" in answer.text


@pytest.mark.django_db
def test_a_body_that_is_no_form(olives: Client) -> None:
    for content_type in ("application/json", "multipart/form-data", "multipart/form-data; boundary=x", "text/xml", "x"):
        answer = olives.generic("POST", "/registry/new/", b"\xff\x00{[", content_type=content_type)
        assert answer.status_code in (400, 422), content_type


@pytest.mark.django_db
def test_more_parameters_than_are_read(olives: Client, world: Furnished) -> None:
    query = urlencode({f"x-{number}": "" for number in range(10_001)})
    for path in readable(world):
        answer = olives.get(with_query(path, query))
        if answer.status_code == 400:
            assert "10,000 fields" in answer.text
        assert answer.status_code < 500, path


# What narrows a list


SEARCHES = ["x" * 10_000, "x" * 1_000_000, "a\x00/b\x00", "%" * 99, "_" * 99, "\\", "/" * 500, "' OR 1=1 --"]


@pytest.mark.django_db
def test_a_search_for_anything(olives: Client, world: Furnished) -> None:
    """A dialog doesn't take what its field doesn't, more than a hundred characters; a page takes the first of them."""
    start, wrong = time.monotonic(), []
    for path in readable(world):
        for text in SEARCHES:
            answer = olives.get(with_query(path, urlencode({"q": text})))
            if answer.status_code not in (200, 302, 404):
                wrong.append(f"{path}, {text[:20]!r}: {answer.status_code}")
    assert not wrong, "\n" + "\n".join(wrong)
    assert time.monotonic() - start < SECONDS_MAX * len(SEARCHES)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "names",
    [
        ["older", "after", "label", "type", "status", "tab"],
        ["newer", "before"],
        ["copy_from", "pick", "slot", "in-train"],
    ],
    ids=lambda names: names[0],
)
def test_parameters_that_are_none(names: list[str], olives: Client, world: Furnished) -> None:
    wrong = []
    for path in readable(world):
        for nasty in ("NUL", "digits", "not a number", "an id", "foreign digits", "long"):
            answer = olives.get(with_query(path, urlencode(dict.fromkeys(names, NASTY[nasty]))))
            if answer.status_code not in (200, 302, 404):
                wrong.append(f"{path}, {nasty}: {answer.status_code}")
    assert not wrong, "\n" + "\n".join(wrong)


@pytest.mark.django_db
def test_nothing_is_asked_of_the_database_by_name(olives: Client, world: Furnished) -> None:
    """Lists take the parameters they know: no order, no lookup and no connector comes from an address."""
    query = {
        "order_by": "created_by__password",
        "o": "-1.2.password",
        "sort": "?",
        "created_by__password__regex": "^md5",
        "organization__name": "Harbor",
        "organization": "x",
        "_connector": "OR 1=1 --",
        "_negated": "1",
        "id__in": "x",
        "page": "-1",
        "limit": "1000000",
        "fields": "password",
    }
    for path in readable(world):
        addresses = (path, with_query(path, urlencode(query)))
        plain, asked = (olives.get(one) for one in addresses)
        if (plain.status_code, asked.status_code) == (200, 302):  # to the address without what it does not know
            asked = olives.get(asked.headers["Location"])
        assert without_tokens(plain) == without_tokens(asked), path


def without_tokens(answer: Any) -> str:
    """The page without what differs from one request to the next, and without the query that it was asked with."""
    tokens = r'(csrfmiddlewaretoken" value=|x-csrftoken": |name="(?:draft|key)" value=)"[\w-]+"'
    text = re.sub(tokens, r"\1", answer.text)
    text = re.sub(r"[?&](amp;)?order_by=[^\"]*", "", text)
    text = re.sub(r"<time[^>]*>[^<]*</time>", "a time", text)
    return re.sub(r"/files/[\w.:=-]+/", "/files/…/", text)


# What stands in an address


NO_IDS = [
    *("..", "../..", "..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/", "%252e%252e%252f", "..%5c..%5c", "C:/", "/proc/self"),
    *("%00", "x%00", ";", "x;y", "%3b", "%23/../", "%0d%0aX-Evil:%201", "9" * 4_000, "%ff%fe", "{}", "*", "0", "-1"),
]


@pytest.mark.django_db
def test_an_id_that_is_none(olives: Client) -> None:
    """In place of every id and name of an address: there is nothing at it, and it leads nowhere else."""
    wrong = []
    for text in NO_IDS:
        for path in addresses_with(text):
            answer = olives.get(path)
            if answer.status_code not in (301, 302, 404):
                wrong.append(f"{path}: {answer.status_code}")
            assert "X-Evil" not in answer.headers
            assert b"root:" not in answer.content
    assert not wrong, "\n" + "\n".join(wrong)


def addresses_with(text: str) -> Iterator[str]:
    nil = "00000000-0000-0000-0000-000000000000"
    yield from (reverse(route, args=[nil]).replace(nil, text) for route in SUBJECTS)
    yield from (f"/choose/{text}/", f"/choose/{text}/chosen/", f"/files/{text}/")


# What stands in a form


@pytest.mark.django_db
@pytest.mark.parametrize("nasty", NASTY)
def test_every_field_of_every_form(nasty: str, olives: Client, world: Furnished, files_dir: Any) -> None:
    """Taken as a text or refused with a sentence; and no name becomes a path."""
    text, sent = NASTY[nasty], 0
    for path in pages(world):
        for method, action, fields in Forms(olives.get(path).text).forms:
            written = {name: text if value == CANARY else value for name, value in fields.items()}
            if method == "post" and action != "/sign-out/":
                everything = [written | dict.fromkeys(fields, text)] if nasty in ("NUL", "digits", "path") else []
                for data in [written, *everything]:
                    with transaction.atomic():
                        answer = olives.post(action or path, data)
                        transaction.set_rollback(True)
                    assert answer.status_code < 500, (path, action, data)
                    sent += 1
    assert sent > 30
    assert {str(found.relative_to(files_dir)) for found in files_dir.rglob("*") if found.is_file()} == {
        blob.path for blob in Blob.objects.all()
    }


# Too many, with the figure in the answer

MANY = {
    "labels": ("labelmap", {"labelmap": "\n".join(f"{n}: label {n}" for n in range(10_001))}, "at most 10,000 labels"),
    "label": ("labelmap", {"labelmap": f"0: {'x' * 101}"}, "at most 100 characters; this one has 101"),
    "index": ("labelmap", {"labelmap": f"{'9' * 5_000}: x"}, "An index is a whole number from 0 on"),
    "image": ("image", {"image": "x" * 301}, "at most 300 characters; this one has 301"),
    "tag": ("image", {"image": "x", "tag": "x" * 129}, "A tag has 1 to 128 letters"),
    "command": ("image", {"command": "x" * 1_001}, "at most 1,000 characters; this one has 1,001"),
    "flags": ("image", {"flags": "\n".join(f"--flag={n}" for n in range(101))}, "At most 100 flags; these are 101"),
    "flag": ("image", {"flags": "-" + "x" * 1_000}, "at most 1,000 characters; this one has 1,001"),
    "variables": ("image", {"environment": "\n".join(f"V{n}=1" for n in range(201))}, "At most 200 variables"),
    "variable": ("image", {"environment": f"V={'x' * 10_001}"}, "at most 10,000 characters; this one has 10,001"),
    "constraints": ("constraints", {f"constraints-{n}-name": f"c {n}" for n in range(101)}, "at most 100 constraints"),
    "slots": (
        "constraints",
        {"constraints-0-name": "c", **{f"constraints-0-slots-{n}-alias": f"a{n}" for n in range(101)}},
        "at most 100 aliases; this one has 101",
    ),
    "alias": (
        "constraints",
        {"constraints-0-name": "c", "constraints-0-slots-0-alias": "x" * 51},
        "An alias has 1 to 50 letters",
    ),
    "hyperparameters": (
        "hyperparameters",
        {f"hyperparameters-{n}-key": f"k {n}" for n in range(1_001)},
        "at most 1,000 hyperparameters; these are 1,001",
    ),
    "choices": (
        "hyperparameters",
        {
            "hyperparameters-0-key": "k",
            "hyperparameters-0-kind": "CHOICE",
            "hyperparameters-0-value": "1",
            "hyperparameters-0-choices": "\n".join(map(str, range(1_001))),
        },
        "At most 1,000 choices; these are 1,001",
    ),
    "value": (
        "hyperparameters",
        {"hyperparameters-0-key": "k", "hyperparameters-0-kind": "TEXT", "hyperparameters-0-value": "x" * 10_001},
        "at most 10,000 characters; this one has 10,001",
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", MANY)
def test_too_much_of_one_thing(name: str, olives: Client, world: Furnished) -> None:
    page, data, figure = MANY[name]
    architecture = world.model_version.architecture
    answer = olives.post(
        world.address(f"registry:model_version_{page}"), data | {"revision": str(architecture.revision)}
    )
    assert answer.status_code == 422
    assert figure in answer.text
    assert not type(architecture).objects.exclude(revision=0).exists()


@pytest.mark.django_db
def test_too_many_dataset_versions(olives: Client, world: Furnished) -> None:
    version = world.other_version.pk
    data = {"action": "set-datasets", "version": version, f"alias-{version}": [f"a{n}" for n in range(201)]}
    answer = olives.post(world.address("experiments:draft_detail", "free_draft"), data, headers={"HX-Request": "true"})
    assert "An experiment has at most 50 dataset versions." in answer.text


# Once is once


@pytest.mark.django_db(transaction=True)
def test_twenty_creates_of_one_draft_at_once_make_one_experiment(orchard: Organization, bob: User) -> None:
    draft = ExperimentDraftFactory(project__organization=orchard, owner=bob)
    path, start = reverse("experiments:draft_detail", args=[draft.pk]), Barrier(20)
    clients = [Client() for _ in range(20)]
    for client in clients:
        client.force_login(bob, backend=BACKEND)

    def create(client: Client) -> str:
        try:
            start.wait(timeout=30)
            return str(client.post(path, {"action": "create"})["Location"])
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(create, clients))
    assert set(answers) == {Experiment.objects.get().get_absolute_url()}
    assert not ExperimentDraft.objects.exists()


# The admin


@pytest.mark.django_db
@pytest.mark.parametrize("nasty", ["NUL", "digits", "nested", "long"])
def test_every_field_of_the_admin(nasty: str, client_of: ClientOf, staff: User, world: Furnished) -> None:
    client, sent = client_of(staff), 0
    client.raise_request_exception = False
    for path in admin_forms():
        for method, _, fields in Forms(client.get(path).text).forms:
            if method == "post" and CANARY in fields.values():
                written = {name: NASTY[nasty] if value == CANARY else value for name, value in fields.items()}
                with transaction.atomic():
                    answer = client.post(path, written)
                    transaction.set_rollback(True)
                assert answer.status_code in (200, 302), path
                sent += 1
    assert sent > 10


def admin_forms() -> Iterator[str]:
    for model in admin.site._registry:
        names = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        row = model._default_manager.order_by("pk").first()
        yield from [reverse(f"{names}_add"), *([reverse(f"{names}_change", args=[row.pk])] if row else [])]


@pytest.mark.django_db
@pytest.mark.parametrize("value", ["[" * 100_000, "9" * 5_000, f"[{'9' * 5_000}]", "NaN", '{"a": {"b": 1}}', "x"])
def test_json_that_is_not_meant(value: str, client_of: ClientOf, staff: User, world: Furnished) -> None:
    """It is written in the admin alone, and what is wrong is said beside its field."""
    path = reverse("admin:registry_architecture_change", args=[world.model_version.architecture.pk])
    client, names = client_of(staff), ["docker_flags", "docker_environment", "labelmap"]
    fields = next(fields for _, _, fields in Forms(client.get(path).text).forms if "labelmap" in fields)
    answer = client.post(path, fields | dict.fromkeys(names, value))
    assert answer.status_code == 200
    assert set(answer.context["adminform"].form.errors) == set(names)


ADMIN_QUERIES = [
    *("q=%00", "q=" + "x" * 10_000, "o=999.-1.x", "p=x", "p=-1", "p=" + "9" * 500, "e=1", "all=x", "id__exact=x"),
    *("created_by__password__regex=^md5", "organization__memberships__user__password__regex=^md5", "_popup=%00"),
    *("created_at__year=x", "created_at__gte=%00", "organization__id__exact=%00", "_facets=x", "_to_field=password"),
]


@pytest.mark.django_db
def test_the_admins_lists_take_anything(client_of: ClientOf, staff: User, world: Furnished) -> None:
    client = client_of(staff)
    client.raise_request_exception = False
    for path in changelists():
        for query in ADMIN_QUERIES:
            answer = client.get(f"{path}?{query}")
            assert answer.status_code in (200, 302, 400), (path, query)


def changelists() -> Iterator[str]:
    for model in admin.site._registry:
        yield reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
