"""The creation form: what every button does, with htmx and without JavaScript."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertRedirects

from config.ids import new_id
from datasets.models import DatasetVersion
from experiments.creation import create_experiment
from experiments.drafts.hyperparameters import remove_hyperparameter
from experiments.drafts.lifecycle import discard_draft
from experiments.drafts.saving import save_form
from experiments.models import Experiment, ExperimentDraft, Project, Status
from experiments.services import detach_dataset_version
from experiments.views import drafts
from organizations.models import Membership, Organization, Role, User
from registry.editing import set_labelmap
from registry.models import ConstraintSlot, ModelVersion
from registry.services import delete_model_version
from tests.experiments.making import (
    CANARIES,
    again,
    attached,
    change,
    everything,
    fill,
    full_version,
    named_draft,
    nobody,
    queries_of,
    row_of,
)
from tests.experiments.pages import DraftForm, fields_of, htmx
from tests.factories import (
    AttachedDatasetVersionFactory,
    DatasetConstraintFactory,
    DraftHyperparameterFactory,
    ExperimentDraftFactory,
    ExperimentFactory,
    HyperparameterFactory,
    LabelFactory,
    ModelVersionFactory,
)

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


@pytest.fixture
def client(client_of: ClientOf, bob: User) -> Client:
    return client_of(bob)


@pytest.fixture(params=[False, True], ids=["without JavaScript", "with htmx"])
def with_htmx(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def form(client: Client, draft: ExperimentDraft, with_htmx: bool) -> DraftForm:
    return DraftForm(client, draft, with_htmx=with_htmx)


@pytest.fixture
def form_with_base(client: Client, draft_with_base: ExperimentDraft, with_htmx: bool) -> DraftForm:
    return DraftForm(client, draft_with_base, with_htmx=with_htmx)


@pytest.fixture
def ready(draft_with_base: ExperimentDraft, train: DatasetVersion, test: DatasetVersion) -> ExperimentDraft:
    fill(draft_with_base, train=train, test=test)
    return again(draft_with_base)


def element(html: str, place: str) -> str:
    """The opening tag of the element with that id, then what follows up to the next tag."""
    found = re.search(rf'<[^>]*\sid="{re.escape(place)}"[^>]*>[^<]*', html)
    assert found, f"nothing has the id {place}"
    return found[0]


def error_at(html: str, place: str) -> str:
    return element(html, f"{place}-error").partition(">")[2].strip()


def address(draft: ExperimentDraft) -> str:
    return reverse("experiments:draft_detail", args=[draft.pk])


# The page


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


# Saving


def test_save(form: DraftForm, draft: ExperimentDraft) -> None:
    html = form.html_after("save", {"name": "second", "description": "Why\r\nnot?"})
    assert fields_of(html)["name"] == ["second"]
    assert (again(draft).name, again(draft).description) == ("second", "Why\nnot?")


def test_saving_is_what_happens_without_a_button(client: Client, draft: ExperimentDraft) -> None:
    assert client.post(address(draft), {"name": "second"}, headers=htmx("draft")).status_code == 200
    assert again(draft).name == "second"


def test_the_answer_to_a_save_leads_back_to_the_part(client: Client, draft: ExperimentDraft) -> None:
    assert client.post(address(draft), {"action": "save"})["Location"] == f"{address(draft)}#general"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("n" * 101, "Ensure this value has at most 100 characters (it has 101)."),
        ("   ", "A name can&#x27;t be only spaces."),
        ("taken", "The project has an experiment of this name already: choose another."),
        (" taken ", "The project has an experiment of this name already: choose another."),
    ],
)
def test_a_wrong_name_is_told_beside_it(form: DraftForm, draft: ExperimentDraft, name: str, sentence: str) -> None:
    ExperimentFactory(project=draft.project, name="taken")
    html = form.html_after("save", {"name": name})
    assert error_at(html, "id_name") == sentence
    assert 'aria-invalid="true"' in element(html, "id_name")
    assert fields_of(html)["name"] == [name]


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("epochs", "", "Write a whole number, such as 22. It must be between 1 and 500."),
        ("epochs", "501", "It must be between 1 and 500."),
        ("epochs", "9223372036854775808", "Too large: an integer has at most 64 bits. It must be between 1 and 500."),
        ("learning_rate", "nan", "Not a finite number."),
        ("optimizer", "lion", "Not one of the choices: adam, sgd."),
    ],
)
def test_a_wrong_value_is_told_beside_it(
    form_with_base: DraftForm, draft_with_base: ExperimentDraft, key: str, value: str, sentence: str
) -> None:
    place = f"hp-{row_of(draft_with_base, key).pk}"
    html = form_with_base.html_after("save", {place: value})
    assert error_at(html, place) == sentence
    assert fields_of(html)[place] == [value]
    assert "1 value to mend, the rest saved" in html


def test_a_switch_is_turned_off(form_with_base: DraftForm, draft_with_base: ExperimentDraft) -> None:
    name = f"hp-{row_of(draft_with_base, 'augment').pk}"
    html = form_with_base.html_after("save", {name: ["false"]})
    assert fields_of(html)[name] == ["false"]
    assert row_of(draft_with_base, "augment").value == "false"


def test_what_can_not_be_stored_is_told_and_kept(form: DraftForm, draft: ExperimentDraft) -> None:
    html = form.html_after("save", {"name": "a\x00b"})
    assert error_at(html, "id_name") == "Remove the NUL character: it can&#x27;t be saved."
    assert fields_of(html)["name"] == ["ab"]
    assert again(draft).name == "first try"


def test_two_tabs_on_one_draft(form: DraftForm, draft: ExperimentDraft) -> None:
    """The second tab's other fields are saved, its name is not, and neither is lost from sight."""
    second_tab = form.html()
    form.press("save", {"name": "tab one"})
    html = form.html_after("save", {"name": "tab two", "description": "from two"}, on=second_tab)
    assert error_at(html, "id_name") == "In another tab this became “tab one”."
    assert (fields_of(html)["name"], fields_of(html)["was-name"]) == (["tab two"], ["first try"])
    assert (again(draft).name, again(draft).description) == ("tab one", "from two")
    html = form.html_after("save", on=html)
    assert again(draft).name == "tab one"
    form.press("keep:name", on=html)
    assert again(draft).name == "tab two"


