"""Dataset versions of an experiment that exists, under their aliases, as scripts attach and detach them."""

from collections.abc import Collection

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Max

from datasets.models import DatasetVersion
from experiments.models import Experiment, ExperimentDatasetVersion
from experiments.parameters import lock
from experiments.services import attach_dataset_version
from organizations.models import Role, User
from registry.aliases import validate_alias


@transaction.atomic
def attach_to_experiment(
    experiment: Experiment, *, alias: str, dataset_version: DatasetVersion, by: User
) -> ExperimentDatasetVersion:
    """Give the experiment's training the version under the alias.

    A version that the project has not is attached to the project as well, if `by` may do that.

    Args:
        experiment: in any status: a script tries an experiment again after it has ended.
        alias: by the rule of `registry.aliases`, in any case.
        dataset_version: of the same organization, whatever its inference type.
        by: at least a member.

    Raises:
        PermissionDenied: when `by` may not write, or not attach the version to the project.
        ValidationError: when the alias is taken or no alias, or the version is another organization's.
        Experiment.DoesNotExist, DatasetVersion.DoesNotExist: when it was deleted meanwhile.
    """
    by.must_be(Role.MEMBER, experiment.project.organization)
    try:
        validate_alias(alias)
    except ValidationError as refusal:
        raise ValidationError({"name": refusal.messages}) from refusal
    lock(experiment)
    if experiment.dataset_versions.filter(alias__iexact=alias).exists():
        raise ValidationError(f"{experiment} has a dataset version under the alias “{alias}” already.", code="taken")
    # Not deleted until the experiment refers to it.
    DatasetVersion.objects.select_for_update(no_key=True).only("pk").get(pk=dataset_version.pk)
    _attach_to_project(experiment, dataset_version, by)
    last = experiment.dataset_versions.aggregate(last=Max("position"))["last"]
    return experiment.dataset_versions.create(
        dataset_version=dataset_version, alias=alias, position=0 if last is None else last + 1
    )


@transaction.atomic
def detach_from_experiment(experiment: Experiment, *, dataset_versions: Collection[DatasetVersion], by: User) -> None:
    """Take the versions away from the experiment, whatever their aliases. The project keeps them.

    Raises:
        PermissionDenied: when `by` is less than a member.
        Experiment.DoesNotExist: when it was deleted meanwhile.
    """
    by.must_be(Role.MEMBER, experiment.project.organization)
    lock(experiment)
    experiment.dataset_versions.filter(dataset_version__in=dataset_versions).delete()


def _attach_to_project(experiment: Experiment, version: DatasetVersion, by: User) -> None:
    """Locked where it is attached already: nobody detaches it while the experiment begins to use it."""
    project = experiment.project
    if list(project.attachments.select_for_update().filter(dataset_version=version)):
        return
    if not by.can(Role.ADMIN, project.organization):
        raise PermissionDenied(f"{version} is not attached to the project {project}: an admin has to do that first.")
    attach_dataset_version(project=project, dataset_version=version, by=by)
