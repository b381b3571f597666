"""Every address with every method as everybody: who may do what, in one table.

An address that the table does not name fails the test, so that none is added without saying whom it is for.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from http.cookies import SimpleCookie
from typing import Any

import pytest
from django.contrib import admin
from django.db import transaction
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse

from choosers.chooser import all_choosers
from organizations.models import Organization, User
from tests.conftest import BACKEND
from tests.furnished import CHOOSERS, SUBJECTS, Furnished

pytestmark = pytest.mark.django_db

SIGN_IN = ("/sign-in/?next=", "/admin/login/?next=")
PEOPLE = ("nobody", "stranger", "viewer", "member", "admin", "owner", "staff")
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")

ADMINS = {"admin", "owner"}
MEMBERS = ADMINS | {"member"}
VIEWERS = MEMBERS | {"viewer"}
# The member writes the draft: it is nobody else's, not even the owner's.
WRITER = {"member"}
SIGNED_IN = VIEWERS | {"stranger", "staff"}
# They may create in an organization of their own, where the address names none.
CREATORS = MEMBERS | {"stranger"}
EVERYBODY = SIGNED_IN | {"nobody"}
# Not a method of this address.
NO = None


@dataclass(frozen=True)
class Row:
    """Who may GET and POST at an address.

    Attributes:
        sees: to whom the thing exists: they are told that they may not (403), to others it is not there (404).
    """

    route: str
    get: set[str] | None
    post: set[str] | None = NO
    sees: set[str] | None = None


MATRIX = [
    Row("home", get=SIGNED_IN),
    Row("organizations:sign_in", get=EVERYBODY, post=EVERYBODY),
    Row("organizations:sign_out", get=NO, post=SIGNED_IN),
    Row("organizations:password_change", get=SIGNED_IN, post=SIGNED_IN),
    Row("organizations:organization_switch", get=NO, post=VIEWERS),
    Row("organizations:token_list", get=SIGNED_IN),
    # Who is in no organization is sent to the list, which says so.
    Row("organizations:token_create", get=SIGNED_IN, post=SIGNED_IN),
    # A token is its user's alone.
    Row("organizations:token_revoke", get=WRITER, post=WRITER, sees=WRITER),
    Row("experiments:project_list", get=SIGNED_IN),
    # Who is in no organization is sent to the list, which says so.
    Row("experiments:project_create", get=CREATORS | {"staff"}, post=CREATORS | {"staff"}, sees=SIGNED_IN),
    Row("experiments:project_detail", get=VIEWERS),
    Row("experiments:project_edit", get=MEMBERS, post=MEMBERS),
    Row("experiments:project_dataset_versions", get=VIEWERS),
    Row("experiments:dataset_version_attach", get=NO, post=ADMINS),
    Row("experiments:dataset_version_detach", get=NO, post=ADMINS),
    Row("experiments:draft_create", get=NO, post=MEMBERS),
    Row("experiments:draft_detail", get=WRITER, post=WRITER, sees=WRITER),
    Row("experiments:draft_discard", get=WRITER, post=WRITER, sees=WRITER),
    Row("experiments:experiment_detail", get=VIEWERS),
    Row("experiments:experiment_lineage", get=VIEWERS),
    Row("experiments:model_version_lineage", get=VIEWERS),
    Row("experiments:experiment_edit", get=NO, post=MEMBERS),
    Row("experiments:draft_from_experiment", get=NO, post=MEMBERS),
    Row("experiments:experiment_publish", get=MEMBERS, post=MEMBERS),
    Row("experiments:experiment_delete", get=ADMINS, post=ADMINS),
    Row("experiments:artifact_download", get=VIEWERS),
    Row("training:experiment_console", get=VIEWERS),
    Row("training:experiment_launch", get=MEMBERS, post=MEMBERS),
    Row("training:experiment_live", get=VIEWERS),
    Row("training:job_list", get=SIGNED_IN),
    Row("training:job_detail", get=VIEWERS),
    Row("training:job_stop", get=MEMBERS, post=MEMBERS),
    Row("training:logging_file_download", get=VIEWERS),
    Row("tracking:log_list", get=VIEWERS),
    Row("tracking:log_points", get=VIEWERS),
    Row("tracking:log_values", get=VIEWERS),
    Row("tracking:evaluation_list", get=VIEWERS),
    Row("tracking:experiment_compare", get=VIEWERS),
    Row("tracking:experiment_compare_curves", get=VIEWERS),
    Row("tracking:experiment_compare_table", get=VIEWERS),
    Row("registry:model_list", get=SIGNED_IN),
    Row("registry:model_create", get=CREATORS, post=CREATORS, sees=SIGNED_IN),
    Row("registry:model_detail", get=VIEWERS),
    Row("registry:model_edit", get=ADMINS, post=ADMINS),
    Row("registry:model_delete", get=ADMINS, post=ADMINS),
    Row("registry:model_version_create", get=MEMBERS, post=MEMBERS),
    Row("registry:model_version_detail", get=VIEWERS),
    Row("registry:model_version_edit", get=ADMINS, post=ADMINS),
    Row("registry:model_version_delete", get=ADMINS, post=ADMINS),
    Row("registry:model_version_labelmap", get=ADMINS, post=ADMINS),
    Row("registry:model_version_image", get=ADMINS, post=ADMINS),
    Row("registry:model_version_constraints", get=ADMINS, post=ADMINS),
    Row("registry:model_version_hyperparameters", get=ADMINS, post=ADMINS),
    Row("registry:model_version_files", get=ADMINS, post=ADMINS),
    Row("registry:file_download", get=VIEWERS),
    Row("registry:file_rename", get=NO, post=ADMINS),
    Row("registry:file_remove", get=NO, post=ADMINS),
    Row("datasets:dataset_list", get=SIGNED_IN),
    Row("datasets:dataset_detail", get=VIEWERS),
    Row("datasets:dataset_delete", get=ADMINS, post=ADMINS),
    Row("datasets:dataset_version_detail", get=VIEWERS),
    Row("datasets:dataset_version_annotations", get=VIEWERS),
    Row("datasets:dataset_version_edit", get=MEMBERS, post=MEMBERS),
    Row("datasets:dataset_version_delete", get=ADMINS, post=ADMINS),
    Row("datasets:asset_detail", get=VIEWERS),
    Row("datasets:data_list", get=SIGNED_IN),
    Row("datasets:data_detail", get=VIEWERS),
    Row("datasets:data_tag", get=NO, post=MEMBERS),
    Row("datasets:data_untag", get=NO, post=MEMBERS),
    Row("datasets:data_delete", get=ADMINS, post=ADMINS),
    Row("choosers:choose model-version", get=SIGNED_IN),
    Row("choosers:choose base-model", get=WRITER, sees=WRITER),
    Row("choosers:choose base-experiment", get=WRITER, sees=WRITER),
    Row("choosers:choose draft-dataset-versions", get=WRITER, sees=WRITER),
    Row("choosers:choose project-dataset-version", get=VIEWERS),
    Row("choosers:chosen model-version", get=SIGNED_IN),
    Row("choosers:chosen base-model", get=WRITER, sees=WRITER),
    Row("choosers:chosen base-experiment", get=WRITER, sees=WRITER),
    Row("choosers:chosen draft-dataset-versions", get=WRITER, sees=WRITER),
    Row("choosers:chosen project-dataset-version", get=VIEWERS),
    # The signature is the permission: whoever may see the file got the link.
    Row("storage:serve", get=EVERYBODY),
]


@pytest.fixture(autouse=True)
def _without_a_log_of_refusals(caplog: pytest.LogCaptureFixture) -> None:
    """There are thousands, and what a test found would drown in them."""
    caplog.set_level(logging.CRITICAL)


@pytest.fixture
def world(orchard: Organization, bob: User) -> Furnished:
    return Furnished(orchard, bob, "Orchard")


@pytest.fixture
def clients(olive: User, alice: User, bob: User, vera: User, charlie: User, staff: User) -> dict[str, Client]:
    """A client for everybody, which shows a failure as the page that a browser would see."""
    return _clients(olive, alice, bob, vera, charlie, staff)


@pytest.fixture
def clients_without_token(
    olive: User, alice: User, bob: User, vera: User, charlie: User, staff: User
) -> dict[str, Client]:
    """The same, sending forms as another site would."""
    return _clients(olive, alice, bob, vera, charlie, staff, enforce_csrf_checks=True)


def _clients(
    olive: User, alice: User, bob: User, vera: User, charlie: User, staff: User, enforce_csrf_checks: bool = False
) -> dict[str, Client]:
    users = {"owner": olive, "admin": alice, "member": bob, "viewer": vera, "stranger": charlie, "staff": staff}
    clients = {}
    for person in PEOPLE:
        clients[person] = Client(enforce_csrf_checks, raise_request_exception=False)
        if person in users:
            clients[person].force_login(users[person], backend=BACKEND)
    return clients


def routes(patterns: Any = None, namespace: str = "") -> Iterator[str]:
    """The name of every address that the resolver knows; the admin's, which make themselves, as one."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from routes(pattern.url_patterns, inner) if inner != "admin:" else ["admin"]
        else:
            assert pattern.name, f"{pattern.pattern} has no name: give it the name of its view."
            yield f"{namespace}{pattern.name}"