def test_the_other_tabs_text_is_taken(form: DraftForm, draft: ExperimentDraft) -> None:
    second_tab = form.html()
    form.press("save", {"name": "tab one"})
    html = form.html_after("save", {"name": "tab two"}, on=second_tab)
    html = form.html_after("take:name", on=html)
    assert (fields_of(html)["name"], error_at(html, "id_name")) == (["tab one"], "")


def test_a_value_of_a_hyperparameter_that_is_gone_is_told(
    form_with_base: DraftForm, draft_with_base: ExperimentDraft
) -> None:
    row = row_of(draft_with_base, "epochs")
    old_tab = form_with_base.html()
    draft_with_base.hyperparameters.all().delete()
    html = form_with_base.html_after("save", {f"hp-{row.pk}": "40"}, on=old_tab)
    assert "“40” was not saved: its hyperparameter was removed in another tab." in html


def test_two_tabs_on_different_fields(form: DraftForm, draft: ExperimentDraft) -> None:
    second_tab = form.html()
    form.press("save", {"name": "tab one"})
    html = form.html_after("save", {"description": "tab two"}, on=second_tab)
    assert "In another tab" not in html
    assert (again(draft).name, again(draft).description) == ("tab one", "tab two")


# The type


def test_a_type_that_drops_something_is_asked_for(
    form_with_base: DraftForm, draft_with_base: ExperimentDraft, train: DatasetVersion
) -> None:
    fill(draft_with_base, train=train, test=train)
    html = form_with_base.html_after("save", {"inference_type": "MASK"})
    notice = html[html.index('id="type-change"') :]
    assert "With the type Mask these no longer fit" in notice
    assert f"<li>{train} (train)</li>" in notice
    assert 'value="change-type:MASK"' in notice
    assert fields_of(html)["inference_type"] == ["MASK"]
    assert again(draft_with_base).inference_type == "CLASSIFICATION"
    asked = html
    html = form_with_base.html_after("change-type:MASK", on=asked)
    assert 'id="type-change"' not in html
    draft = again(draft_with_base)
    assert (draft.inference_type, draft.base, draft.dataset_versions.count()) == ("MASK", None, 0)


def test_a_type_can_be_kept(form_with_base: DraftForm, draft_with_base: ExperimentDraft) -> None:
    asked = form_with_base.html_after("save", {"inference_type": "MASK"})
    html = form_with_base.html_after("keep-type", on=asked)
    assert 'id="type-change"' not in html
    assert fields_of(html)["inference_type"] == ["CLASSIFICATION"]
    assert again(draft_with_base).base is not None


