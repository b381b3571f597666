"""Models and versions: who may do what, and what is refused."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from organizations.models import Organization, User
from registry import services
from registry.models import Architecture, ModelVersion, RegisteredModel
from registry.services import (
    create_model,
    create_model_version,
    delete_model,
    delete_model_version,
    edit_model,
    edit_model_version,
    publish_to_public_registry,
    take_back,
)
from tests.factories import (
    ArchitectureFileFactory,
    DatasetConstraintFactory,
    ExperimentFactory,
    HyperparameterFactory,
    MembershipFactory,
    ModelVersionFactory,
    RegisteredModelFactory,
)


def refusal_of(act, **options) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as refused:
        act(**options)
    return refused.value.message_dict


def new_version(model: RegisteredModel, by: User, **options) -> ModelVersion:
    defaults = {"inference_type": "CLASSIFICATION", "framework": "ONNX"}
    return create_model_version(model=model, by=by, **(defaults | options))


def test_a_member_creates_a_model(bob: User, orchard: Organization):
    model = create_model(name="  fruit ", description="one\r\ntwo  ", organization=orchard, by=bob)
    assert (model.name, model.description, model.created_by) == ("fruit", "one\ntwo", bob)


def test_a_viewer_and_a_stranger_create_none(vera: User, charlie: User, orchard: Organization):
    for user in (vera, charlie):
        with pytest.raises(PermissionDenied):
            create_model(name="fruit", organization=orchard, by=user)
    assert not RegisteredModel.objects.exists()


def test_only_staff_creates_public_models(olive: User, staff: User):
    with pytest.raises(PermissionDenied, match="kept by the staff"):
        create_model(name="fruit", organization=None, by=olive)
    assert create_model(name="fruit", organization=None, by=staff).is_public


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "Write a name: it can't be empty or only spaces."),
        ("   ", "Write a name: it can't be empty or only spaces."),
        ("x" * 101, "A name has at most 100 characters; this one has 101."),
        ("a\nb", "A name is one line: remove the line breaks and tabs."),
        ("a\x00b", "Character 2 is a control character (U+0000): remove it."),
        (" fruit ", "Orchard has a model of this name already. Choose another one."),
    ],
)
def test_a_bad_name_is_refused(bob: User, orchard: Organization, name: str, sentence: str):
    RegisteredModelFactory(organization=orchard, name="fruit")
    assert refusal_of(create_model, name=name, organization=orchard, by=bob) == {"name": [sentence]}


def test_a_bad_description_is_refused(bob: User, orchard: Organization):
    told = refusal_of(create_model, name="a", description="x" * 1_001, organization=orchard, by=bob)
    assert told == {"description": ["A description has at most 1,000 characters; this one has 1,001."]}
    told = refusal_of(create_model, name="a", description="a\x1bb", organization=orchard, by=bob)
    assert "control character" in told["description"][0]


def test_the_same_name_elsewhere_is_free(bob: User, staff: User, orchard: Organization, harbor: Organization):
    RegisteredModelFactory(organization=harbor, name="fruit")
    RegisteredModelFactory(public=True, name="fruit")
    assert create_model(name="fruit", organization=orchard, by=bob)
    told = refusal_of(create_model, name="fruit", organization=None, by=staff)
    assert told == {"name": ["The Public Registry has a model of this name already. Choose another one."]}


def test_a_name_taken_at_the_last_moment_is_the_same_sentence(bob: User, orchard: Organization, monkeypatch):
    """The look before the insert sees nothing; the database's constraint does."""
    RegisteredModelFactory(organization=orchard, name="fruit")
    monkeypatch.setattr("django.db.models.query.QuerySet.exists", lambda self: False)
    told = refusal_of(create_model, name="fruit", organization=orchard, by=bob)
    assert told == {"name": ["Orchard has a model of this name already. Choose another one."]}


def test_the_creator_and_admins_edit(alice: User, bob: User, vera: User, orchard: Organization):
    model = RegisteredModelFactory(organization=orchard, created_by=bob)
    for user in (alice, bob):
        assert edit_model(model=model, name=f"by {user}", description="", by=user).name == f"by {user}"
    other = MembershipFactory(organization=orchard).user
    for user in (vera, other):
        with pytest.raises(PermissionDenied, match="Only the person who made it"):
            edit_model(model=model, name="x", description="", by=user)


def test_a_creator_who_left_edits_no_more(bob: User, orchard: Organization):
    model = RegisteredModelFactory(organization=orchard, created_by=bob)
    bob.memberships.all().delete()
    with pytest.raises(PermissionDenied):
        delete_model(model=model, by=bob)


def test_a_model_keeps_its_own_name(alice: User, orchard: Organization):
    model = RegisteredModelFactory(organization=orchard, name="fruit")
    assert edit_model(model=model, name="fruit", description="new", by=alice).description == "new"


def test_deleting_a_model_takes_all_that_hangs_on_it(alice: User, orchard: Organization, monkeypatch):
    monkeypatch.setattr(services, "BATCH", 2)
    model = RegisteredModelFactory(organization=orchard)
    for _ in range(3):
        version = ModelVersionFactory(model=model)
        ArchitectureFileFactory(architecture=version.architecture)
        HyperparameterFactory(architecture=version.architecture)
    other = ModelVersionFactory(model__organization=orchard)
    delete_model(model=model, by=alice)
    assert list(Architecture.objects.all()) == [other.architecture]


def test_versions_count_up(bob: User, orchard: Organization):
    model = RegisteredModelFactory(organization=orchard)
    assert [new_version(model, bob).name for _ in range(3)] == ["v1", "v2", "v3"]
    model.versions.get(number=2).delete()
    assert new_version(model, bob, name="best").label == "v4 “best”"