def address(row: Row, world: Furnished) -> str:
    """Where the row's route is in the orchard."""
    route, _, chooser = row.route.partition(" ")
    if chooser:
        return world.chooser(chooser) if route == "choosers:choose" else world.chosen(chooser)
    if route == "storage:serve":
        return world.download
    return world.address(route) if route in SUBJECTS else reverse(route)


def body(row: Row, world: Furnished) -> dict[str, str]:
    """What a POST needs in order to name something; else it sends an empty form, which is refused or acts at once."""
    return {
        "organizations:organization_switch": {"organization": str(world.organization.pk)},
        "experiments:dataset_version_attach": {"dataset_version": str(world.loose_version.pk)},
        "experiments:dataset_version_detach": {"dataset_version": str(world.other_version.pk)},
    }.get(row.route, {})


def ask(client: Client, method: str, path: str, data: dict[str, str] | None = None) -> Any:
    """The answer, with everything that it changed taken back."""
    cookies = SimpleCookie(client.cookies)
    with transaction.atomic():
        response: Any = client.post(path, data or {}) if method == "POST" else client.generic(method, path)
        if response.streaming:
            response.getvalue()  # to its end, which closes the file
        transaction.set_rollback(True)
    client.cookies = cookies
    return response


# Files, which no browser draws.
DOWNLOADS = {"storage:serve", "datasets:dataset_version_annotations"}