def test_create_waits_for_the_answer(form_with_base: DraftForm, ready: ExperimentDraft) -> None:
    html = form_with_base.html_after("create", {"inference_type": "MASK"})
    assert 'id="type-change"' in html
    assert not Experiment.objects.exists()


@pytest.mark.parametrize("inference_type", ["PLANT", "NOT_CONFIGURED", ""])
def test_a_made_up_type_is_refused(form: DraftForm, draft: ExperimentDraft, inference_type: str) -> None:
    assert "Choose one of the inference types." in form.html_after("save", {"inference_type": "PLANT"})
    form.html_after(f"change-type:{inference_type}")
    assert again(draft).inference_type == "CLASSIFICATION"


# The base


def test_attach_a_model(form: DraftForm, draft: ExperimentDraft, base: ModelVersion) -> None:
    html = form.html_after(f"attach:model:{base.pk}")
    assert again(draft).base == base
    assert reverse("registry:model_version_detail", args=[base.pk]) in html
    assert "<dt>Files</dt><dd>2" in html
    assert "trainers/fruit:1.4" in html


def test_attach_an_experiment(form: DraftForm, draft: ExperimentDraft) -> None:
    experiment = ExperimentFactory(project=draft.project, name="earlier")
    html = form.html_after(f"attach:experiment:{experiment.pk}")
    assert again(draft).base == experiment
    assert experiment.get_absolute_url() in html


def test_attaching_closes_the_dialog(client: Client, draft: ExperimentDraft, base: ModelVersion) -> None:
    answer = DraftForm(client, draft, with_htmx=True).press(f"attach:model:{base.pk}")
    assert "close-dialog" in json.loads(answer["HX-Trigger-After-Swap"])
    assert json.loads(answer["HX-Trigger-After-Settle"]) == {"focus-on": {"id": "attach-model"}}


def test_a_misfit_is_told(form: DraftForm, draft: ExperimentDraft, orchard: Organization) -> None:
    finder = full_version(orchard, "Finder", inference_type="OBJECT_DETECTION")
    html = form.html_after(f"attach:model:{finder.pk}")
    assert "Finder v1 is for object detection. This experiment is for classification." in html
    assert again(draft).base is None


def test_weights_only_says_so(form: DraftForm, orchard: Organization) -> None:
    weights = ModelVersionFactory(model__organization=orchard, architecture__docker_image="", architecture__command="")
    assert "Weights only" in form.html_after(f"attach:model:{weights.pk}")


@pytest.fixture
def other(orchard: Organization) -> ModelVersion:
    version = ModelVersionFactory(model__organization=orchard, model__name="Other")
    HyperparameterFactory(architecture=version.architecture, key="epochs", value="30", maximum="40", required=True)
    HyperparameterFactory(architecture=version.architecture, key="batch", value="8")
    return version


def test_another_base_is_planned_then_taken(
    form_with_base: DraftForm, draft_with_base: ExperimentDraft, other: ModelVersion
) -> None:
    change(draft_with_base, epochs="50", note="mine")
    html = form_with_base.html_after(f"attach:model:{other.pk}")
    plan = re.sub(r"<[^>]+>", "", html[html.index('id="base-plan-title"') :])
    assert "With Other v1 your hyperparameters become:" in plan
    assert "Your edits stay: note = mine." in plan
    assert "don’t fit and must be mended: epochs = 50." in plan
    assert "New: batch = 8." in plan
    assert "Gone: learning_rate, augment, optimizer." in plan
    assert again(draft_with_base).base_name == "Fruit classifier v1"
    html = form_with_base.html_after(f"attach:model:{other.pk}:confirmed", on=html)
    assert again(draft_with_base).base == other
    assert error_at(html, f"hp-{row_of(draft_with_base, 'epochs').pk}") == "It must be at most 40."


def test_a_base_can_be_kept(form_with_base: DraftForm, draft_with_base: ExperimentDraft, other: ModelVersion) -> None:
    change(draft_with_base, epochs="50")
    planned = form_with_base.html_after(f"attach:model:{other.pk}")
    assert "base-plan" not in form_with_base.html_after("save", on=planned)
    assert again(draft_with_base).base_name == "Fruit classifier v1"


