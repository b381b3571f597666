"""A user's drafts, to be read or to be changed."""

from django.db.models import QuerySet

from experiments.models import ExperimentDraft
from organizations.models import Role, User


def drafts_of(user: User) -> QuerySet[ExperimentDraft]:
    """The user's drafts, each with its project and base, ready to be reviewed."""
    return ExperimentDraft.objects.visible_to(user).select_related(
        "project__organization",
        "base_model_version__model",
        "base_model_version__architecture",
        "base_experiment__architecture",
        "edits__architecture",
    )


def load_for_change(draft: ExperimentDraft, *, by: User) -> ExperimentDraft:
    """The draft as it is now, locked until the transaction ends: two requests on one draft take turns.

    Raises:
        ExperimentDraft.DoesNotExist: when it was created, discarded, or never the user's.
        PermissionDenied: when the user may no longer create experiments there.
    """
    locked = drafts_of(by).select_for_update(of=("self",)).get(pk=draft.pk)
    by.must_be(Role.MEMBER, locked.project.organization)
    return locked


def touch(draft: ExperimentDraft) -> None:
    """Count a change, and save the draft's own fields."""
    draft.revision += 1
    draft.save()