def test_a_version_name_is_unique_in_its_model(bob: User, orchard: Organization):
    model = RegisteredModelFactory(organization=orchard)
    new_version(model, bob, name="best")
    told = refusal_of(create_model_version, model=model, name=" best", inference_type="POINT", framework="ONNX", by=bob)
    assert told == {"name": ["The model has a version of this name already. Choose another one."]}
    assert Architecture.objects.count() == 1
    assert new_version(RegisteredModelFactory(organization=orchard), bob, name="best")


@pytest.mark.parametrize("field", ["inference_type", "framework"])
def test_unknown_values_are_refused(bob: User, orchard: Organization, field: str):
    model = RegisteredModelFactory(organization=orchard)
    options = {"inference_type": "POINT", "framework": "ONNX"} | {field: "NONSENSE"}
    assert field in refusal_of(create_model_version, model=model, by=bob, **options)


def test_a_version_of_a_deleted_model_is_refused(bob: User, orchard: Organization):
    model = RegisteredModelFactory(organization=orchard)
    RegisteredModel.objects.filter(pk=model.pk).delete()
    with pytest.raises(ValidationError, match="deleted meanwhile"):
        new_version(model, bob)


def test_a_viewer_adds_no_version(vera: User, orchard: Organization):
    with pytest.raises(PermissionDenied):
        new_version(RegisteredModelFactory(organization=orchard), vera)


def test_a_copy_has_everything_and_stands_alone(bob: User, alice: User, orchard: Organization):
    source = ModelVersionFactory(model__organization=orchard)
    ArchitectureFileFactory(architecture=source.architecture, name="weights")
    HyperparameterFactory(architecture=source.architecture, key="epochs")
    DatasetConstraintFactory(architecture=source.architecture, name="both", aliases=["train", "test"])
    copy = new_version(source.model, bob, copy_from=source)
    delete_model_version(version=source, by=alice)
    architecture = Architecture.objects.get(pk=copy.architecture_id)
    assert [file.name for file in architecture.files.all()] == ["weights"]
    assert [row.key for row in architecture.hyperparameters.all()] == ["epochs"]
    assert [slot.alias for slot in architecture.constraints.get().slots.all()] == ["train", "test"]
    assert architecture.image == "trainers/fruit:1.4"


def test_a_copy_costs_the_same_however_large(bob: User, orchard: Organization, django_assert_max_num_queries):
    source = ModelVersionFactory(model__organization=orchard)
    for _ in range(20):
        ArchitectureFileFactory(architecture=source.architecture)
        HyperparameterFactory(architecture=source.architecture)
    with django_assert_max_num_queries(20):
        new_version(source.model, bob, copy_from=source)


def test_editing_a_version_is_seen_by_its_drafts(alice: User, orchard: Organization):
    version = ModelVersionFactory(model__organization=orchard)
    edit_model_version(
        version=version, name="b", description="d", inference_type="MULTI", framework="PYTORCH", by=alice
    )
    version.refresh_from_db()
    assert (version.name, version.inference_type, version.architecture.revision) == ("b", "MULTI", 1)


def test_a_refused_edit_changes_nothing(alice: User, orchard: Organization):
    version = ModelVersionFactory(model__organization=orchard)
    refusal_of(
        edit_model_version, version=version, name="", description="", inference_type="POINT", framework="ONNX", by=alice
    )
    version.refresh_from_db()
    assert (version.name, version.architecture.revision) == ("v1", 0)


def test_a_base_can_be_deleted(alice: User, orchard: Organization):
    version = ModelVersionFactory(model__organization=orchard)
    experiment = ExperimentFactory(base_model_version=version, base_kind="PRIVATE_MODEL", base_name="fruit v1")
    delete_model_version(version=version, by=alice)
    experiment.refresh_from_db()
    assert experiment.base_is_deleted
    assert experiment.base_name == "fruit v1"


def test_staff_publishes_and_takes_back(staff: User, orchard: Organization, harbor: Organization):
    model = RegisteredModelFactory(organization=orchard, name="fruit")
    assert publish_to_public_registry(model=model, by=staff).is_public
    assert take_back(model=model, organization=harbor, by=staff).organization == harbor
    model.refresh_from_db()
    assert model.organization == harbor


def test_a_name_on_the_other_side_stands_in_the_way(staff: User, orchard: Organization):
    private = RegisteredModelFactory(organization=orchard, name="fruit")
    public = RegisteredModelFactory(public=True, name="fruit")
    told = refusal_of(publish_to_public_registry, model=private, by=staff)
    assert told == {"name": ["The Public Registry has a model of this name already. Choose another one."]}
    told = refusal_of(take_back, model=public, organization=orchard, by=staff)
    assert told == {"name": ["Orchard has a model of this name already. Choose another one."]}


def test_nobody_else_publishes_or_takes_back(olive: User, orchard: Organization):
    with pytest.raises(PermissionDenied):
        publish_to_public_registry(model=RegisteredModelFactory(organization=orchard), by=olive)
    with pytest.raises(PermissionDenied):
        take_back(model=RegisteredModelFactory(public=True), organization=orchard, by=olive)


def test_staff_who_are_no_superusers_keep_to_the_public_registry(staff: User, orchard: Organization):
    staff.is_superuser = False
    staff.save()
    with pytest.raises(PermissionDenied):
        delete_model(model=RegisteredModelFactory(organization=orchard), by=staff)
    delete_model(model=RegisteredModelFactory(public=True), by=staff)
