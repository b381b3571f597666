"""What belongs to another organization is not there: an id of theirs is as good as one that nobody has.

Olive owns the orchard, and the harbor has the same things. In every place where an id can stand, one of the harbor's
gets the same answer as a random one and changes nothing; one of Olive's own gets another answer, so that the place is
known to be read at all.
"""

import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import reverse

from config.ids import new_id
from organizations.models import Membership, Organization, Role, User
from registry.models import ModelVersion
from registry.services import take_back
from storage.models import Blob
from tests.factories import MembershipFactory
from tests.furnished import SUBJECTS, Furnished
from tests.test_every_url import ADMINS, MATRIX, MEMBERS, VIEWERS, address, ask, body

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
OURS = (
    "choosers",
    "datasets",
    "experiments",
    "organizations",
    "protocols",
    "registry",
    "storage",
    "tracking",
    "training",
)
# Set by the clock.
TIMES = ("created_at", "updated_at", "attached_at", "last_login")

Act = Callable[[Client, Furnished, str], Any]


@dataclass(frozen=True)
class Place:
    """Where an id can stand.

    Attributes:
        name: for people.
        subject: what the id is of, an attribute of `Furnished`.
        act: sends a request with the id in the place.
    """

    name: str
    subject: str
    act: Act


def get(path: str, **query: str) -> Act:
    """A GET; `{}` in the path and in the values is the id, `{draft}` and so on are ids of one's own."""
    return lambda client, own, pk: client.get(_filled(path, own, pk), _filled_all(query, own, pk))


def post(path: str, **data: str) -> Act:
    """A POST, likewise."""
    return lambda client, own, pk: client.post(_filled(path, own, pk), _filled_all(data, own, pk))


def _filled(text: str, own: Furnished, pk: str) -> str:
    for name in re.findall(r"{(\w+)}", text):
        text = text.replace(f"{{{name}}}", str(getattr(own, name).pk))
    return text.replace("{}", pk)


def _filled_all(values: dict[str, str], own: Furnished, pk: str) -> dict[str, str]:
    return {_filled(name, own, pk): _filled(value, own, pk) for name, value in values.items()}


# What else a request has to name in order to do something.
NEEDED = {
    "experiments:dataset_version_attach": {"dataset_version": "{loose_version}"},
    "experiments:dataset_version_detach": {"dataset_version": "{other_version}"},
}


def path_places() -> Iterator[Place]:
    """The id in every address that has one."""
    for row in MATRIX:
        if row.route in SUBJECTS:
            subject, path = SUBJECTS[row.route], reverse(row.route, args=[uuid.UUID(int=0)])
            path = path.replace(str(uuid.UUID(int=0)), "{}")
            for method, act, allowed in (("GET", get, row.get), ("POST", post, row.post)):
                if allowed is not None:
                    yield Place(f"{method} {path}", subject, act(path, **NEEDED.get(row.route, {})))


DRAFT, FREE_DRAFT = "/experiments/drafts/{draft}/", "/experiments/drafts/{free_draft}/"
ATTACH, DETACH = (f"/projects/{{project}}/dataset-versions/{verb}/" for verb in ("attach", "detach"))
SLOTS = "/choose/draft-dataset-versions/"