def outcome(response: Any) -> str:
    """The answer in a word: `done`, `sign in`, or the status of a refusal."""
    status = response.status_code
    if status == HTTPStatus.FOUND:
        return "sign in" if response["Location"].startswith(SIGN_IN) else "done"
    # 422: the form has mistakes; 409: what is used can't be deleted. Either way the person was let in.
    return "done" if status in (200, 204, 206, 409, 422) else str(status)


def expected(row: Row, method: str, person: str) -> str:
    """What the table says."""
    allowed = row.get if method == "GET" else row.post
    if person == "nobody" and "nobody" not in (row.get or set()):
        return "sign in"
    if allowed is None:
        return "405"
    if person in allowed:
        return "done"
    return "403" if person in (row.sees or VIEWERS) else "404"


def test_every_address_is_in_the_table() -> None:
    named = {row.route.partition(" ")[0] for row in MATRIX} | {"admin"}
    # Those of the API know tokens, and those that receive files know signatures, not sessions: they have tests of their
    # own in tests/protocols and tests/storage.
    missing = sorted(name for name in set(routes()) - named if not name.startswith(("api:", "storage:receive_")))
    assert not missing, f"Add a row to MATRIX that says whom these are for: {', '.join(missing)}."
    assert not sorted(named - set(routes())), "MATRIX names addresses that are no more."


def test_every_chooser_is_in_the_table() -> None:
    choosers = {chooser.name for chooser in all_choosers()}
    assert choosers == set(CHOOSERS), "Say in tests/furnished.py what each chooser is for."
    rows = {row.route for row in MATRIX}
    missing = sorted({f"choosers:{route} {name}" for name in choosers for route in ("choose", "chosen")} - rows)
    assert not missing, f"Add a row to MATRIX that says whom these are for: {', '.join(missing)}."


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_each_gets_what_the_table_says(method: str, world: Furnished, clients: dict[str, Client]) -> None:
    wrong = []
    for row in MATRIX:
        for person, client in clients.items():
            found = outcome(ask(client, method, address(row, world), body(row, world)))
            good = expected(row, method, person)
            if found != good:
                wrong.append(f"{method} {row.route} as {person}: {found}, not {good}")
    assert not wrong, "\n" + "\n".join(wrong)


