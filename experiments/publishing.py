"""An experiment becomes a model version, which knows where it came from."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from config.inference_types import InferenceType
from experiments.models import Experiment, Publication
from experiments.parameters import lock
from organizations.models import Role, User
from registry.hyperparameters import Kind
from registry.models import Architecture, Framework, ModelVersion, RegisteredModel
from registry.services import create_model, create_model_version


@transaction.atomic
def publish_as_model(experiment: Experiment, *, name: str, by: User) -> ModelVersion:
    """Publish the experiment as the first version of a new model of its organization.

    Args:
        experiment: in any status: a training script publishes at its end, while it still runs.
        name: the model's. Two calls at once with one name make one model, and the other is refused.
        by: at least a member.

    Raises:
        PermissionDenied: when `by` may not write.
        ValidationError: when the name is taken, or no name.
        Experiment.DoesNotExist: when it was deleted meanwhile.
    """
    organization = experiment.project.organization
    by.must_be(Role.MEMBER, organization)
    lock(experiment)
    model = create_model(name=name, organization=organization, by=by)
    return _published(experiment, model, _datasets_of(experiment), by)


@transaction.atomic
def publish_in_model(experiment: Experiment, *, model: RegisteredModel, by: User) -> ModelVersion:
    """Publish the experiment as the next version of a model.

    What has not changed since is published in a model once: another call, later or at the same time, gives the version
    that there is. After a change of the architecture or of the dataset versions it makes the next one.

    Raises:
        PermissionDenied: when `by` may not write.
        ValidationError: when the model is not one of the experiment's organization.
        Experiment.DoesNotExist: when it was deleted meanwhile.
    """
    by.must_be(Role.MEMBER, experiment.project.organization)
    if model.organization_id != experiment.project.organization_id:
        raise ValidationError(
            f"{model} is not a model of {experiment.project.organization}: publish it in one that is."
        )
    # Held until the end: a call at the same time waits here, and then finds what this one made.
    lock(experiment)
    datasets = _datasets_of(experiment)
    earlier = Publication.objects.filter(experiment=experiment, model_version__model=model)
    same = earlier.filter(revision=experiment.architecture.revision).select_related("model_version__model")
    there = next((row.model_version for row in same if row.datasets == datasets), None)
    return there or _published(experiment, model, datasets, by)


def _published(
    experiment: Experiment, model: RegisteredModel, datasets: list[dict[str, Any]], by: User
) -> ModelVersion:
    source = experiment.base_model_version
    version = create_model_version(
        model=model,
        description=experiment.description,
        inference_type=_inference_type(experiment),
        framework=source.framework if source else Framework.NOT_CONFIGURED,
        architecture=experiment.architecture,
        by=by,
    )
    Publication.objects.create(
        organization=experiment.project.organization,
        model_version=version,
        experiment=experiment,
        experiment_name=experiment.name,
        revision=experiment.architecture.revision,
        hyperparameters=_hyperparameters_of(experiment.architecture),
        datasets=datasets,
        published_by=by,
    )
    return version


def _inference_type(experiment: Experiment) -> str:
    """The experiment's; a script's has none, and then what it started from says what it infers."""
    source = experiment.base_model_version
    if experiment.inference_type == InferenceType.NOT_CONFIGURED and source:
        return source.inference_type
    return experiment.inference_type


def _hyperparameters_of(architecture: Architecture) -> list[list[str]]:
    """Triples of key, kind and text. A choice that was made is a text."""
    rows = architecture.hyperparameters.all()
    return [[row.key, Kind.TEXT if row.kind == Kind.CHOICE else row.kind, row.value] for row in rows]


def _datasets_of(experiment: Experiment) -> list[dict[str, Any]]:
    """Of each alias what stood behind it: so much of the context outlives the dataset version."""
    entries = experiment.dataset_versions.select_related("dataset_version__dataset")
    return [
        {
            "alias": entry.alias,
            "id": str(entry.dataset_version_id),
            "name": str(entry.dataset_version),
            "repartition": {label.name: label.object_count for label in entry.dataset_version.labels.all()},
        }
        for entry in entries.prefetch_related("dataset_version__labels")
    ]