PLACES = [
    *path_places(),
    # In the address, after the question mark.
    Place("draft of the model chooser", "draft", get("/choose/base-model/", draft="{}")),
    Place("draft of the experiment chooser", "draft", get("/choose/base-experiment/", draft="{}")),
    Place("draft of the dataset chooser", "draft", get(SLOTS, draft="{}")),
    Place("project of the dataset chooser", "project", get("/choose/project-dataset-version/", project="{}")),
    Place("opened model", "model", get("/choose/model-version/", model="{}")),
    Place("opened model of a draft", "model", get("/choose/base-model/", draft="{draft}", model="{}")),
    Place("chosen version", "model_version", get("/choose/model-version/chosen/", pk="{}")),
    Place("chosen base", "model_version", get("/choose/base-model/chosen/", draft="{draft}", pk="{}")),
    Place("chosen experiment", "experiment", get("/choose/base-experiment/chosen/", draft="{draft}", pk="{}")),
    Place("chosen dataset version", "dataset_version", get(f"{SLOTS}chosen/", draft="{draft}", pk="{}")),
    Place(
        "chosen version to attach",
        "loose_version",
        get("/choose/project-dataset-version/chosen/", project="{project}", pk="{}"),
    ),
    Place("version for a placeholder", "other_version", get(SLOTS, draft="{draft}", slot="train", pick="{}")),
    Place("version in a placeholder", "other_version", get(SLOTS, draft="{draft}", chosen="on", **{"in-train": "{}"})),
    Place(
        "ticked version",
        "other_version",
        get(SLOTS, draft="{free_draft}", chosen="on", version="{}", **{"alias-{}": "mine"}),
    ),
    Place("label", "label", get("/datasets/versions/{dataset_version}/", label="{}")),
    Place("source of a copy", "model_version", get("/registry/models/{model}/versions/new/", copy_from="{}")),
    # In a form.
    Place("organization", "organization", post("/organizations/switch/", organization="{}")),
    Place("version to attach", "loose_version", post(ATTACH, dataset_version="{}")),
    Place("version to detach", "other_version", post(DETACH, dataset_version="{}")),
    Place(
        "source of a copy, sent",
        "model_version",
        post("/registry/models/{model}/versions/new/", copy_from="{}", inference_type="MASK", framework="ONNX"),
    ),
    Place("base", "plain_model_version", post(DRAFT, action="attach:model:{}")),
    Place("base, confirmed", "plain_model_version", post(DRAFT, action="attach:model:{}:confirmed")),
    Place("experiment as base", "experiment", post(DRAFT, action="attach:experiment:{}:confirmed")),
    Place("hyperparameter to remove", "row", post(DRAFT, action="remove:{}")),
    Place("hyperparameter to restore", "removed_row", post(DRAFT, action="restore:{}")),
    Place("hyperparameter to reset", "row", post(DRAFT, action="reset:{}")),
    Place("hyperparameter's value", "row", post(DRAFT, **{"hp-{}": "77", "was-hp-{}": "20"})),
    Place(
        "version for a slot",
        "other_version",
        post(DRAFT, action="set-datasets", constraint="{constraint}", **{"in-train": "{}"}),
    ),
    Place(
        "constraint",
        "constraint",
        post(DRAFT, action="set-datasets", constraint="{}", **{"in-train": "{other_version}"}),
    ),
    Place(
        "version under an alias",
        "other_version",
        post(FREE_DRAFT, action="set-datasets", version="{}", **{"alias-{}": "mine"}),
    ),
]


@pytest.fixture
def own(orchard: Organization, olive: User) -> Furnished:
    return Furnished(orchard, olive, "Orchard")


@pytest.fixture
def theirs(harbor: Organization, charlie: User) -> Furnished:
    return Furnished(harbor, charlie, "Harbor")


def rows_of_everything() -> dict[str, Any]:
    """Every row of the product's tables, by its id, without what the clock sets."""
    found: dict[str, Any] = {}
    for model in apps.get_models():
        if model._meta.app_label in OURS:
            names = [field.attname for field in model._meta.concrete_fields if field.name not in TIMES]
            found |= {str(row["pk"]): row for row in model._default_manager.values("pk", *names)}
    return found


def in_a_trial(act: Act, client: Client, own: Furnished, pk: str) -> tuple[str, list[str]]:
    """What the act answers and what it changes, with ids that are new called so; then it is undone."""
    before, session = rows_of_everything(), dict(client.session.items())
    with transaction.atomic():
        answer = act(client, own, pk)
        changes = list(changes_since(before))
        transaction.set_rollback(True)
    assert answer.status_code < 500
    assert dict(client.session.items()) == session

    def tidy(text: str) -> str:
        return UUID.sub(lambda found: found[0] if found[0] in before else "<new>", text.replace(pk, "<the id>"))

    return tidy(told(answer)), sorted(map(tidy, changes))


def changes_since(before: dict[str, Any]) -> Iterator[str]:
    """Rows that are new or other, and ids of those that are gone."""
    after = rows_of_everything()
    yield from (str(row) for pk, row in after.items() if before.get(pk) != row)
    yield from (f"{pk} is gone" for pk in before if pk not in after)


def told(answer: Any) -> str:
    """Everything that an answer says, but for what differs from one to the next: tokens, signed links and moments."""
    headers = {name: value for name, value in answer.headers.items() if name.startswith(("HX-", "Location", "X-Loc"))}
    text = answer.text if not answer.streaming else ""
    text = re.sub(r'(csrfmiddlewaretoken" value=|x-csrftoken": )"\w+"', r"\1", f"{answer.status_code} {headers} {text}")
    text = re.sub(r"<time[^>]*>[^<]*</time>", "a moment", text)
    return re.sub(r"/files/[\w.:=-]+/", "/files/…/", text)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_a_strangers_id_is_as_good_as_none(
    place: Place, client_of: ClientOf, olive: User, own: Furnished, theirs: Furnished
) -> None:
    client = client_of(olive)
    before = rows_of_everything()
    stranger, ours = (str(getattr(world, place.subject).pk) for world in (theirs, own))
    refused = in_a_trial(place.act, client, own, stranger)
    assert refused == in_a_trial(place.act, client, own, str(new_id()))
    assert in_a_trial(place.act, client, own, ours) != refused, "The place does not read the id at all."
    assert rows_of_everything() == before


