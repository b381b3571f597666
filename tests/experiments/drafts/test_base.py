import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from datasets.models import DatasetVersion
from experiments.bases import Base, architecture_of, experiments_for, kind_of, misfit, model_versions_for
from experiments.drafts.base import attach_base, change_type, detach_base, dropped_by_type, plan_base
from experiments.drafts.hyperparameters import add_hyperparameter, remove_hyperparameter
from experiments.drafts.lifecycle import draft_of_changes
from experiments.models import BaseKind, Experiment, ExperimentDraft, Project
from organizations.models import Membership, Organization, Role, User
from registry.models import ModelVersion
from tests.experiments.making import again, attached, change, fill, full_version, named_draft, row_of
from tests.factories import (
    DatasetConstraintFactory,
    ExperimentFactory,
    HyperparameterFactory,
    MembershipFactory,
    ModelVersionFactory,
    ProjectFactory,
)

pytestmark = pytest.mark.django_db

KEYS = ["epochs", "learning_rate", "augment", "optimizer", "note"]


def values(draft: ExperimentDraft) -> dict[str, str]:
    return {row.key: row.value for row in draft.hyperparameters.all() if not row.is_removed}


def test_attaching_a_model_works(draft: ExperimentDraft, base: ModelVersion, bob: User) -> None:
    plan = attach_base(draft, base=base, by=bob)
    draft = again(draft)
    assert (draft.base, draft.base_kind, draft.base_name) == (base, BaseKind.PRIVATE_MODEL, "Fruit classifier v1")
    assert (draft.base_experiment, draft.base_revision) == (None, 0)
    assert [row.key for row in draft.hyperparameters.all()] == KEYS
    assert all(row.value == row.inherited_value for row in draft.hyperparameters.all())
    assert [row.key for row in plan.new] == KEYS
    assert draft.dataset_constraint is not None
    assert draft.dataset_constraint.name == "two"


def test_attaching_a_public_model_says_so(draft: ExperimentDraft, public_base: ModelVersion, bob: User) -> None:
    attach_base(draft, base=public_base, by=bob)
    assert again(draft).base_kind == BaseKind.PUBLIC_MODEL


def test_attaching_an_experiment_works(draft: ExperimentDraft, base: ModelVersion, bob: User) -> None:
    experiment = ExperimentFactory(project=draft.project, name="earlier", architecture=full_version(None).architecture)
    attach_base(draft, base=base, by=bob)
    attach_base(draft, base=experiment, by=bob)
    draft = again(draft)
    assert (draft.base, draft.base_kind, draft.base_name) == (experiment, BaseKind.EXPERIMENT, "earlier")
    assert draft.base_model_version is None


def test_the_bases_type_is_taken_where_there_is_none(draft: ExperimentDraft, bob: User, orchard: Organization) -> None:
    ExperimentDraft.objects.filter(pk=draft.pk).update(inference_type="")
    attach_base(draft, base=full_version(orchard, inference_type="SEGMENTATION"), by=bob)
    assert again(draft).inference_type == "SEGMENTATION"


def test_no_type_is_no_type_to_be_taken(draft: ExperimentDraft, bob: User, orchard: Organization) -> None:
    ExperimentDraft.objects.filter(pk=draft.pk).update(inference_type="")
    attach_base(draft, base=full_version(orchard, inference_type="NOT_CONFIGURED"), by=bob)
    assert again(draft).inference_type == ""


@pytest.mark.parametrize("inference_type", ["OBJECT_DETECTION", "NOT_CONFIGURED"])
def test_a_misfit_is_refused(draft: ExperimentDraft, bob: User, orchard: Organization, inference_type: str) -> None:
    base = full_version(orchard, name="Finder", inference_type=inference_type)
    with pytest.raises(ValidationError) as refused:
        attach_base(draft, base=base, by=bob)
    words = inference_type.replace("_", " ").lower()
    assert refused.value.messages == [f"Finder v1 is for {words}. This experiment is for classification."]
    assert (again(draft).base_kind, draft.hyperparameters.count()) == ("", 0)


def test_multi_fits(draft: ExperimentDraft, bob: User, orchard: Organization) -> None:
    attach_base(draft, base=full_version(orchard, inference_type="MULTI"), by=bob)
    assert (again(draft).inference_type, again(draft).base_kind) == ("CLASSIFICATION", BaseKind.PRIVATE_MODEL)


