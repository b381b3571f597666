"""One contract for every chooser there is: what it lists, how it narrows, what it refuses, what it costs."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django import forms
from django.http import Http404, QueryDict
from django.test import Client
from pytest_django.asserts import assertRedirects

from choosers.chooser import Narrowing, all_choosers, get_chooser
from choosers.fields import ChooserField
from experiments.models import ExperimentDraft
from organizations.models import Organization, User
from registry.models import ModelVersion, RegisteredModel
from tests.choosers.cases import (
    CASES,
    Case,
    Make,
    World,
    experiment,
    experiment_for_masks,
    foreign_model,
    of_draft,
    private,
    private_for_masks,
    public,
    public_for_masks,
)
from tests.experiments.making import CANARIES, named_draft, nobody, queries_of
from tests.experiments.pages import htmx
from tests.factories import (
    HyperparameterFactory,
    MembershipFactory,
    ProjectFactory,
    RegisteredModelFactory,
)

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


@pytest.fixture
def world(orchard: Organization, harbor: Organization, bob: User) -> World:
    project = ProjectFactory(organization=orchard, name="Fruit")
    model = RegisteredModelFactory(organization=orchard, name="Opened")
    return World(named_draft(project, bob), project, harbor, model)


@pytest.fixture
def client(client_of: ClientOf, bob: User) -> Client:
    return client_of(bob)


each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)


def path(case: Case) -> str:
    return get_chooser(case.name).url


def html_of(client: Client, case: Case, world: World, target: str = "results", **query: Any) -> str:
    response = client.get(path(case), case.query(world) | query, headers=htmx(target))
    assert response.status_code == 200
    return response.text


def listed(html: str, *names: str) -> list[str]:
    """Those of the names that stand in a heading or a cell of the list."""
    return [name for name in names if re.search(rf"(>|/|“)\s*{re.escape(name)}\s*(<|”|$)", html, re.M)]


def test_every_chooser_is_here() -> None:
    assert {case.name for case in CASES} == {chooser.name for chooser in all_choosers()}


@each_case
def test_it_lists_only_what_is_visible_and_fits(client: Client, world: World, case: Case) -> None:
    case.make(world, "apple")
    for number, hide in enumerate(case.hidden):
        hide(world, f"secret{number}")
    html = html_of(client, case, world)
    assert listed(html, "apple") == ["apple"]
    assert "secret" not in html


@each_case
def test_it_searches(client: Client, world: World, case: Case) -> None:
    for name in ("apple", "pear"):
        case.make(world, name)
    assert listed(html_of(client, case, world, q="APP"), "apple", "pear") == ["apple"]
    assert listed(html_of(client, case, world, q=""), "apple", "pear") == ["apple", "pear"]
    nothing = html_of(client, case, world, q="plum")
    assert listed(nothing, "apple", "pear") == []
    assert re.search("Nothing found|No attached version that fits has this in its name|No version fits", nothing)


@each_case
@pytest.mark.parametrize("text", ["%", "_", "a/b", "/", "'; --", "x" * 10_000])
def test_it_searches_for_anything(client: Client, world: World, case: Case, text: str) -> None:
    case.make(world, "apple")
    html_of(client, case, world, q=text)


@each_case
@pytest.mark.parametrize("query", [{"q": "a\x00"}, {"pk": "x"}, {"field": "<b>"}])
def test_nonsense_is_a_404(client: Client, world: World, case: Case, query: dict[str, str]) -> None:
    assert client.get(path(case), case.query(world) | query).status_code == 404


@each_case
def test_it_pages(client: Client, world: World, case: Case) -> None:
    size = get_chooser(case.name).page_size
    names = [f"n{number:03}" for number in range(size + 3)]
    for name in names:
        case.make(world, name)
    first = client.get(path(case), case.query(world), headers=htmx("results"))
    assert listed(first.text, *names) == names[3:]
    older = first.context["page"].older
    assert older
    assert f'href="{path(case)}{older.replace("&", "&amp;")}"' in first.text
    second = client.get(path(case) + older, headers=htmx("results"))
    assert listed(second.text, *names) == names[:3]
    back = client.get(path(case) + second.context["page"].newer, headers=htmx("results"))
    assert listed(back.text, *names) == names[3:]


@each_case
def test_it_answers_page_and_fragments(client: Client, world: World, case: Case) -> None:
    case.make(world, "apple")
    query, chooser = case.query(world), get_chooser(case.name)
    page = client.get(path(case), query)
    assert page.text.lstrip().startswith("<!DOCTYPE html>")
    assert {"HX-Request", "HX-Target"} <= {name.strip() for name in page["Vary"].split(",")}
    heading = f'<h1 id="dialog-title">{chooser.title}</h1>'
    for name in chooser.fragments:
        text = client.get(path(case), query, headers=htmx(name)).text
        assert "<!DOCTYPE" not in text
        assert (heading in text) == (name == "dialog")
        assert ("apple" in text) == (name in ("dialog", "results"))
    for more in ({"HX-Boosted": "true"}, {"HX-History-Restore-Request": "true"}):
        whole = client.get(path(case), query, headers={**htmx("dialog"), **more}).text
        assert whole.lstrip().startswith("<!DOCTYPE html>")
    assert heading in page.text
    assert client.get(path(case), query, headers=htmx("body")).text.lstrip().startswith("<!DOCTYPE html>")


@each_case
def test_a_foreign_narrowing_is_a_404(client: Client, world: World, case: Case, alice: User, charlie: User) -> None:
    foreign_project = ProjectFactory(organization=world.harbor)
    foreign: dict[str, list[Any]] = {
        "model": [foreign_model(world, "theirs").model],
        "project": [foreign_project],
        "draft": [named_draft(world.project, alice), named_draft(foreign_project, charlie)],
    }
    for parameter in case.foreign:
        values = [row.pk for row in foreign[parameter]] + [nobody(), "x"]
        for value in values:
            for headers in ({}, htmx("dialog"), htmx("results")):
                answer = client.get(path(case), case.query(world) | {parameter: value}, headers=headers)
                assert answer.status_code == 404
            chosen = get_chooser(case.name).chosen_url
            assert client.get(chosen, case.query(world) | {parameter: value}).status_code == 404


@each_case
def test_a_stranger_finds_nothing(client_of: ClientOf, world: World, case: Case, charlie: User) -> None:
    case.make(world, "apple")
    answer = client_of(charlie).get(path(case), case.query(world))
    assert answer.status_code == 404 or case.make is public or "apple" not in answer.text


@each_case
def test_it_needs_a_sign_in(world: World, case: Case) -> None:
    assertRedirects(Client().get(path(case)), f"/sign-in/?next={path(case)}", fetch_redirect_response=False)


@each_case
def test_it_rejects_post(client: Client, world: World, case: Case) -> None:
    for address in (path(case), get_chooser(case.name).chosen_url):
        assert client.post(address, case.query(world)).status_code == 405


@each_case
def test_the_number_of_queries_is_constant(client: Client, world: World, case: Case) -> None:
    def ask() -> None:
        html_of(client, case, world, target="dialog")

    case.make(world, "apple")
    few = queries_of(ask)
    for number in range(get_chooser(case.name).page_size):
        case.make(world, f"n{number}")
    assert queries_of(ask) == few <= 16


@each_case
def test_what_was_chosen_is_drawn_in_its_field(client: Client, world: World, case: Case) -> None:
    choice, chooser = case.make(world, "apple"), get_chooser(case.name)
    query = case.query(world) | {"field": "thing"}
    answer = client.get(chooser.chosen_url, query | {"pk": choice.pk})
    assert f'<input type="hidden" name="thing" value="{choice.pk}">' in answer.text
    assert any("close-dialog" in json.loads(value) for name, value in answer.items() if name.startswith("HX-Trigger"))
    cleared = client.get(chooser.chosen_url, query).text
    assert "<input" not in cleared
    assert chooser.title in cleared


@each_case
def test_what_is_not_offered_can_not_be_chosen(client: Client, world: World, case: Case) -> None:
    chooser = get_chooser(case.name)
    query = case.query(world) | {"field": "thing"}
    narrowing = chooser.narrowing_class.of(query_dict(query), user=world.draft.owner)
    choosable = [hide(world, f"secret{number}") for number, hide in enumerate(case.hidden)]
    # Another tab's models are hidden in this one, and may be chosen all the same.
    refused = [row for row in choosable if not chooser.queryset(narrowing).filter(pk=row.pk).exists()]
    assert refused
    for pk in [nobody(), *(row.pk for row in refused)]:
        assert client.get(chooser.chosen_url, query | {"pk": pk}).status_code == 404


@each_case
@pytest.mark.parametrize("canary", CANARIES)
def test_nothing_is_markup(client: Client, world: World, case: Case, canary: str) -> None:
    made = case.make(world, canary)
    if isinstance(made, ModelVersion):
        HyperparameterFactory(architecture=made.architecture, key=canary, kind="TEXT", value=canary)
        made.architecture.docker_image = canary
        made.architecture.save()
        made.architecture.constraints.filter(name="two").update(name=canary)
        RegisteredModel.objects.filter(pk=world.model.pk).update(description=canary)
    world.project.name = canary
    world.project.save()
    for target in ("", "dialog", "results"):
        for query in ({}, {"q": canary}, {"back": canary}, {"older": canary, "newer": canary}):
            answer = client.get(path(case), case.query(world) | query, headers=htmx(target) if target else {})
            assert canary not in answer.text
    chosen = client.get(get_chooser(case.name).chosen_url, case.query(world) | {"pk": made.pk, "field": "thing"})
    assert canary not in chosen.text


def test_an_unknown_chooser(client: Client) -> None:
    assert client.get("/choose/anything/").status_code == 404
    assert client.get("/choose/anything/chosen/").status_code == 404


# The narrowing


def query_dict(values: dict[str, Any]) -> QueryDict:
    query = QueryDict(mutable=True)
    query.update({name: str(value) for name, value in values.items()})
    return query


@pytest.mark.parametrize(
    ("back", "kept"),
    [
        ("/registry/", "/registry/"),
        ("https://elsewhere.example/", ""),
        ("//elsewhere.example/", ""),
        ("javascript:alert(1)", ""),
        ("/\\elsewhere.example", ""),
    ],
)
def test_back_leads_to_this_site_alone(bob: User, back: str, kept: str) -> None:
    assert Narrowing.of(query_dict({"back": back}), user=bob).cleaned_data["back"] == kept


def test_what_rides_along(bob: User) -> None:
    query = query_dict({"field": "thing", "q": "typed", "pk": nobody(), "unknown": "x"})
    narrowing = Narrowing.of(query, user=bob)
    assert narrowing.riding_along == [("field", "thing")]
    assert narrowing.address(tab="private", field="") == "?tab=private"
    assert narrowing.address() == "?field=thing"
    assert narrowing.action == ""


def test_the_dialog_says_how_many_were_left_out(client: Client, world: World) -> None:
    for number in range(2):
        public(world, f"p{number}")
        public_for_masks(world, f"m{number}")
    experiment_for_masks(world, "masks")
    text = " ".join(client.get("/choose/base-model/", of_draft(world), headers=htmx("results")).text.split())
    assert "Showing the 2 models for <strong>Classification</strong>; 2 of other types are left out." in text
    text = " ".join(client.get("/choose/base-experiment/", of_draft(world), headers=htmx("results")).text.split())
    assert "0 experiments" in text
    assert "1 of other types is left out." in text


def test_a_draft_without_a_type_is_offered_every_type(client: Client, world: World) -> None:
    ExperimentDraft.objects.update(inference_type="")
    public_for_masks(world, "masks")
    html = client.get("/choose/base-model/", of_draft(world), headers=htmx("results")).text
    assert listed(html, "masks") == ["masks"]
    assert "the one you attach sets the inference type" in html
    experiment(world, "any", inference_type="NOT_CONFIGURED")
    html = client.get("/choose/base-experiment/", of_draft(world), headers=htmx("results")).text
    assert listed(html, "any") == ["any"]


def test_a_base_is_of_the_projects_organization(client: Client, world: World, bob: User) -> None:
    """Also for somebody who is in both."""
    MembershipFactory(user=bob, organization=world.harbor)
    theirs = foreign_model(world, "theirs")
    query = of_draft(world) | {"tab": "private"}
    assert listed(client.get("/choose/base-model/", query, headers=htmx("results")).text, "theirs") == []
    html = client.get("/choose/base-model/", of_draft(world) | {"model": theirs.model.pk}, headers=htmx("results")).text
    assert "No version fits" in html
    html = client.get("/choose/model-version/", {"tab": "private"}, headers=htmx("results")).text
    assert listed(html, "theirs") == ["theirs"]


# The field


class ThingForm(forms.Form):
    thing = ChooserField(get_chooser("model-version"), required=False)


def form_of(user: User, value: object, **narrowing: str) -> ThingForm:
    form = ThingForm({"thing": value})
    form.fields["thing"].offer_to(user, chosen=value, **narrowing)  # type: ignore[attr-defined]
    return form


def test_the_field_takes_what_the_chooser_offers(world: World, bob: User) -> None:
    mine = private(world, "mine")
    form = form_of(bob, mine.pk)
    assert form.is_valid()
    assert form.cleaned_data["thing"] == mine
    html = form.as_p()
    assert f'name="thing" value="{mine.pk}"' in html
    assert "mine v1" in html
    assert "Clear" in html


def test_the_field_may_stay_empty(bob: User) -> None:
    form = form_of(bob, "")
    assert form.is_valid()
    assert form.cleaned_data["thing"] is None
    assert "Choose a model version" in form.as_p()


@pytest.mark.parametrize("make", [foreign_model, private_for_masks])
def test_the_field_is_the_fence(world: World, bob: User, make: Make) -> None:
    hidden = make(world, "secret")
    form = form_of(bob, hidden.pk, type="CLASSIFICATION")
    assert not form.is_valid()
    assert "secret" not in form.as_p()


@pytest.mark.parametrize("value", ["x", "../x", "\x00", "<script>"])
def test_nonsense_is_no_choice(bob: User, value: str) -> None:
    form = form_of(bob, value)
    assert not form.is_valid()
    assert "<script>" not in form.as_p()


def test_a_foreign_narrowing_of_the_field(world: World, bob: User) -> None:
    with pytest.raises(Http404):
        form_of(bob, "", model=str(foreign_model(world, "secret").model.pk))