def test_the_button_of_a_new_draft_opens_nothing_of_theirs(
    client_of: ClientOf, olive: User, own: Furnished, theirs: Furnished
) -> None:
    """The id of a new draft is made with its button. One that is taken is not used, whoever has it."""
    client, before = client_of(olive), rows_of_everything()
    for taken in (theirs.draft.pk, theirs.experiment.pk, own.experiment.pk):
        answer = client.post(own.address("experiments:draft_create"), {"draft": str(taken)})
        assert str(taken) not in answer["Location"]
    after = rows_of_everything()
    assert {pk: after[pk] for pk in before} == before


# Lists, searches and counts


def readable(world: Furnished) -> Iterator[tuple[str, str]]:
    """Every page that an owner reads."""
    for row in MATRIX:
        if row.get is not None and "owner" in row.get and row.route != "storage:serve":
            yield row.route, address(row, world)


def pages_of(client: Client, world: Furnished, **query: str) -> dict[str, str]:
    found = {}
    for route, path in readable(world):
        answer = client.get(path, query) if "?" not in path or not query else client.get(f"{path}&q={query['q']}")
        found[route] = UUID.sub("<id>", told(answer))
    return found


@pytest.mark.parametrize("query", [{}, {"q": "o"}, {"q": "Harbor"}], ids=str)
def test_no_page_depends_on_what_others_have(
    query: dict[str, str], client_of: ClientOf, olive: User, own: Furnished, harbor: Organization, charlie: User
) -> None:
    """Not a name, not a count, not a link: each page is the same, letter by letter, before and after."""
    client = client_of(olive)
    before = pages_of(client, own, **query)
    Furnished(harbor, charlie, "Harbor")
    after = pages_of(client, own, **query)
    assert [route for route in before if before[route] != after[route]] == []
    assert len(before) > 30


@pytest.mark.parametrize("key", ["older", "newer"])
def test_paging_by_their_id_shows_nothing_of_theirs(
    key: str, client_of: ClientOf, olive: User, own: Furnished, theirs: Furnished
) -> None:
    client = client_of(olive)
    for subject in ("project", "experiment", "model", "model_version", "dataset", "dataset_version", "asset"):
        for route, path in readable(own):
            page = client.get(f"{path}{'&' if '?' in path else '?'}{key}={getattr(theirs, subject).pk}")
            assert "Harbor" not in told(page), route


# Who is in both organizations


def test_what_is_seen_is_not_yet_mixed(
    client_of: ClientOf, olive: User, own: Furnished, theirs: Furnished, harbor: Organization
) -> None:
    """Somebody in both sees both, and still can't carry one organization's things into the other's project."""
    MembershipFactory(user=olive, organization=harbor, role=Role.OWNER)
    client, before = client_of(olive), rows_of_everything()
    assert client.get(theirs.address("registry:model_detail")).status_code == 200
    acts = [
        post(ATTACH, dataset_version="{}")(client, own, str(theirs.loose_version.pk)),
        post(DRAFT, action="attach:model:{}:confirmed")(client, own, str(theirs.model_version.pk)),
        post(DRAFT, action="attach:experiment:{}:confirmed")(client, own, str(theirs.experiment.pk)),
        get("/choose/base-model/", draft="{draft}", model="{}")(client, own, str(theirs.model.pk)),
    ]
    assert [answer.status_code for answer in acts[:3]] == [404, 404, 404]
    assert theirs.model_version.name not in acts[3].text
    assert rows_of_everything() == before
    post(FREE_DRAFT, action="set-datasets", version="{}", **{"alias-{}": "mine"})(
        client, own, str(theirs.dataset_version.pk)
    )
    assert not own.free_draft.dataset_versions.exists()