def test_edits_are_carried_over(draft_with_base: ExperimentDraft, bob: User, orchard: Organization) -> None:
    change(draft_with_base, epochs="50", note="mine")
    add_hyperparameter(draft_with_base, key="own", kind="INTEGER", value="1", by=bob)
    remove_hyperparameter(draft_with_base, row_id=row_of(draft_with_base, "augment").pk, by=bob)
    other = ModelVersionFactory(model__organization=orchard)
    HyperparameterFactory(architecture=other.architecture, key="epochs", value="30", maximum="40")
    HyperparameterFactory(architecture=other.architecture, key="batch", value="8")
    plan = plan_base(again(draft_with_base), other)
    assert values(draft_with_base)["epochs"] == "50"
    assert "batch" not in values(draft_with_base)
    done = attach_base(draft_with_base, base=other, by=bob)
    assert [row.key for row in plan.rows] == [row.key for row in done.rows]
    assert values(draft_with_base) == {"epochs": "50", "batch": "8", "note": "mine", "own": "1"}
    assert row_of(draft_with_base, "epochs").error == "It must be at most 40."


def test_a_newer_version_takes_over_new_defaults(draft_with_base: ExperimentDraft, bob: User) -> None:
    base = draft_with_base.base
    assert base
    base.architecture.hyperparameters.filter(key="learning_rate").update(value="0.5")
    base.architecture.bump()
    change(draft_with_base, epochs="50")
    attach_base(draft_with_base, base=base, by=bob)
    assert values(draft_with_base) | {"epochs": "50", "learning_rate": "0.5"} == values(draft_with_base)
    assert again(draft_with_base).base_revision == 1


def test_detaching_keeps_only_edits(draft_with_base: ExperimentDraft, bob: User) -> None:
    change(draft_with_base, epochs="50")
    detach_base(draft_with_base, by=bob)
    draft = again(draft_with_base)
    assert (draft.base, draft.base_kind, draft.base_name, draft.dataset_constraint) == (None, "", "", None)
    assert values(draft) == {"epochs": "50"}
    assert row_of(draft, "epochs").is_added


@pytest.fixture
def other(orchard: Organization) -> ModelVersion:
    """Its constraints come in another order."""
    version = ModelVersionFactory(model__organization=orchard)
    DatasetConstraintFactory(architecture=version.architecture, name="three", aliases=["train", "val", "test"])
    DatasetConstraintFactory(architecture=version.architecture, name="two", aliases=["train", "test"])
    return version


def picked(draft: ExperimentDraft) -> str:
    constraint = again(draft).dataset_constraint
    return constraint.name if constraint else ""


def test_the_constraint_of_the_same_name_is_picked(
    draft_with_base: ExperimentDraft, other: ModelVersion, bob: User
) -> None:
    attach_base(draft_with_base, base=other, by=bob)
    assert picked(draft_with_base) == "two"


def test_else_the_one_that_the_chosen_aliases_fill(
    draft: ExperimentDraft, other: ModelVersion, train: DatasetVersion, test: DatasetVersion, bob: User
) -> None:
    fill(draft, train=train, test=test)
    attach_base(draft, base=other, by=bob)
    assert picked(draft) == "two"


def test_else_the_first(draft: ExperimentDraft, other: ModelVersion, bob: User) -> None:
    attach_base(draft, base=other, by=bob)
    assert picked(draft) == "three"


def test_chosen_dataset_versions_stay(
    draft: ExperimentDraft, base: ModelVersion, train: DatasetVersion, bob: User
) -> None:
    fill(draft, train=train)
    attach_base(draft, base=base, by=bob)
    detach_base(draft, by=bob)
    assert [entry.alias for entry in draft.dataset_versions.all()] == ["train"]


def test_changing_the_type_drops_what_no_longer_fits(
    draft_with_base: ExperimentDraft, train: DatasetVersion, test: DatasetVersion, bob: User
) -> None:
    fill(draft_with_base, train=train, test=attached(draft_with_base.project, "all", "MULTI"))
    assert dropped_by_type(draft_with_base, "SEGMENTATION") == ["Fruit classifier v1", f"{train} (train)"]
    change_type(draft_with_base, inference_type="SEGMENTATION", by=bob)
    draft = again(draft_with_base)
    assert (draft.inference_type, draft.base, draft.dataset_constraint) == ("SEGMENTATION", None, None)
    assert [entry.alias for entry in draft.dataset_versions.all()] == ["test"]


