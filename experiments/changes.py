"""What happens to experiments and projects after they are made: names, the status of a training, and the end."""

import uuid
from collections.abc import Iterable

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet

from experiments.models import Experiment, Project, Status
from experiments.parameters import lock
from experiments.scripted import save_named
from organizations.models import Role, User
from registry.models import Architecture

ENDS = (Status.SUCCESS, Status.FAILED, Status.CANCELED, Status.TERMINATED)
# From each status the ones that can follow. Nothing waits again: what has begun can't be changed in the form any more.
# Scripts that run by themselves end without having said that they run, and an experiment can be run again.
NEXT: dict[str, tuple[Status, ...]] = {
    Status.WAITING: (Status.RUNNING, *ENDS),
    Status.RUNNING: ENDS,
    **dict.fromkeys(ENDS, (Status.RUNNING,)),
}
# A database takes so many parameters in one statement.
BATCH = 500


@transaction.atomic
def edit_experiment(
    experiment: Experiment,
    *,
    name: str | None = None,
    description: str | None = None,
    status: str | None = None,
    by: User,
) -> Experiment:
    """Give the experiment another name, description or status, in any status. None leaves what there is.

    Raises:
        PermissionDenied: when `by` is less than a member.
        ValidationError: by field, when the name is taken or no name, or the status can't follow.
        Experiment.DoesNotExist: when it was deleted meanwhile.
    """
    by.must_be(Role.MEMBER, experiment.project.organization)
    lock(experiment)
    if status is not None:
        set_status(experiment, status)
    experiment.name = experiment.name if name is None else name.strip()
    experiment.description = experiment.description if description is None else description
    save_named(experiment)
    return experiment


def set_status(experiment: Experiment, status: str) -> None:
    """Let the status follow the one that a locked experiment has. The same again changes nothing. Does not save.

    Raises:
        ValidationError: when it can't follow.
    """
    if status == experiment.status:
        return
    if status not in NEXT[experiment.status]:
        now, wanted = experiment.get_status_display().lower(), Status(status).label.lower()
        raise ValidationError({"status": f"The experiment is {now}: it can't become {wanted}."})
    experiment.status = status


@transaction.atomic
def delete_experiments(experiments: QuerySet[Experiment], *, by: User) -> None:
    """Delete several experiments with their architectures, all of them or none. What started from them keeps its copy.

    Raises:
        PermissionDenied: unless `by` made all of them and is still a member, or is an admin.
        ValidationError: while one of them runs.
    """
    rows = list(experiments.select_related("project__organization"))
    for organization in {row.project.organization for row in rows}:
        own = all(row.created_by_id == by.pk for row in rows if row.project.organization == organization)
        by.must_be(Role.MEMBER if own else Role.ADMIN, organization)
    architectures = _lock_architectures(row.architecture_id for row in rows)
    _delete_all([row.pk for row in rows], architectures)


@transaction.atomic
def delete_project(project: Project, *, by: User) -> None:
    """Delete a project with its experiments and drafts. Dataset versions and what was published stay.

    Raises:
        PermissionDenied: unless `by` is an admin, or made the project and every experiment in it and is still a member.
        ValidationError: while one of its experiments runs.
        Project.DoesNotExist: when it was deleted meanwhile.
    """
    theirs = project.experiments.exclude(created_by=by)
    by.must_be(Role.MEMBER, project.organization)
    if project.created_by_id != by.pk or theirs.exists():
        _must_be_admin(project, by)
    # Architectures before what refers to them, as everywhere; the project's lock keeps new experiments out.
    _lock_architectures(project.experiments.values_list("architecture", flat=True))
    Project.objects.select_for_update().get(pk=project.pk)
    rows = list(project.experiments.order_by().values_list("pk", "architecture"))
    _delete_all([pk for pk, _ in rows], [architecture for _, architecture in rows])
    project.delete()


def _must_be_admin(project: Project, by: User) -> None:
    if not by.can(Role.ADMIN, project.organization):
        raise PermissionDenied(
            "Only an admin can delete a project that somebody else made, or in which others have experiments."
        )


def _lock_architectures(ids: Iterable[uuid.UUID]) -> list[uuid.UUID]:
    """Lock what the experiments carry: nobody copies it now."""
    locked = Architecture.objects.select_for_update().order_by("pk")
    return [pk for batch in _batches(sorted(ids)) for pk in locked.filter(pk__in=batch).values_list("pk", flat=True)]


def _delete_all(experiments: list[uuid.UUID], architectures: list[uuid.UUID]) -> None:
    for batch in _batches(experiments):
        rows = Experiment.objects.filter(pk__in=batch)
        running = [row.name for row in rows.select_for_update() if row.status == Status.RUNNING]
        if running:
            raise ValidationError(f"{running[0]} runs. Stop it before you delete it.", code="in_use")
        rows.delete()
    for batch in _batches(architectures):
        Architecture.objects.filter(pk__in=batch).delete()


def _batches(ids: list[uuid.UUID]) -> Iterable[list[uuid.UUID]]:
    return (ids[start : start + BATCH] for start in range(0, len(ids), BATCH))