def test_a_removed_key_that_the_new_base_requires(
    form_with_base: DraftForm, draft_with_base: ExperimentDraft, other: ModelVersion, bob: User
) -> None:
    other.architecture.hyperparameters.filter(key="batch").update(key="note", required=True)
    remove_hyperparameter(draft_with_base, row_id=row_of(draft_with_base, "note").pk, by=bob)
    html = form_with_base.html_after(f"attach:model:{other.pk}")
    assert "You had removed these, and the script requires them" in html


def test_without_edits_nothing_is_asked(
    form_with_base: DraftForm, draft_with_base: ExperimentDraft, other: ModelVersion
) -> None:
    assert "base-plan" not in form_with_base.html_after(f"attach:model:{other.pk}")
    assert again(draft_with_base).base == other


def test_a_changed_base_is_told_and_taken_over(
    form_with_base: DraftForm, draft_with_base: ExperimentDraft, base: ModelVersion, alice: User
) -> None:
    set_labelmap(version=base, labelmap=[(0, "plum")], by=alice)
    html = form_with_base.html()
    assert "Fruit classifier v1 was changed since you attached it. Take its changes over." in html
    assert f'value="attach:model:{base.pk}"' in html
    assert "was changed since" not in form_with_base.html_after(f"attach:model:{base.pk}")
    assert again(draft_with_base).base_revision == 1


def test_a_deleted_base_is_told(form_with_base: DraftForm, base: ModelVersion, alice: User) -> None:
    delete_model_version(version=base, by=alice)
    assert "Fruit classifier v1 was deleted meanwhile. Attach another base, or detach it." in form_with_base.html()


def test_detach(form_with_base: DraftForm, draft_with_base: ExperimentDraft) -> None:
    form_with_base.html_after("detach")
    assert again(draft_with_base).base is None
    assert not draft_with_base.hyperparameters.exists()


def test_detaching_is_planned_when_something_was_edited(
    form_with_base: DraftForm, draft_with_base: ExperimentDraft
) -> None:
    change(draft_with_base, epochs="50")
    html = form_with_base.html_after("detach")
    assert "Without a base your hyperparameters become:" in html
    assert again(draft_with_base).base is not None
    form_with_base.html_after("detach:confirmed", on=html)
    assert again(draft_with_base).base is None
    assert [row.key for row in draft_with_base.hyperparameters.all()] == ["epochs"]


# Hyperparameters


def test_add(form: DraftForm, draft: ExperimentDraft) -> None:
    html = form.html_after("add", {"new-key": "own", "new-kind": "BOOLEAN", "new-value": "true"})
    assert (row_of(draft, "own").value, row_of(draft, "own").kind) == ("true", "BOOLEAN")
    assert ">own</label>" in html
    assert (fields_of(html)["new-key"], fields_of(html)["new-value"]) == ([""], [""])


def test_add_leads_to_the_new_row(client: Client, draft: ExperimentDraft) -> None:
    answer = DraftForm(client, draft, with_htmx=True).press(
        "add", {"new-key": "own", "new-kind": "TEXT", "new-value": ""}
    )
    focus = json.loads(answer["HX-Trigger-After-Settle"])["focus-on"]["id"]
    assert focus == f"hp-{row_of(draft, 'own').pk}"
    assert element(answer.text, focus)


def test_add_refuses_and_keeps_what_was_typed(form_with_base: DraftForm, draft_with_base: ExperimentDraft) -> None:
    html = form_with_base.html_after("add", {"new-key": "epochs", "new-kind": "INTEGER", "new-value": "x"})
    assert error_at(html, "new-key") == "There is a epochs already."
    assert error_at(html, "new-value") == "Not a whole number."
    assert (fields_of(html)["new-key"], fields_of(html)["new-value"]) == (["epochs"], ["x"])
    assert draft_with_base.hyperparameters.count() == 5


def test_remove_and_restore(form_with_base: DraftForm, draft_with_base: ExperimentDraft) -> None:
    row = row_of(draft_with_base, "note")
    html = form_with_base.html_after(f"remove:{row.pk}", {f"hp-{row.pk}": "mine"})
    assert f'value="restore:{row.pk}"' in html
    assert "hp-" + str(row.pk) not in fields_of(html)
    html = form_with_base.html_after(f"restore:{row.pk}", on=html)
    assert fields_of(html)[f"hp-{row.pk}"] == ["mine"]


