"""The form's page: who sees it, what stands in it, what it costs, and that nothing in it is markup."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertRedirects

from config.ids import new_id
from datasets.models import DatasetVersion
from experiments.models import Experiment, ExperimentDraft, Project
from organizations.models import Membership, Organization, Role, User
from registry.models import ConstraintSlot, ModelVersion
from tests.experiments.making import (
    CANARIES,
    again,
    attached,
    everything,
    fill,
    full_version,
    named_draft,
    nobody,
    queries_of,
    row_of,
)
from tests.experiments.pages import DraftForm, address, fields_of, htmx
from tests.factories import (
    DraftHyperparameterFactory,
    HyperparameterFactory,
    LabelFactory,
)

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


def test_it_works(client: Client, draft_with_base: ExperimentDraft) -> None:
    html = client.get(address(draft_with_base)).text
    for part in ("General information", "Base architecture", "Hyperparameters", "Dataset versions"):
        assert f">{part}</h2>" in html
    fields = fields_of(html)
    assert (fields["name"], fields["was-name"]) == (["based"], ["based"])
    assert fields["inference_type"] == ["CLASSIFICATION"]
    values = {key: fields[f"hp-{row_of(draft_with_base, key).pk}"] for key in ("epochs", "augment", "optimizer")}
    assert values == {"epochs": ["20"], "augment": ["false", "true"], "optimizer": ["adam"]}
    assert "2 things are missing" in html
    assert "Fruit classifier" in html


def test_it_answers_a_fragment(client: Client, draft: ExperimentDraft) -> None:
    response = client.get(address(draft), headers=htmx("draft"))
    assert response.text.lstrip().startswith('<form id="draft"')
    assert "HX-Request" in response["Vary"]


def test_it_checks_ownership(
    client_of: ClientOf, draft: ExperimentDraft, alice: User, vera: User, charlie: User
) -> None:
    before = everything()
    for other in (alice, vera, charlie):
        assert client_of(other).get(address(draft)).status_code == 404
        assert client_of(other).post(address(draft), {"action": "save", "name": "stolen"}).status_code == 404
    assert everything() == before


def test_it_needs_a_sign_in(draft: ExperimentDraft) -> None:
    assertRedirects(Client().get(address(draft)), f"/sign-in/?next={address(draft)}", fetch_redirect_response=False)
    answer = Client().post(address(draft), {"action": "save"}, headers=htmx("draft"))
    assert answer["HX-Redirect"].startswith("/sign-in/")


def test_a_viewer_changes_nothing(client: Client, draft: ExperimentDraft, bob: User) -> None:
    Membership.objects.filter(user=bob).update(role=Role.VIEWER)
    assert client.post(address(draft), {"action": "save", "name": "second"}).status_code == 403
    assert again(draft).name == "first try"


def test_a_removed_member_sees_nothing(client: Client, draft: ExperimentDraft, bob: User) -> None:
    bob.memberships.all().delete()
    assert client.get(address(draft)).status_code == 404
    assert client.post(address(draft), {"action": "create"}).status_code == 404


def test_an_unknown_draft(client: Client) -> None:
    path = reverse("experiments:draft_detail", args=[nobody()])
    assert client.get(path).status_code == 404
    assert client.post(path, {"action": "save"}).status_code == 404


@pytest.mark.parametrize(
    "action", ["", "explode", "remove", "remove:", "remove:12", "attach", "attach:model", "attach:x:y"]
)
def test_an_unknown_action(form: DraftForm, action: str) -> None:
    assert form.press(action).status_code == 404


def test_other_methods_are_refused(client: Client, draft: ExperimentDraft) -> None:
    assert client.put(address(draft)).status_code == 405
    assert client.delete(address(draft)).status_code == 405


def test_a_post_without_a_token_is_refused(draft: ExperimentDraft, bob: User, client: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    assert strict.post(address(draft), {"action": "create"}).status_code == 403
    assert not Experiment.objects.exists()


def test_the_number_of_queries_does_not_depend_on_the_rows(
    client: Client, draft: ExperimentDraft, train: DatasetVersion, base: ModelVersion
) -> None:
    def add(count: int) -> None:
        for number in range(count):
            DraftHyperparameterFactory(draft=draft, key=f"own{new_id()}{number}")
        fill(draft, **{f"alias{n}": attached(draft.project, f"v{new_id()}") for n in range(count)})

    add(1)
    few = queries_of(lambda: client.get(address(draft)))
    add(10)
    assert queries_of(lambda: client.get(address(draft))) == few


@pytest.mark.parametrize("canary", CANARIES)
def test_nothing_that_was_typed_is_markup(
    client: Client, project: Project, bob: User, orchard: Organization, canary: str, with_htmx: bool
) -> None:
    version = full_version(orchard, canary)
    architecture = version.architecture
    HyperparameterFactory(architecture=architecture, key=canary, kind="TEXT", value=canary, help=canary, position=9)
    HyperparameterFactory(
        architecture=architecture, key=f"c{canary}", kind="CHOICE", value=canary, choices=[canary], position=10
    )
    ConstraintSlot.objects.filter(constraint__architecture=architecture).update(help=canary)
    architecture.constraints.filter(name="two").update(name=canary)
    architecture.docker_image, architecture.labelmap = canary, [[0, canary]]
    architecture.save()
    project.name = canary
    project.save()
    draft = named_draft(project, bob, canary, version)
    train = attached(project, canary)
    LabelFactory(dataset_version=train, name=f"label {canary}")
    fill(draft, train=train, test=train)
    form = DraftForm(client, draft, with_htmx=with_htmx)
    pages = [
        form.html(),
        form.html_after("save", {"name": canary, "description": canary, f"hp-{row_of(draft, canary).pk}": canary * 2}),
        form.html_after("add", {"new-key": canary, "new-kind": canary, "new-value": f"{canary}\x00"}),
        form.html_after("save", {"inference_type": "MASK"}),
        form.html_after("save", {"inference_type": canary}),
        form.html_after("detach"),
        form.html_after("create", {f"hp-{row_of(draft, 'epochs').pk}": canary}),
        form.html_after(f"remove-dataset:{canary}"),
        form.html_after(f"change-type:{canary}"),
    ]
    for html in pages:
        assert canary not in html
        assert "<img src=x" not in html
