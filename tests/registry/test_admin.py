"""The registry in the admin: the same rules, and no page over twenty queries."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from organizations.models import Organization, User
from registry.models import (
    Architecture,
    ArchitectureFile,
    ConstraintSlot,
    DatasetConstraint,
    Hyperparameter,
    ModelVersion,
    RegisteredModel,
)
from tests.factories import (
    ArchitectureFileFactory,
    DatasetConstraintFactory,
    ExperimentFactory,
    HyperparameterFactory,
    ModelVersionFactory,
    RegisteredModelFactory,
)
from tests.registry.pages import full_version

MODELS = ["registeredmodel", "modelversion", "architecture", "architecturefile", "hyperparameter"]
MODELS += ["datasetconstraint", "constraintslot"]


@pytest.fixture
def client(staff: User, client_of):
    return client_of(staff)


@pytest.fixture
def version(orchard: Organization) -> ModelVersion:
    return full_version("balanced", public=True)


def changelist(model: str) -> str:
    return reverse(f"admin:registry_{model}_changelist")


def change(row) -> str:
    return reverse(f"admin:registry_{row._meta.model_name}_change", args=[row.pk])


def formset(prefix: str, rows: list[dict[str, object]], initial: int) -> dict[str, object]:
    data: dict[str, object] = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": initial}
    for index, row in enumerate(rows):
        data |= {f"{prefix}-{index}-{name}": value for name, value in row.items()}
    return data


def architecture_data(architecture: Architecture, **changed) -> dict[str, object]:
    own = {
        "docker_image": architecture.docker_image,
        "docker_tag": architecture.docker_tag,
        "docker_flags": '["--gpus=all"]',
        "docker_environment": '{"A": "1"}',
        "command": "python train.py",
        "labelmap": '[[0, "apple"]]',
    }
    files = [{"id": file.pk, "architecture": architecture.pk, "name": file.name} for file in architecture.files.all()]
    constraints = [
        {"id": row.pk, "architecture": architecture.pk, "name": row.name, "position": row.position}
        for row in architecture.constraints.all()
    ]
    return {
        **own,
        **formset("hyperparameters", changed.pop("hyperparameters", []), changed.pop("initial", 0)),
        **formset("files", files, len(files)),
        **formset("constraints", constraints, len(constraints)),
        **changed,
    }


def hyperparameter(**values: object) -> dict[str, object]:
    row = {"key": "a", "kind": "INTEGER", "value": "1", "choices": "[]", "position": 0, "minimum": "", "maximum": ""}
    return row | values


@pytest.mark.parametrize("model", MODELS)
def test_every_list_searches_and_filters(client, version: ModelVersion, orchard, model: str):
    full_version("private", organization=orchard)
    ExperimentFactory()
    assert client.get(changelist(model)).status_code == 200
    assert client.get(changelist(model), {"q": "balanced"}).status_code == 200
    page = client.get(changelist(model)).content.decode()
    assert 'id="changelist-filter"' in page


@pytest.mark.parametrize("model", MODELS)
def test_no_list_is_over_twenty_queries(client, orchard, model: str, django_assert_max_num_queries):
    for number in range(12):
        version = full_version(f"text{number}", organization=orchard)
        ExperimentFactory(base_model_version=version)
    with django_assert_max_num_queries(20):
        client.get(changelist(model))


@pytest.mark.parametrize("model", MODELS)
def test_no_page_is_over_twenty_queries(client, version: ModelVersion, model: str, django_assert_max_num_queries):
    for _ in range(12):
        HyperparameterFactory(architecture=version.architecture)
        ArchitectureFileFactory(architecture=version.architecture)
        DatasetConstraintFactory(architecture=version.architecture, aliases=["train", "val", "test"])
    row = {
        "registeredmodel": version.model,
        "modelversion": version,
        "architecture": version.architecture,
        "architecturefile": ArchitectureFile.objects.first(),
        "hyperparameter": Hyperparameter.objects.first(),
        "datasetconstraint": DatasetConstraint.objects.first(),
        "constraintslot": ConstraintSlot.objects.first(),
    }[model]
    with django_assert_max_num_queries(20):
        assert client.get(change(row)).status_code == 200


@pytest.mark.parametrize(("registry", "shown"), [("public", "balanced"), ("private", "own")])
def test_the_registries_are_told_apart(client, version: ModelVersion, orchard, registry: str, shown: str):
    full_version("own", organization=orchard)
    for model in ("registeredmodel", "modelversion"):
        rows = client.get(changelist(model), {"registry": registry}).context["cl"].result_list
        assert [shown in str(row) for row in rows] == [True]


def test_a_model_is_added_and_its_name_checked(client, staff: User, version: ModelVersion):
    add = reverse("admin:registry_registeredmodel_add")
    assert client.post(add, {"name": " new ", "description": ""}).status_code == 302
    assert RegisteredModel.objects.get(name="new").created_by == staff
    answer = client.post(add, {"name": version.model.name, "description": ""})
    assert "The Public Registry has a model of this name already." in answer.content.decode()
    assert "This field is required." in client.post(add, {"name": "  "}).content.decode()


def test_a_rename_to_a_taken_name_is_refused_though_the_organization_is_not_on_the_page(client, version, orchard):
    other = RegisteredModelFactory(public=True)
    answer = client.post(change(other), {"name": version.model.name, "description": ""})
    assert "The Public Registry has a model of this name already." in answer.content.decode()
    private, taken = RegisteredModelFactory(organization=orchard), RegisteredModelFactory(organization=orchard)
    answer = client.post(change(private), {"name": taken.name, "description": ""})
    assert "The organization has a model of this name already." in answer.content.decode()


def test_a_version_is_added_with_the_next_number(client, staff: User, version: ModelVersion):
    add = reverse("admin:registry_modelversion_add")
    data = {"model": version.model_id, "name": "new", "inference_type": "POINT", "framework": "ONNX", "description": ""}
    answer = client.post(add, data)
    assert answer.status_code == 302
    new = ModelVersion.objects.get(name="new")
    assert (new.number, new.created_by) == (2, staff)
    assert "The model has a version of this name already." in client.post(add, data).content.decode()


def test_editing_a_version_counts_a_revision(client, version: ModelVersion):
    data = {"name": "better", "inference_type": "POINT", "framework": "ONNX", "description": ""}
    assert client.post(change(version), data).status_code == 302
    version.refresh_from_db()
    assert (version.name, version.architecture.revision) == ("better", 1)


def test_deleting_takes_the_architecture_along(client, version: ModelVersion):
    second = ModelVersionFactory(model=version.model)
    delete = reverse("admin:registry_modelversion_delete", args=[second.pk])
    assert client.post(delete, {"post": "yes"}).status_code == 302
    data = {"action": "delete_selected", "_selected_action": [version.model_id], "post": "yes"}
    assert client.post(changelist("registeredmodel"), data).status_code == 302
    assert not RegisteredModel.objects.exists()
    assert not Architecture.objects.exists()


def test_deleting_versions_from_the_list(client, version: ModelVersion):
    data = {"action": "delete_selected", "_selected_action": [version.pk], "post": "yes"}
    assert client.post(changelist("modelversion"), data).status_code == 302
    assert not Architecture.objects.exists()


def test_an_architecture_is_edited_by_the_rules(client, version: ModelVersion):
    architecture = version.architecture
    rows = [
        {"id": row.pk, "architecture": architecture.pk, **hyperparameter(key=row.key, value=" +07 ", minimum="1")}
        for row in architecture.hyperparameters.all()
    ]
    data = architecture_data(architecture, hyperparameters=rows, initial=2)
    assert client.post(change(architecture), data).status_code == 302
    architecture.refresh_from_db()
    assert architecture.revision == 1
    assert (architecture.docker_flags, architecture.labelmap) == (["--gpus=all"], [[0, "apple"]])
    assert [(row.value, row.minimum) for row in architecture.hyperparameters.all()] == [("7", "1")] * 2


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"hyperparameters": [hyperparameter(value="x")]}, "Not a whole number."),
        ({"hyperparameters": [hyperparameter(maximum="0")]}, "It must be at most 0."),
        ({"hyperparameters": [hyperparameter(kind="CHOICE")]}, "A choice needs at least one thing to choose."),
        ({"hyperparameters": [hyperparameter(choices='"x"')]}, "Write a list of texts"),
        ({"hyperparameters": [hyperparameter(), hyperparameter()]}, "duplicate"),
        ({"hyperparameters": [hyperparameter(key="x" * 101)]}, "at most 100 characters"),
        ({"labelmap": '[[0, "a"], [0, "b"]]'}, "The index 0 is taken by label 1."),
        ({"labelmap": '{"0": "a"}'}, "Write pairs of index and name"),
        ({"docker_flags": '"x"'}, "Write a list of texts"),
        ({"docker_flags": '["x"]'}, "A flag begins with"),
        ({"docker_environment": "[]"}, "Write an object of texts"),
        ({"docker_image": "", "docker_tag": "1"}, "A tag needs an image."),
    ],
)
def test_what_breaks_a_rule_is_refused(client, version: ModelVersion, changed, sentence: str):
    version.architecture.hyperparameters.all().delete()
    answer = client.post(change(version.architecture), architecture_data(version.architecture, **changed))
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    version.architecture.refresh_from_db()
    assert version.architecture.revision == 0


def test_a_file_is_renamed_not_added(client, version: ModelVersion):
    file = version.architecture.files.get()
    data = architecture_data(version.architecture)
    data["files-0-name"] = "renamed"
    assert client.post(change(version.architecture), data).status_code == 302
    file.refresh_from_db()
    assert file.name == "renamed"


def slots(constraint: DatasetConstraint, *aliases: str) -> dict[str, object]:
    rows = [
        {"id": slot.pk, "constraint": constraint.pk, "alias": alias, "position": number}
        for number, (slot, alias) in enumerate(zip(constraint.slots.all(), aliases, strict=False))
    ]
    new = [{"constraint": constraint.pk, "alias": alias, "position": 9} for alias in aliases[len(rows) :]]
    return {"name": constraint.name, "position": 0, **formset("slots", rows + new, len(rows))}


def test_a_constraint_is_edited_on_its_own_page(client, version: ModelVersion):
    constraint = version.architecture.constraints.get()
    assert client.post(change(constraint), slots(constraint, "training", "val")).status_code == 302
    assert [slot.alias for slot in constraint.slots.all()] == ["training", "val"]
    version.architecture.refresh_from_db()
    assert version.architecture.revision == 1


@pytest.mark.parametrize(
    ("aliases", "sentence"),
    [
        (["train", "Train"], "The alias stands twice in this constraint (case is ignored)."),
        (["train", "val", "Val"], "val: an alias is there twice (case is ignored)."),
        (["tr/in"], "An alias has 1 to 50"),
        ([], "A constraint needs at least one alias."),
    ],
)
def test_a_wrong_constraint_is_refused(client, version: ModelVersion, aliases: list[str], sentence: str):
    constraint = version.architecture.constraints.get()
    if not aliases:
        constraint.slots.all().delete()
    answer = client.post(change(constraint), slots(constraint, *aliases))
    assert sentence in answer.content.decode()
    version.architecture.refresh_from_db()
    assert version.architecture.revision == 0


def test_a_taken_constraint_name_is_refused(client, version: ModelVersion):
    other = DatasetConstraintFactory(architecture=version.architecture, aliases=["a"])
    data = slots(other, "a") | {"name": version.architecture.constraints.all()[0].name}
    answer = client.post(change(other), data)
    assert "There is a constraint of this name already." in answer.content.decode()


def test_an_experiments_architecture_is_read_only(client):
    experiment = ExperimentFactory()
    constraint = DatasetConstraintFactory(architecture=experiment.architecture)
    for row in (experiment.architecture, constraint):
        assert client.get(change(row)).status_code == 200
        assert client.post(change(row), {}).status_code == 403


def test_a_model_is_published_and_taken_back(client, orchard: Organization):
    model = RegisteredModelFactory(organization=orchard, name="fruit")
    selected = {"_selected_action": [str(model.pk)]}
    answer = client.post(changelist("registeredmodel"), {"action": "publish", **selected}, follow=True)
    assert "Fruit is public now." in answer.content.decode()
    assert RegisteredModel.objects.get().is_public
    asked = client.post(changelist("registeredmodel"), {"action": "take_back", **selected})
    assert "become an organization" in asked.content.decode()
    refused = client.post(changelist("registeredmodel"), {"action": "take_back", "organization": "", **selected})
    assert "This field is required." in refused.content.decode()
    data = {"action": "take_back", "organization": orchard.pk, **selected}
    answer = client.post(changelist("registeredmodel"), data, follow=True)
    assert "Fruit is Orchard&#x27;s now." in answer.content.decode()
    assert RegisteredModel.objects.get().organization == orchard


def test_a_name_on_the_other_side_is_told(client, orchard: Organization):
    RegisteredModelFactory(public=True, name="fruit")
    model = RegisteredModelFactory(organization=orchard, name="fruit")
    data = {"action": "publish", "_selected_action": [str(model.pk)]}
    answer = client.post(changelist("registeredmodel"), data, follow=True)
    assert "Fruit: The Public Registry has a model of this name already." in answer.content.decode()
    model.refresh_from_db()
    assert model.organization == orchard


def test_staff_without_superpowers_keep_to_public_models(version: ModelVersion, orchard, client_of):
    curator = User.objects.create(username="curator", is_staff=True)
    curator.user_permissions.set(Permission.objects.filter(content_type__app_label="registry"))
    private = full_version("own", organization=orchard)
    client = client_of(curator)
    for row in (version, version.model, version.architecture):
        assert 'name="_save"' in client.get(change(row)).content.decode()
    for row in (private, private.model, private.architecture):
        assert 'name="_save"' not in client.get(change(row)).content.decode()
        assert client.post(change(row), {}).status_code == 403
    delete = reverse("admin:registry_registeredmodel_delete", args=[private.model_id])
    assert client.post(delete, {"post": "yes"}).status_code == 403