def test_a_required_one_has_no_button_and_is_refused(
    form_with_base: DraftForm, draft_with_base: ExperimentDraft
) -> None:
    row = row_of(draft_with_base, "epochs")
    assert f"remove:{row.pk}" not in form_with_base.html()
    html = form_with_base.html_after(f"remove:{row.pk}")
    assert "epochs is required by the training script, so it can&#x27;t be removed." in html


def test_reset(form_with_base: DraftForm, draft_with_base: ExperimentDraft) -> None:
    row = row_of(draft_with_base, "epochs")
    changed = form_with_base.html_after("save", {f"hp-{row.pk}": "50"})
    assert f'value="reset:{row.pk}"' in changed
    html = form_with_base.html_after(f"reset:{row.pk}", on=changed)
    assert fields_of(html)[f"hp-{row.pk}"] == ["20"]
    assert f'value="reset:{row.pk}"' not in html


def test_reset_wins_over_what_stands_in_the_field(form_with_base: DraftForm, draft_with_base: ExperimentDraft) -> None:
    """Also over a value that could not be saved because another tab had changed it."""
    row = row_of(draft_with_base, "epochs")
    old_tab = form_with_base.html()
    change(draft_with_base, epochs="50")
    html = form_with_base.html_after(f"reset:{row.pk}", {f"hp-{row.pk}": "60"}, on=old_tab)
    assert fields_of(html)[f"hp-{row.pk}"] == ["20"]
    assert "In another tab" not in html


@pytest.mark.parametrize("action", ["remove", "restore", "reset"])
def test_a_row_that_is_gone(form_with_base: DraftForm, draft_with_base: ExperimentDraft, action: str) -> None:
    html = form_with_base.html_after(f"{action}:{nobody()}")
    assert "That hyperparameter is gone: the base was changed in another tab." in html


@pytest.mark.parametrize("action", ["remove", "restore", "reset"])
def test_another_drafts_row(form: DraftForm, draft: ExperimentDraft, alice: User, action: str) -> None:
    foreign = DraftHyperparameterFactory(
        draft=ExperimentDraftFactory(project=draft.project, owner=alice), inherited_value="8"
    )
    before = everything()
    assert "That hyperparameter is gone" in form.html_after(f"{action}:{foreign.pk}", {f"hp-{foreign.pk}": "9"})
    assert everything() == before


def test_a_public_base_comes_with_a_recommendation(
    client: Client, project: Project, public_base: ModelVersion, bob: User, with_htmx: bool
) -> None:
    draft = named_draft(project, bob, "public", public_base)
    form = DraftForm(client, draft, with_htmx=with_htmx)
    assert "We recommend that you change values, and neither add nor remove any." in form.html()
    form.press("add", {"new-key": "own", "new-kind": "TEXT", "new-value": ""})
    html = form.html_after(f"remove:{row_of(draft, 'note').pk}")
    said = " ".join(re.sub(r"<[^>]+>", "", html).split())
    assert "You removed note and added own; the training may fail." in said


# Dataset versions


def test_set_free_aliases(form: DraftForm, draft: ExperimentDraft, train: DatasetVersion, test: DatasetVersion) -> None:
    chosen = {"version": [train.pk, test.pk], f"alias-{train.pk}": ["a", "b"], f"alias-{test.pk}": ["c", ""]}
    html = form.html_after("set-datasets", {"chosen": "on", **chosen})
    assert [entry.alias for entry in draft.dataset_versions.all()] == ["a", "b", "c"]
    assert 'id="slot-a"' in html
    assert "is used under more than one alias" in " ".join(html.split())


def test_a_version_without_its_box_is_not_taken(form: DraftForm, draft: ExperimentDraft, train: DatasetVersion) -> None:
    form.press("set-datasets", {"chosen": "on", f"alias-{train.pk}": ["a"]})
    assert not draft.dataset_versions.exists()


def test_refused_aliases_go_back_to_the_dialog(client: Client, draft: ExperimentDraft, train: DatasetVersion) -> None:
    chosen = {"chosen": "on", "version": [train.pk], f"alias-{train.pk}": ["-no-"]}
    answer = DraftForm(client, draft).press("set-datasets", chosen)
    assert answer["Location"].startswith("/choose/draft-dataset-versions/?")
    page = client.get(answer["Location"]).text
    assert "An alias has 1 to 50 letters" in page
    assert fields_of(page, "free")[f"alias-{train.pk}"][0] == "-no-"
    answer = DraftForm(client, draft, with_htmx=True).press("set-datasets", chosen)
    assert "An alias has 1 to 50 letters" in answer.text[answer.text.index('id="dialog-error"') :]
    assert "HX-Trigger-After-Swap" not in answer
    assert not draft.dataset_versions.exists()


