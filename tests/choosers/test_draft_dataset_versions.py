"""The dialog of dataset versions: the placeholders of a constraint, or aliases of one's own."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from datasets.models import DatasetVersion
from experiments.choosers.datasets import suggested_alias
from experiments.models import ExperimentDraft, Project
from organizations.models import Organization, User
from registry.models import DatasetConstraint
from tests.experiments.making import CANARIES, attached, fill, full_version, named_draft, nobody
from tests.experiments.pages import fields_of, htmx
from tests.factories import ProjectFactory

pytestmark = pytest.mark.django_db

PATH = "/choose/draft-dataset-versions/"


@pytest.fixture
def project(orchard: Organization) -> Project:
    return ProjectFactory(organization=orchard, name="Fruit")


@pytest.fixture
def free(project: Project, bob: User) -> ExperimentDraft:
    """A draft whose aliases are free."""
    return named_draft(project, bob)


@pytest.fixture
def bound(project: Project, bob: User, orchard: Organization) -> ExperimentDraft:
    """A draft whose base has two constraints: train and test; train, val and test."""
    return named_draft(project, bob, "bound", full_version(orchard))


@pytest.fixture
def client(client_of: Callable[[User], Client], bob: User) -> Client:
    return client_of(bob)


def about(draft: ExperimentDraft, query: dict[str, Any]) -> dict[str, Any]:
    return {"draft": draft.pk, **query}


def ask(client: Client, draft: ExperimentDraft, target: str = "dialog", **query: Any) -> str:
    query = {name.replace("in_", "in-"): value for name, value in query.items()}
    return client.get(PATH, about(draft, {**query}), headers=htmx(target) if target else {}).text


def two(draft: ExperimentDraft, name: str = "two") -> DatasetConstraint:
    assert draft.base
    return draft.base.architecture.constraints.get(name=name)


def in_placeholders(html: str) -> dict[str, str]:
    """Alias → what is in its placeholder, or what it says."""
    found = re.findall(r'id="placeholder-([^"]+)-content">(.*?)</button>', html, re.S)
    return {alias: " ".join(re.sub(r"<[^>]+>", " ", text).split()) for alias, text in found}


def in_hand(html: str) -> str:
    found = re.search(r'id="placeholder-([^"]+)"[^>]*aria-pressed="true"', html, re.S)
    return found[1] if found else ""


def attach_is_disabled(html: str) -> bool:
    button = re.search(r'<button[^>]*value="set-datasets"[^>]*>', html)
    assert button
    return "disabled" in button[0]


# With a constraint


def test_the_drafts_constraint_is_shown(client: Client, bound: ExperimentDraft) -> None:
    html = ask(client, bound)
    assert in_placeholders(html).keys() == {"train", "test"}
    assert in_hand(html) == "train"
    assert attach_is_disabled(html)
    assert "2 of 2 still empty" in html
    assert [name for name in ("two", "three") if f">{name}</option>" in html] == ["two", "three"]


def test_picking_fills_the_placeholder_in_hand(client: Client, bound: ExperimentDraft, project: Project) -> None:
    train, test = attached(project, "first"), attached(project, "second")
    html = ask(client, bound, chosen="on", constraint=two(bound).pk, slot="train", pick=train.pk)
    assert str(train) in in_placeholders(html)["train"]
    assert in_hand(html) == "test"
    assert attach_is_disabled(html)
    html = ask(client, bound, chosen="on", constraint=two(bound).pk, in_train=train.pk, slot="test", pick=test.pk)
    assert str(test) in in_placeholders(html)["test"]
    assert not attach_is_disabled(html)
    assert "All 2 are filled" in html


def test_a_placeholder_can_be_taken_in_hand_again(client: Client, bound: ExperimentDraft, project: Project) -> None:
    train, other = attached(project, "first"), attached(project, "second")
    chosen: dict[str, Any] = {"chosen": "on", "constraint": two(bound).pk, "in_train": train.pk, "in_test": train.pk}
    html = ask(client, bound, **chosen, slot="train")
    assert in_hand(html) == "train"
    html = ask(client, bound, **chosen, slot="train", pick=other.pk)
    assert str(other) in in_placeholders(html)["train"]
    assert str(train) in in_placeholders(html)["test"]


def test_the_same_version_twice_is_told(client: Client, bound: ExperimentDraft, project: Project) -> None:
    train = attached(project, "first")
    html = ask(client, bound, chosen="on", constraint=two(bound).pk, in_train=train.pk, slot="test")
    assert "already train" in html
    html = ask(client, bound, chosen="on", constraint=two(bound).pk, in_train=train.pk, in_test=train.pk)
    assert f"{train} is used twice" in html
    assert not attach_is_disabled(html)


def test_switching_the_constraint_keeps_what_has_the_same_alias(
    client: Client, bound: ExperimentDraft, project: Project
) -> None:
    train = attached(project, "first")
    html = ask(client, bound, chosen="on", constraint=two(bound, "three").pk, in_train=train.pk, in_test=train.pk)
    shown = in_placeholders(html)
    assert (str(train) in shown["train"], str(train) in shown["val"], str(train) in shown["test"]) == (
        True,
        False,
        True,
    )
    assert in_hand(html) == "val"
    assert "1 of 3 still empty" in html


def test_what_the_draft_has_is_there(client: Client, bound: ExperimentDraft, project: Project) -> None:
    train = attached(project, "first")
    fill(bound, train=train, val=train, test=train)
    html = ask(client, bound)
    assert in_placeholders(html).keys() == {"train", "val", "test"}
    assert not attach_is_disabled(html)


def test_a_constraint_of_another_base_is_not_shown(
    client: Client, bound: ExperimentDraft, orchard: Organization
) -> None:
    other = full_version(orchard, "Other").architecture.constraints.get(name="three")
    for pk in (other.pk, nobody()):
        assert in_placeholders(ask(client, bound, constraint=pk)).keys() == {"train", "test"}


def test_versions_out_of_reach_fill_nothing(client: Client, bound: ExperimentDraft, harbor: Organization) -> None:
    foreign = attached(ProjectFactory(organization=harbor), "ships")
    masks = attached(bound.project, "masks", "MASK")
    for pk in (foreign.pk, masks.pk, nobody()):
        html = ask(client, bound, chosen="on", in_train=pk, slot="train", pick=pk)
        assert in_hand(html) == "train"
        assert attach_is_disabled(html)
        assert "ships" not in html
        assert "masks" not in html


def test_nonsense_is_ignored_or_a_404(client: Client, bound: ExperimentDraft) -> None:
    assert in_hand(ask(client, bound, slot="nothing")) == "train"
    for query in ({"pick": "x"}, {"constraint": "x"}, {"slot": "a\x00"}, {"slot": "a" * 51}):
        assert client.get(PATH, about(bound, {**query})).status_code == 404


def test_without_an_attached_version_it_says_where_to_attach_one(client: Client, bound: ExperimentDraft) -> None:
    html = ask(client, bound)
    assert "No dataset version of this project fits." in html
    assert f"/projects/{bound.project_id}/dataset-versions/" in html


def test_versions_left_out_are_counted(client: Client, bound: ExperimentDraft) -> None:
    attached(bound.project, "masks", "MASK")
    new = attached(bound.project, "new", "NOT_CONFIGURED")
    text = " ".join(ask(client, bound).split())
    assert "1 version of other types is left out." in text
    assert f"/datasets/versions/{new.pk}/edit/" in text


# Without one


def test_each_version_has_a_box_and_an_alias(client: Client, free: ExperimentDraft) -> None:
    train, odd = attached(free.project, "train"), attached(free.project, "née 1")
    html = ask(client, free)
    assert f'aria-label="{train}"' in html
    assert f'aria-label="Alias for {train}"' in html
    fields = fields_of(html, "free")
    assert "version" not in fields
    assert (fields[f"alias-{train.pk}"][0], fields[f"alias-{odd.pk}"][0]) == ("train", "")
    assert attach_is_disabled(html)
    assert "Nothing chosen yet" in html


def test_what_was_ticked_and_typed_stays_while_searching(client: Client, free: ExperimentDraft) -> None:
    train, val = attached(free.project, "train"), attached(free.project, "val")
    chosen: dict[str, Any] = {
        "chosen": "on",
        "version": train.pk,
        f"alias-{train.pk}": "mine",
        f"alias-{val.pk}": "typed",
    }
    html = client.get(PATH, about(free, {"q": "val", **chosen}), headers=htmx("dialog")).text
    fields = fields_of(html, "free")
    assert fields["version"] == [str(train.pk)]
    assert fields[f"alias-{train.pk}"][0] == "mine"
    assert fields[f"alias-{val.pk}"][0] == "typed"
    assert "1 version chosen" in html
    assert not attach_is_disabled(html)


def test_the_footer_follows_the_boxes(client: Client, free: ExperimentDraft) -> None:
    train = attached(free.project, "train")
    chosen: dict[str, Any] = {"draft": free.pk, "chosen": "on", "version": train.pk}
    footer = client.get(PATH, {**chosen, f"alias-{train.pk}": "-no"}, headers=htmx("attach")).text
    assert footer.lstrip().startswith('<footer id="attach"')
    assert "An alias has 1 to 50 letters" in footer
    assert attach_is_disabled(footer)
    footer = client.get(PATH, {**chosen, f"alias-{train.pk}": "yes"}, headers=htmx("attach")).text
    assert not attach_is_disabled(footer)


@pytest.mark.parametrize(("first", "second"), [("same", "SAME"), ("a", "a")])
def test_repeated_aliases_are_told_at_each(client: Client, free: ExperimentDraft, first: str, second: str) -> None:
    versions = [attached(free.project, name) for name in ("train", "val")]
    query: dict[str, Any] = {"draft": free.pk, "chosen": "on", "version": [v.pk for v in versions]}
    query |= {f"alias-{v.pk}": alias for v, alias in zip(versions, (first, second), strict=True)}
    html = client.get(PATH, query, headers=htmx("dialog")).text
    assert html.count("is used twice; case is ignored.") >= 2
    assert attach_is_disabled(html)


def test_two_aliases_of_one_version(client: Client, free: ExperimentDraft) -> None:
    train = attached(free.project, "train")
    fill(free, a=train, b=train)
    html = ask(client, free)
    assert fields_of(html, "free")[f"alias-{train.pk}"][:2] == ["a", "b"]
    assert "2 versions chosen" in html


def test_everything_can_be_taken_out(client: Client, free: ExperimentDraft) -> None:
    """With entries in the draft, none at all is a choice as well."""
    train = attached(free.project, "train")
    fill(free, a=train)
    html = client.get(PATH, about(free, {"chosen": "on"}), headers=htmx("attach")).text
    assert not attach_is_disabled(html)


def test_deleted_versions_are_no_choice(client: Client, free: ExperimentDraft) -> None:
    train = attached(free.project, "train")
    fill(free, a=train)
    DatasetVersion.objects.all().delete()
    assert "version" not in fields_of(ask(client, free), "free")


@pytest.mark.parametrize("name", ["alias-x", "alias-", "version"])
def test_nonsense_in_the_fields_is_ignored(client: Client, free: ExperimentDraft, name: str) -> None:
    assert client.get(PATH, about(free, {"chosen": "on", name: "x"})).status_code == 200


@pytest.mark.parametrize(
    ("name", "alias"), [("train", "train"), ("v1.0_a-b", "v1.0_a-b"), ("two words", ""), ("-x", "")]
)
def test_the_suggested_alias(name: str, alias: str) -> None:
    assert suggested_alias(DatasetVersion(name=name)) == alias


@pytest.mark.parametrize("canary", CANARIES)
def test_what_was_typed_is_no_markup(
    client: Client, free: ExperimentDraft, bound: ExperimentDraft, canary: str
) -> None:
    train = attached(free.project, canary)
    for target in ("", "dialog", "results", "attach"):
        query: dict[str, Any] = {"chosen": "on", "version": train.pk, f"alias-{train.pk}": canary, "q": canary[:5]}
        headers = htmx(target) if target else {}
        assert canary not in client.get(PATH, about(free, {**query}), headers=headers).text
        assert canary not in client.get(PATH, about(bound, {"slot": canary, **query}), headers=headers).text