def test_a_type_that_drops_nothing(draft_with_base: ExperimentDraft, train: DatasetVersion, bob: User) -> None:
    assert dropped_by_type(draft_with_base, "CLASSIFICATION") == []
    assert dropped_by_type(draft_with_base, "") == []
    change_type(draft_with_base, inference_type="CLASSIFICATION", by=bob)
    assert again(draft_with_base).base is not None


@pytest.mark.parametrize("inference_type", ["", "NOT_CONFIGURED", "PLANT"])
def test_it_refuses_what_is_no_type(draft_with_base: ExperimentDraft, bob: User, inference_type: str) -> None:
    with pytest.raises(ValidationError, match="Choose one of the inference types"):
        change_type(draft_with_base, inference_type=inference_type, by=bob)
    assert again(draft_with_base).inference_type == "CLASSIFICATION"


def test_an_experiments_own_draft_keeps_base_and_type(project: Project, base: ModelVersion, bob: User) -> None:
    draft = draft_of_changes(ExperimentFactory(project=project), by=bob)
    with pytest.raises(ValidationError, match="The base of an experiment can't be changed"):
        attach_base(draft, base=base, by=bob)
    with pytest.raises(ValidationError, match="The base of an experiment can't be changed"):
        detach_base(draft, by=bob)
    with pytest.raises(ValidationError, match="Choose one of the inference types"):
        change_type(draft, inference_type="MASK", by=bob)


def test_it_checks_ownership(draft_with_base: ExperimentDraft, base: ModelVersion, alice: User, charlie: User) -> None:
    for other in (alice, charlie):
        with pytest.raises(ExperimentDraft.DoesNotExist):
            attach_base(draft_with_base, base=base, by=other)
        with pytest.raises(ExperimentDraft.DoesNotExist):
            detach_base(draft_with_base, by=other)
        with pytest.raises(ExperimentDraft.DoesNotExist):
            change_type(draft_with_base, inference_type="MASK", by=other)


def test_it_checks_the_role(draft: ExperimentDraft, base: ModelVersion, bob: User) -> None:
    Membership.objects.filter(user=bob).update(role=Role.VIEWER)
    with pytest.raises(PermissionDenied):
        attach_base(draft, base=base, by=bob)


def test_what_can_be_a_base(
    project: Project, base: ModelVersion, public_base: ModelVersion, bob: User, harbor: Organization
) -> None:
    """Also for somebody who is in both organizations, a project's bases are its own organization's."""
    MembershipFactory(user=bob, organization=harbor)
    full_version(harbor)
    full_version(project.organization, "Finder", inference_type="OBJECT_DETECTION")
    multi = full_version(project.organization, "Everything", inference_type="MULTI")
    found = model_versions_for(project, user=bob, inference_type="CLASSIFICATION")
    assert set(found) == {base, public_base, multi}
    assert model_versions_for(project, user=bob).count() == 4


def test_which_experiment_can_be_a_base(project: Project, bob: User, charlie: User) -> None:
    experiment = ExperimentFactory(project=project)
    ExperimentFactory(project=project, inference_type="MASK")
    ExperimentFactory(project=ProjectFactory(organization=project.organization))
    assert list(experiments_for(project, user=bob, inference_type="CLASSIFICATION")) == [experiment]
    assert experiments_for(project, user=bob).count() == 2
    assert not experiments_for(project, user=charlie).exists()
    assert not model_versions_for(project, user=charlie).exists()


def test_small_questions(base: ModelVersion, public_base: ModelVersion, project: Project) -> None:
    experiment: Base = Experiment(inference_type="MASK", name="masks")
    assert architecture_of(None) is None
    assert architecture_of(base) == base.architecture
    kinds = [kind_of(each) for each in (None, experiment, base, public_base)]
    assert kinds == [BaseKind.NONE, BaseKind.EXPERIMENT, BaseKind.PRIVATE_MODEL, BaseKind.PUBLIC_MODEL]
    assert misfit(base, "") == ""
    assert misfit(experiment, "CLASSIFICATION") == "masks is for mask."


def test_two_drafts_do_not_meet(draft_with_base: ExperimentDraft, project: Project, bob: User) -> None:
    second = named_draft(project, bob, "second", draft_with_base.base)
    change(second, epochs="99")
    detach_base(second, by=bob)
    assert row_of(draft_with_base, "epochs").value == "20"
    assert again(draft_with_base).base is not None