def fill_two(draft: ExperimentDraft, **versions: DatasetVersion) -> dict[str, Any]:
    assert draft.base
    two = draft.base.architecture.constraints.get(name="two")
    return {"chosen": "on", "constraint": two.pk} | {f"in-{a.strip('_')}": v.pk for a, v in versions.items()}


def test_fill_a_constraint(
    form_with_base: DraftForm, draft_with_base: ExperimentDraft, train: DatasetVersion, test: DatasetVersion
) -> None:
    form_with_base.html_after("set-datasets", fill_two(draft_with_base, train=train, test=test))
    assert [(e.alias, e.dataset_version) for e in draft_with_base.dataset_versions.all()] == [
        ("train", train),
        ("test", test),
    ]
    assert "Everything is there." in form_with_base.html()


def test_a_half_filled_constraint(client: Client, draft_with_base: ExperimentDraft, train: DatasetVersion) -> None:
    chosen = fill_two(draft_with_base, train=train)
    answer = DraftForm(client, draft_with_base, with_htmx=True).press("set-datasets", chosen)
    assert "Still empty: test." in answer.text
    answer = DraftForm(client, draft_with_base).press("set-datasets", chosen)
    assert str(train) in client.get(answer["Location"]).text
    assert not draft_with_base.dataset_versions.exists()


def test_a_constraint_that_is_no_more(
    client: Client, draft_with_base: ExperimentDraft, train: DatasetVersion, test: DatasetVersion
) -> None:
    chosen = fill_two(draft_with_base, train=train, test=test)
    foreign = DatasetConstraintFactory(aliases=["train", "test"])
    for pk in (foreign.pk, nobody(), "", "x"):
        answer = DraftForm(client, draft_with_base, with_htmx=True).press("set-datasets", chosen | {"constraint": pk})
        assert "constraints changed meanwhile: choose again." in answer.text
    assert not draft_with_base.dataset_versions.exists()


def test_versions_out_of_reach_are_as_good_as_none(
    form: DraftForm, draft: ExperimentDraft, train: DatasetVersion, foreign_project: Project
) -> None:
    foreign = [
        attached(foreign_project, "ships"),
        AttachedDatasetVersionFactory(
            project=draft.project, dataset_version=attached(foreign_project, "slip")
        ).dataset_version,
        attached(draft.project, "boxes", "OBJECT_DETECTION"),
    ]
    every = [train, *foreign]
    form.press(
        "set-datasets",
        {"chosen": "on", "version": [v.pk for v in every]} | {f"alias-{v.pk}": f"a{n}" for n, v in enumerate(every)},
    )
    assert [entry.dataset_version for entry in draft.dataset_versions.all()] == [train]


def test_remove_a_dataset_version(form: DraftForm, draft: ExperimentDraft, train: DatasetVersion) -> None:
    fill(draft, train=train)
    assert 'value="remove-dataset:train"' in form.html()
    assert "remove-dataset:train" not in form.html_after("remove-dataset:train")
    assert not draft.dataset_versions.exists()


@pytest.mark.parametrize("alias", ["", "other", "a\x00", "<script>"])
def test_removing_what_is_not_there(form: DraftForm, draft: ExperimentDraft, train: DatasetVersion, alias: str) -> None:
    fill(draft, train=train)
    form.html_after(f"remove-dataset:{alias}")
    assert draft.dataset_versions.count() == 1


def test_a_version_detached_meanwhile_is_told_at_its_place(
    form: DraftForm, draft: ExperimentDraft, train: DatasetVersion, alice: User
) -> None:
    fill(draft, train=train)
    detach_dataset_version(project=draft.project, dataset_version=train, by=alice)
    assert "is no longer attached to the project. Choose another version for train." in form.html()


def test_labels_that_differ_are_told(
    form_with_base: DraftForm, draft_with_base: ExperimentDraft, train: DatasetVersion
) -> None:
    LabelFactory(dataset_version=train, name="apple")
    fill(draft_with_base, train=train, test=train)
    assert f"{train} has no pear." in form_with_base.html()


