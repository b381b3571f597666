"""An experiment becomes a model version, which knows where it came from."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from config.inference_types import InferenceType
from experiments.models import Experiment, Publication
from experiments.parameters import lock
from organizations.models import Role, User
from registry.files import checked_names
from registry.hyperparameters import Kind
from registry.models import Architecture, Framework, ModelVersion, RegisteredModel
from registry.services import create_model, create_model_version

KEY_IS_ANOTHERS = "This form was sent for another experiment already: open it anew."


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a person wants of the new version. A script says nothing: it wants everything, as it is called.

    Attributes:
        name: unique in the model; left out it is v1, v2…
        description: None takes the experiment's.
        files: of each artifact that is taken, by its id, what the version's file is called; None takes all as they are.
        key: the form's, made when it was opened. What is sent with it is published once, however often it is sent.
        again: whether to publish in a model what has not changed since it was published there.
    """

    name: str = ""
    description: str | None = None
    files: Mapping[uuid.UUID, str] | None = None
    key: uuid.UUID | None = None
    again: bool = False


EVERYTHING = Wanted()


@dataclass(frozen=True)
class _Content:
    """What a publication holds: two that are equal make the same version twice."""

    names: dict[uuid.UUID, str] | None
    files: list[list[str]] | None
    datasets: list[dict[str, Any]]


@transaction.atomic
def publish_as_model(
    experiment: Experiment, *, name: str, description: str = "", wanted: Wanted = EVERYTHING, by: User
) -> ModelVersion:
    """Publish the experiment as the first version of a new model of its organization.

    Args:
        experiment: in any status: a training script publishes at its end, while it still runs.
        name: the model's. Two calls at once with one name make one model, and the other is refused.
        description: the model's, at most 1,000 characters.
        wanted: of the version.
        by: at least a member.

    Raises:
        PermissionDenied: when `by` may not write.
        ValidationError: when the name is taken, or no name; of the version at `version_name`, `version_description`
            and `file-<id>`.
        Experiment.DoesNotExist: when it was deleted meanwhile.
    """
    organization = experiment.project.organization
    by.must_be(Role.MEMBER, organization)
    lock(experiment)
    if there := published_with(wanted.key, experiment):
        return there
    content = _content(experiment, wanted)
    model = create_model(name=name, description=description, organization=organization, by=by)
    return _published(experiment, model, content, wanted, by)


@transaction.atomic
def publish_in_model(
    experiment: Experiment, *, model: RegisteredModel, wanted: Wanted = EVERYTHING, by: User
) -> ModelVersion:
    """Publish the experiment as the next version of a model.

    What has not changed since is published in a model once, unless it is wanted again: another call, later or at the
    same time, gives the version that there is. After a change of the architecture, of the dataset versions or of what
    is taken it makes the next one.

    Raises:
        PermissionDenied: when `by` may not write.
        ValidationError: when the model is not one of the experiment's organization; of the version as in
            `publish_as_model`.
        Experiment.DoesNotExist: when it was deleted meanwhile.
    """
    by.must_be(Role.MEMBER, experiment.project.organization)
    if model.organization_id != experiment.project.organization_id:
        raise ValidationError(
            f"{model} is not a model of {experiment.project.organization}: publish it in one that is."
        )
    # Held until the end: a call at the same time waits here, and then finds what this one made.
    lock(experiment)
    if there := published_with(wanted.key, experiment):
        return there
    content = _content(experiment, wanted)
    there = None if wanted.again else _same_in(model, experiment, content)
    return there or _published(experiment, model, content, wanted, by)


def published_with(key: uuid.UUID | None, experiment: Experiment) -> ModelVersion | None:
    """What the form of that key made of the experiment, if it was sent already.

    Raises:
        ValidationError: when it made something of another experiment.
    """
    made = Publication.objects.filter(key=key).select_related("model_version__model").first() if key else None
    if made and made.experiment_id != experiment.pk:
        raise ValidationError(KEY_IS_ANOTHERS)
    return made.model_version if made else None


def inference_type_of(experiment: Experiment) -> str:
    """The experiment's; a script's has none, and then what it started from says what it infers."""
    source = experiment.base_model_version
    if experiment.inference_type == InferenceType.NOT_CONFIGURED and source:
        return source.inference_type
    return experiment.inference_type


def framework_of(experiment: Experiment) -> str:
    """What the experiment started from is written in."""
    source = experiment.base_model_version
    return source.framework if source else Framework.NOT_CONFIGURED


def _same_in(model: RegisteredModel, experiment: Experiment, content: _Content) -> ModelVersion | None:
    earlier = Publication.objects.filter(experiment=experiment, model_version__model=model)
    same = earlier.filter(revision=experiment.architecture.revision).select_related("model_version__model")
    equal = (row for row in same if (row.files, row.datasets) == (content.files, content.datasets))
    return next((row.model_version for row in equal), None)


def _published(
    experiment: Experiment, model: RegisteredModel, content: _Content, wanted: Wanted, by: User
) -> ModelVersion:
    with _of_the_version():
        version = create_model_version(
            model=model,
            name=wanted.name,
            description=experiment.description if wanted.description is None else wanted.description,
            inference_type=inference_type_of(experiment),
            framework=framework_of(experiment),
            architecture=experiment.architecture,
            files=content.names,
            by=by,
        )
    publication = Publication(
        organization=experiment.project.organization,
        model_version=version,
        experiment=experiment,
        experiment_name=experiment.name,
        revision=experiment.architecture.revision,
        hyperparameters=_hyperparameters_of(experiment.architecture),
        datasets=content.datasets,
        files=content.files,
        key=wanted.key,
        published_by=by,
    )
    return _kept(publication).model_version


def _kept(publication: Publication) -> Publication:
    """The experiment is locked, so that only a form for another one can have taken the key meanwhile."""
    try:
        with transaction.atomic():
            publication.save(force_insert=True)
    except IntegrityError as error:
        raise ValidationError(KEY_IS_ANOTHERS) from error
    return publication


@contextmanager
def _of_the_version() -> Iterator[None]:
    """A model has a name and a description as well: the version's are told apart."""
    try:
        yield
    except ValidationError as refusal:
        if not hasattr(refusal, "error_dict"):
            raise
        raise ValidationError({f"version_{field}": told for field, told in refusal.error_dict.items()}) from refusal


def _content(experiment: Experiment, wanted: Wanted) -> _Content:
    datasets = _datasets_of(experiment)
    if wanted.files is None:
        return _Content(None, None, datasets)
    files = experiment.architecture.files.all()
    names = checked_names(wanted.files, files=files)
    if names == {file.pk: file.name for file in files}:
        return _Content(None, None, datasets)
    return _Content(names, [[file.name, names[file.pk]] for file in files if file.pk in names], datasets)


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
