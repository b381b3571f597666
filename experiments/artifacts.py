"""What a training stores: the files of its experiment, whatever became of the run."""

import uuid
from collections.abc import Collection

from django.core.exceptions import ValidationError
from django.db import transaction

from experiments.models import Experiment
from organizations.models import Role, User
from registry.files import change_file, put_file
from registry.models import Architecture, ArchitectureFile
from storage.models import Blob


@transaction.atomic
def store_artifact(*, experiment: Experiment, name: str, filename: str, blob: Blob, by: User) -> ArchitectureFile:
    """Give the experiment an artifact. Storing the same again is storing it once.

    Args:
        experiment: in any status: a training stores while it runs, and people add to what has ended.
        name: unique in the experiment, such as `model-latest`.
        filename: what it is called when it is downloaded.
        blob: its content.
        by: a member at least.

    Raises:
        PermissionDenied: for less than a member.
        ValidationError: when the name has other content (code `taken`), or a name breaks its rule.
    """
    architecture = _locked(experiment, by=by)
    return put_file(architecture, name=name, filename=filename, blob=blob)


@transaction.atomic
def change_artifact(
    *,
    experiment: Experiment,
    artifact: ArchitectureFile,
    name: str | None = None,
    filename: str | None = None,
    blob: Blob | None = None,
    by: User,
) -> ArchitectureFile:
    """Give an artifact another name, filename or content; None leaves what it has.

    Raises:
        PermissionDenied, ValidationError: as `store_artifact`.
    """
    architecture = _locked(experiment, by=by)
    return change_file(architecture, artifact, name=name, filename=filename, blob=blob)


@transaction.atomic
def delete_artifacts(*, experiment: Experiment, ids: Collection[uuid.UUID], by: User) -> None:
    """Delete those of the experiment's artifacts. What was published or started from it keeps its copies.

    Raises:
        PermissionDenied: for less than a member.
    """
    architecture = _locked(experiment, by=by)
    deleted, _ = architecture.files.filter(pk__in=ids).delete()
    if deleted:
        architecture.bump()


def _locked(experiment: Experiment, *, by: User) -> Architecture:
    """The experiment's architecture, locked until the act ends, once the act is known to be allowed."""
    by.must_be(Role.MEMBER, experiment.project.organization)
    architecture = Architecture.objects.select_for_update().filter(pk=experiment.architecture_id).first()
    if architecture is None:
        raise ValidationError("The experiment was deleted meanwhile.")
    return architecture