def test_a_base_that_went_to_another_organization_is_not_shown_any_more(
    client_of: ClientOf, olive: User, staff: User, own: Furnished, harbor: Organization
) -> None:
    """It was public when it was attached. What becomes of it in the harbor is the harbor's."""
    own.model.organization = None
    own.model.save()
    take_back(model=own.model, organization=harbor, by=staff)
    ModelVersion.objects.filter(pk=own.model_version.pk).update(name="secret name")
    architecture = own.model_version.architecture
    architecture.docker_image, architecture.revision, architecture.labelmap = "secret/image", 9, [[0, "secret label"]]
    architecture.save()
    architecture.constraints.update(name="secret constraint")
    architecture.constraints.get().slots.update(alias="secret-alias")
    client = client_of(olive)
    pages = [address(row, own) for row in MATRIX if row.route.endswith(("draft_detail", "experiment_detail"))]
    pages += [own.chooser(name) for name in ("base-model", "base-experiment", "draft-dataset-versions")]
    for path in [*pages, own.address("experiments:draft_discard")]:
        answer = client.get(path)
        assert answer.status_code == 200
        assert "secret" not in answer.text, path


# Equal bytes


def test_equal_bytes_never_tell_that_somebody_else_has_them(
    client_of: ClientOf, olive: User, charlie: User, orchard: Organization, harbor: Organization
) -> None:
    """Whoever uploads them second gets the same answers, and the same fields, as whoever was first."""
    Membership.objects.filter(user=charlie).update(role=Role.OWNER)
    first, second = Furnished(orchard, olive, "Same"), Furnished(harbor, charlie, "Same")
    count, seen = Blob.objects.count(), []
    for user, world in ((olive, first), (charlie, second)):
        client, path = client_of(user), world.address("registry:model_version_files")
        answer = client.post(path, {"uploads": SimpleUploadedFile("what-both-have.bin", b"what both of them have")})
        pages = [answer, client.get(path), client.get(world.address("registry:model_version_detail"))]
        names = rf"{UUID.pattern}|{world.organization}|{user}|{user.initials}"
        seen.append([re.sub(names, "…", told(page)) for page in pages])
    assert "what-both-have.bin" in seen[0][1]
    assert seen[0] == seen[1]
    assert Blob.objects.count() == count + 1


# Who leaves


def acts_of(world: Furnished, allowed: set[str]) -> Iterator[tuple[str, str, str, dict[str, str]]]:
    """What those who are `allowed` may do, with the method and what it sends."""
    for row in MATRIX:
        for method, who in (("GET", row.get), ("POST", row.post)):
            if who is not None and who <= allowed and row.route != "storage:serve":
                yield row.route, method, address(row, world), body(row, world)


def test_a_removed_member_is_refused_at_once(client_of: ClientOf, bob: User, orchard: Organization) -> None:
    """The session lives on, and opens nothing any more: pages and acts of what they saw a moment ago."""
    world, client = Furnished(orchard, bob, "Orchard"), client_of(bob)
    acts = list(acts_of(world, VIEWERS))
    assert len(acts) > 50
    before_leaving = [route for route, method, path, data in acts if ask(client, method, path, data).status_code < 400]
    assert len(before_leaving) > 20
    Membership.objects.filter(user=bob).delete()
    before = rows_of_everything()
    answers = [(route, method, ask(client, method, path, data)) for route, method, path, data in acts]
    wrong = [(route, method, answer.status_code) for route, method, answer in answers if answer.status_code != 404]
    assert wrong == []
    assert rows_of_everything() == before
    assert "Orchard" not in client.get("/projects/").text
    assert client.get("/password/").status_code == 200


def test_a_role_that_was_taken_is_gone_at_once(client_of: ClientOf, bob: User, orchard: Organization) -> None:
    world, client = Furnished(orchard, bob, "Orchard"), client_of(bob)
    Membership.objects.filter(user=bob).update(role=Role.VIEWER)
    before = rows_of_everything()
    for route, method, path, data in acts_of(world, MEMBERS | ADMINS):
        # Whoever made a token may end it, whatever they are by then.
        if method == "POST" and route != "organizations:token_revoke":
            assert client.post(path, data).status_code == 403, route
    assert rows_of_everything() == before


def test_an_account_that_was_switched_off_is_out_at_once(client_of: ClientOf, bob: User, orchard: Organization) -> None:
    world, client = Furnished(orchard, bob, "Orchard"), client_of(bob)
    assert client.get(world.address("experiments:project_detail")).status_code == 200
    User.objects.filter(pk=bob.pk).update(is_active=False)
    answer = client.get(world.address("experiments:project_detail"))
    assert answer["Location"].startswith("/sign-in/")
