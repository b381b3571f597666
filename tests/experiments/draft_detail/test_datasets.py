"""What the dialog of dataset versions brings back, and the choosers without JavaScript."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from datasets.models import DatasetVersion
from experiments.models import ExperimentDraft, Project
from experiments.services import detach_dataset_version
from organizations.models import User
from tests.experiments.making import (
    again,
    attached,
    fill,
    nobody,
)
from tests.experiments.pages import DraftForm, element, fields_of
from tests.factories import (
    AttachedDatasetVersionFactory,
    DatasetConstraintFactory,
    LabelFactory,
)

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


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
