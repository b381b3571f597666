"""Projects, and the dataset versions attached to them."""

import uuid
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef

from datasets.models import DatasetVersion, DatasetVersionQuerySet
from experiments.models import AttachedDatasetVersion, Experiment, ExperimentDatasetVersion, Project
from organizations.models import Organization, Role, User

_NAME_TAKEN = "The organization has a project of this name already: choose another."
IN_USE_SHOWN = 5


def create_project(*, name: str, description: str, organization: Organization, by: User) -> Project:
    """A project of the organization.

    Raises:
        PermissionDenied: when `by` is less than a member.
        ValidationError: by field, when the name is not a name or taken.
    """
    by.must_be(Role.MEMBER, organization)
    project = Project(name=name.strip(), description=description, organization=organization, created_by=by)
    return _saved(project)


def edit_project(project: Project, *, name: str, description: str, by: User) -> Project:
    """Give the project another name or description.

    Raises:
        PermissionDenied: when `by` is less than a member.
        ValidationError: by field, when the name is not a name or taken.
    """
    by.must_be(Role.MEMBER, project.organization)
    project.name, project.description = name.strip(), description
    return _saved(project)


def _saved(project: Project) -> Project:
    project.full_clean(validate_constraints=False)
    try:
        with transaction.atomic():
            project.save()
    except IntegrityError as taken:
        raise ValidationError({"name": ValidationError(_NAME_TAKEN, code="taken")}) from taken
    return project


@transaction.atomic
def attach_dataset_version(*, project: Project, dataset_version: DatasetVersion, by: User) -> AttachedDatasetVersion:
    """Let the project's experiments use the version. Attaching it again changes nothing.

    Raises:
        PermissionDenied: when `by` is less than an admin.
        ValidationError: when the version is another organization's.
    """
    by.must_be(Role.ADMIN, project.organization)
    if dataset_version.dataset.organization_id != project.organization_id:
        raise ValidationError("The dataset version belongs to another organization.")
    attachment, _ = AttachedDatasetVersion.objects.get_or_create(
        project=project, dataset_version=dataset_version, defaults={"attached_by": by}
    )
    return attachment


@transaction.atomic
def detach_dataset_version(*, project: Project, dataset_version: DatasetVersion, by: User) -> None:
    """Take the version out of the project; drafts that chose it say so.

    Raises:
        PermissionDenied: when `by` is less than an admin.
        ValidationError: when experiments of the project use it, naming them.
    """
    by.must_be(Role.ADMIN, project.organization)
    refuse_detaching(project=project, dataset_version=dataset_version)
    project.attachments.filter(dataset_version=dataset_version).delete()


def refuse_detaching(*, project: Project, dataset_version: DatasetVersion) -> None:
    """The rule of detaching; inside the transaction that detaches.

    Raises:
        ValidationError: when experiments of the project use the version, naming them.
    """
    # Locked, so that no experiment that uses it is created between the look and the deletion.
    list(project.attachments.select_for_update().filter(dataset_version=dataset_version))
    users = Experiment.objects.filter(project=project, dataset_versions__dataset_version=dataset_version).distinct()
    names = list(users.values_list("name", flat=True)[: IN_USE_SHOWN + 1])
    if names:
        shown = ", ".join(names[:IN_USE_SHOWN]) + (" and others" if len(names) > IN_USE_SHOWN else "")
        raise ValidationError(f"{dataset_version} is used by {shown}, so it stays attached.", code="in_use")


def attached_to(project_id: uuid.UUID, *, user: User) -> DatasetVersionQuerySet:
    """The dataset versions that are attached to the project, as the user may see them."""
    attachments = AttachedDatasetVersion.objects.filter(project=project_id)
    return DatasetVersion.objects.visible_to(user).filter(pk__in=attachments.values("dataset_version"))


def in_use(project: Project, versions: Iterable[DatasetVersion]) -> set[uuid.UUID]:
    """The ids of those among the dataset versions that experiments of the project use."""
    uses = ExperimentDatasetVersion.objects.filter(experiment__project=project, dataset_version=OuterRef("pk"))
    # Asked version by version: SQLite would begin at the project's experiments, however many there are.
    used = DatasetVersion.objects.filter(Exists(uses), pk__in=[version.pk for version in versions])
    return set(used.order_by().values_list("pk", flat=True))