# The choosers, without JavaScript


def test_a_chooser_is_a_page_of_its_own(client: Client, draft: ExperimentDraft) -> None:
    for name in ("base-model", "base-experiment", "draft-dataset-versions"):
        answer = DraftForm(client, draft).press(f"choose:{name}", {"name": name})
        assert answer["Location"] == f"/choose/{name}/?draft={draft.pk}"
        assert client.get(answer["Location"]).status_code == 200
    assert again(draft).name == "draft-dataset-versions"


def test_a_placeholder_leads_to_its_slot(client: Client, draft_with_base: ExperimentDraft) -> None:
    answer = DraftForm(client, draft_with_base).press("choose:draft-dataset-versions:test")
    assert answer["Location"].endswith("&slot=test")
    assert 'aria-pressed="true"' in element(client.get(answer["Location"]).text, "placeholder-test")


def test_what_is_chosen_travels_along(client: Client, draft: ExperimentDraft, train: DatasetVersion) -> None:
    chosen = {"chosen": "on", "version": train.pk, f"alias-{train.pk}": "mine", "q": "tra"}
    answer = DraftForm(client, draft).press("choose:draft-dataset-versions", chosen)
    page = client.get(answer["Location"]).text
    assert fields_of(page, "free")[f"alias-{train.pk}"][0] == "mine"
    assert fields_of(page, "free")["version"] == [str(train.pk)]


def test_with_htmx_a_chooser_comes_by_itself(client: Client, draft: ExperimentDraft) -> None:
    assert DraftForm(client, draft, with_htmx=True).press("choose:base-model").status_code == 200


def test_an_unknown_chooser(form: DraftForm) -> None:
    assert form.press("choose:anything").status_code == 404


# Creating


def test_create(client: Client, ready: ExperimentDraft) -> None:
    answer = DraftForm(client, ready).press("create")
    experiment = Experiment.objects.get()
    assertRedirects(answer, reverse("experiments:experiment_detail", args=[experiment.pk]))


def test_create_with_htmx(client: Client, ready: ExperimentDraft) -> None:
    answer = DraftForm(client, ready, with_htmx=True).press("create")
    assert answer["HX-Redirect"] == Experiment.objects.get().get_absolute_url()


def test_create_saves_what_was_typed_last(client: Client, ready: ExperimentDraft) -> None:
    name = f"hp-{row_of(ready, 'epochs').pk}"
    DraftForm(client, ready).press("create", {"name": "at last", name: "7"})
    experiment = Experiment.objects.get()
    assert experiment.name == "at last"
    assert experiment.architecture.hyperparameters.get(key="epochs").value == "7"


def test_create_clicked_twice(client: Client, ready: ExperimentDraft, with_htmx: bool) -> None:
    form = DraftForm(client, ready, with_htmx=with_htmx)
    page = form.html()
    first, second = form.press("create", on=page), form.press("create", on=page)
    header = "HX-Redirect" if with_htmx else "Location"
    assert first[header] == second[header] == Experiment.objects.get().get_absolute_url()


def test_create_says_everything_that_is_missing(form_with_base: DraftForm, draft_with_base: ExperimentDraft) -> None:
    html = form_with_base.html_after("create", {"name": "", "inference_type": "CLASSIFICATION"})
    summary = " ".join(re.sub(r"<[^>]+>", "", html[html.index('id="summary"') :]).split())
    assert "The experiment can&#x27;t be created yet" in summary.replace("'", "&#x27;")
    for sentence in ("Give the experiment a name.", "train is still empty.", "test is still empty."):
        assert sentence in summary
    assert error_at(html, "id_name") == "Give the experiment a name."
    assert not Experiment.objects.exists()


def test_the_first_missing_thing_gets_the_cursor(client: Client, draft_with_base: ExperimentDraft) -> None:
    form = DraftForm(client, draft_with_base, with_htmx=True)
    answer = form.press("create")
    assert json.loads(answer["HX-Trigger-After-Settle"]) == {"focus-on": {"id": "slot-train"}}
    place = f"hp-{row_of(draft_with_base, 'epochs').pk}"
    old_tab = form.html()
    change(draft_with_base, epochs="30")
    answer = form.press("create", {place: "40"}, on=old_tab)
    assert json.loads(answer["HX-Trigger-After-Settle"]) == {"focus-on": {"id": place}}