def test_no_other_method_is_taken(world: Furnished, clients: dict[str, Client]) -> None:
    """HEAD is GET without a body, or not taken either."""
    wrong = []
    for row in MATRIX:
        for person, client in clients.items():
            for method in ("HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
                response = ask(client, method, address(row, world))
                status = str(response.status_code)
                good = {"405", "200", "302"} if method == "HEAD" and row.get else {"405"}
                if person == "nobody" and row.get != EVERYBODY:
                    good = {"302"}
                if status not in good:
                    wrong.append(f"{method} {row.route} as {person}: {status}, not {' or '.join(sorted(good))}")
    assert not wrong, "\n" + "\n".join(wrong)


def test_nothing_is_changed_without_the_forms_token(world: Furnished, clients_without_token: dict[str, Client]) -> None:
    wrong = []
    for row in MATRIX:
        for person in ("nobody", "member", "owner", "staff"):
            for method in UNSAFE:
                response = ask(clients_without_token[person], method, address(row, world), body(row, world))
                asked_first = person == "nobody" and outcome(response) == "sign in"
                if response.status_code != HTTPStatus.FORBIDDEN and not asked_first:
                    wrong.append(f"{method} {row.route} as {person}: {response.status_code}")
    assert not wrong, "\n" + "\n".join(wrong)


def test_what_does_not_exist_is_a_404_to_everybody(clients: dict[str, Client]) -> None:
    """Whoever is not signed in is asked to, or told that there is nothing: never that there is something."""
    nothing = "01900000-0000-7000-8000-000000000000"
    wrong = []
    for row in MATRIX:
        if row.route not in SUBJECTS:
            continue
        for person, client in clients.items():
            response = ask(client, "GET" if row.get else "POST", reverse(row.route, args=[nothing]))
            good = "sign in" if person == "nobody" else "404"
            if outcome(response) != good:
                wrong.append(f"{row.route} as {person}: {outcome(response)}, not {good}")
    assert not wrong, "\n" + "\n".join(wrong)


# The admin


def admin_addresses(world: Furnished) -> Iterator[str]:
    """Every address of the admin, for a row that exists and for one that doesn't."""
    yield from ("/admin/", "/admin/password_change/", "/admin/password_change/done/", "/admin/jsi18n/")
    yield from ("/admin/autocomplete/", "/admin/r/1/1/", "/admin/r/x/x/", "/admin/nothing/")
    for label in sorted({model._meta.app_label for model in admin.site._registry}):
        yield f"/admin/{label}/"
    for model in admin.site._registry:
        names = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield from (reverse(f"{names}_changelist"), reverse(f"{names}_add"))
        row = model._default_manager.order_by("pk").first()
        for pk in (row.pk if row else "1", "01900000-0000-7000-8000-000000000000", "nonsense"):
            yield from (reverse(f"{names}_{page}", args=[pk]) for page in ("change", "history", "delete"))


def test_the_admin_is_for_staff(world: Furnished, clients: dict[str, Client]) -> None:
    wrong = []
    for path in admin_addresses(world):
        for person in ("nobody", "owner"):
            for method in ("GET", *UNSAFE):
                response = ask(clients[person], method, path)
                refused = outcome(response) == "sign in" or response.status_code == HTTPStatus.NOT_FOUND
                if not refused:
                    wrong.append(f"{method} {path} as {person}: {response.status_code}")
    assert not wrong, "\n" + "\n".join(wrong)


def test_the_admin_never_fails(world: Furnished, clients: dict[str, Client]) -> None:
    wrong = []
    for path in admin_addresses(world):
        for method in ("GET", "POST", "PUT"):
            response = ask(clients["staff"], method, path)
            if response.status_code not in (200, 302, 400, 403, 404, 405):
                wrong.append(f"{method} {path}: {response.status_code}")
    assert not wrong, "\n" + "\n".join(wrong)


def test_the_admin_takes_nothing_without_the_forms_token(
    world: Furnished, clients_without_token: dict[str, Client]
) -> None:
    wrong = []
    for path in admin_addresses(world):
        for method in UNSAFE:
            response = ask(clients_without_token["staff"], method, path)
            if response.status_code not in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
                wrong.append(f"{method} {path}: {response.status_code}")
    assert not wrong, "\n" + "\n".join(wrong)