def test_an_untouched_field_is_no_mistake_before_create(client: Client, project: Project, bob: User) -> None:
    draft = ExperimentDraftFactory(project=project, owner=bob, name="", inference_type="", revision=0)
    html = DraftForm(client, draft).html()
    assert (error_at(html, "id_name"), error_at(html, "id_inference_type")) == ("", "")


def test_a_created_draft_leads_to_its_experiment(client: Client, ready: ExperimentDraft, bob: User) -> None:
    path = create_experiment(ready, by=bob).get_absolute_url()
    assert client.get(address(ready))["Location"] == path
    assert client.post(address(ready), {"action": "save", "name": "late"})["Location"] == path
    assert client.get(address(ready), headers=htmx("draft"))["HX-Redirect"] == path


def test_a_created_draft_is_nothing_to_a_stranger(
    client_of: ClientOf, ready: ExperimentDraft, bob: User, charlie: User
) -> None:
    create_experiment(ready, by=bob)
    assert client_of(charlie).get(address(ready)).status_code == 404


@pytest.mark.parametrize("what", ["created", "discarded"])
def test_it_ends_between_the_look_and_the_lock(
    client: Client, ready: ExperimentDraft, bob: User, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    form = DraftForm(client, ready)
    page = form.html()

    def end_first(draft: ExperimentDraft, **values: Any) -> Any:
        create_experiment(draft, by=bob) if what == "created" else discard_draft(draft, by=bob)
        return save_form(draft, **values)

    monkeypatch.setattr(drafts, "save_form", end_first)
    answer = form.press("save", on=page)
    assert answer.status_code == (302 if what == "created" else 404)


# Editing one that waits


@pytest.fixture
def waiting(ready: ExperimentDraft, bob: User) -> Experiment:
    return create_experiment(ready, by=bob)


def test_the_base_can_not_be_changed_by_hand(
    client: Client, waiting: Experiment, other: ModelVersion, with_htmx: bool
) -> None:
    client.post(reverse("experiments:experiment_edit", args=[waiting.pk]))
    draft = ExperimentDraft.objects.get(edits=waiting)
    form = DraftForm(client, draft, with_htmx=with_htmx)
    for action in (f"attach:model:{other.pk}", "detach", f"attach:model:{other.pk}:confirmed"):
        assert "The base of an experiment can&#x27;t be changed." in form.html_after(action)
    assert draft.hyperparameters.count() == 5


def test_changes_are_saved(client: Client, waiting: Experiment, with_htmx: bool) -> None:
    client.post(reverse("experiments:experiment_edit", args=[waiting.pk]))
    draft = ExperimentDraft.objects.get(edits=waiting)
    form = DraftForm(client, draft, with_htmx=with_htmx)
    assert "Save changes" in form.html()
    answer = form.press("create", {"name": "renamed"})
    assert answer["HX-Redirect" if with_htmx else "Location"] == waiting.get_absolute_url()
    waiting.refresh_from_db()
    assert waiting.name == "renamed"


def test_it_started_meanwhile(client: Client, waiting: Experiment, with_htmx: bool) -> None:
    client.post(reverse("experiments:experiment_edit", args=[waiting.pk]))
    form = DraftForm(client, ExperimentDraft.objects.get(edits=waiting), with_htmx=with_htmx)
    Experiment.objects.filter(pk=waiting.pk).update(status=Status.RUNNING)
    html = form.html_after("create", {"name": "renamed"})
    assert "The experiment has started: it can&#x27;t be changed." in html
    assert Experiment.objects.get().name == "based"


# Other people's ids


def test_a_strangers_base_is_no_base(
    form: DraftForm, draft: ExperimentDraft, harbor: Organization, foreign_project: Project
) -> None:
    version, experiment = full_version(harbor), ExperimentFactory(project=foreign_project)
    before = everything()
    for action in (
        f"attach:model:{version.pk}",
        f"attach:model:{version.pk}:confirmed",
        f"attach:experiment:{experiment.pk}",
        f"attach:experiment:{version.pk}",
        f"attach:model:{experiment.pk}",
        f"attach:model:{nobody()}",
    ):
        assert form.press(action).status_code == 404
    assert everything() == before


def test_another_projects_experiment_is_no_base(form: DraftForm, orchard: Organization) -> None:
    experiment = ExperimentFactory(project__organization=orchard)
    assert form.press(f"attach:experiment:{experiment.pk}").status_code == 404


# Cost and canaries


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
