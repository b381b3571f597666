"""What would make a run fail, told before it is asked for, each with the way to where it is mended.

A finding blocks, or is a notice: something that the user may want to know and that a script can live with.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.urls import reverse

from datasets.models import Annotation, Asset
from experiments.drafts.review import label_differences
from experiments.models import BaseKind, Experiment, ExperimentDatasetVersion, Status
from organizations.models import Role, User
from registry.models import ArchitectureFile, DatasetConstraint
from storage.exceptions import Problem
from storage.services import problem_at_a_look
from training.launchers import offered
from training.launchers.base import Run
from training.models import Job
from training.runs import run_of

# Larger files are looked for and measured, not read: the launcher reads every byte again when it copies them, and
# `verify_storage` goes through the whole store.
HASHED_UP_TO = 8 * 1024 * 1024
HASHED_IN_ALL = 64 * 1024 * 1024
NOTHING_TO_RUN = (
    "There is nothing to run: its base brought neither a Docker image nor a training command. "
    "Start from one that has either."
)
NO_LAUNCHER = (
    "This installation offers no place to run a training. Whoever runs it names one in the setting LAUNCHERS, "
    "such as container:4."
)


class Severity(StrEnum):
    """Whether a finding stands in the way."""

    BLOCK = "block"
    NOTICE = "notice"


@dataclass(frozen=True)
class Way:
    """Where something is mended.

    Attributes:
        link: the address; empty where a page can't help.
        words: of the link.
        is_act: whether the address is sent a form, as what begins a draft is.
    """

    link: str = ""
    words: str = ""
    is_act: bool = False


NOWHERE = Way()


@dataclass(frozen=True)
class Finding:
    """Something that would make the run fail, or that the user may want to know.

    Attributes:
        sentence: what it is, and what to do where no way leads there.
        code: `in_use` when the experiment runs, or is going to, already.
    """

    severity: Severity
    sentence: str
    way: Way = NOWHERE
    code: str = ""

    @property
    def is_block(self) -> bool:
        """Whether nothing can be launched before it is mended."""
        return self.severity is Severity.BLOCK


def preflight(experiment: Experiment, user: User) -> list[Finding]:
    """Everything that is to be said before a launch: what blocks comes first. A constant number of queries.

    Args:
        experiment: with its architecture and project.
        user: who would launch it, and is shown the ways that are open to them.
    """
    way = _way_to_change(experiment) if user.can(Role.MEMBER, experiment.project.organization) else NOWHERE
    entries = _entries(experiment)
    return [*_blocks(experiment, entries, way), *_notices(experiment, entries)]


def blocking(experiment: Experiment) -> list[Finding]:
    """What stands in the way of a launch; empty when nothing does. Reads files: call it before anything is locked.

    Args:
        experiment: with its architecture.
    """
    return list(_blocks(experiment, _entries(experiment), Way()))


def trial_run(experiment: Experiment) -> Run:
    """What launchers are asked whether they could take it: the experiment with all GPUs that can be wished for."""
    return run_of(Job(experiment=experiment, gpus=settings.RUN_GPUS))


def _blocks(experiment: Experiment, entries: list[ExperimentDatasetVersion], way: Way) -> Iterator[Finding]:
    yield from _of_runs(experiment)
    for sentence, mended in (
        *_of_places(experiment),
        *((sentence, way) for sentence in _of_hyperparameters(experiment)),
        *((sentence, way) for sentence in _of_constraint(experiment, entries)),
        *_of_images(entries),
        *_of_files(experiment),
    ):
        yield Finding(Severity.BLOCK, sentence, mended)


def _notices(experiment: Experiment, entries: list[ExperimentDatasetVersion]) -> Iterator[Finding]:
    for entry in entries:
        if sentence := _news_of(entry):
            yield Finding(Severity.NOTICE, sentence, _way_to_images(entry))
    ways = {entry.dataset_version: _way_to_images(entry) for entry in entries}
    for version, sentence in label_differences(experiment.architecture, set(ways)):
        yield Finding(Severity.NOTICE, f"The labels differ from the labelmap: {sentence}", ways[version])


# Where things are mended


def _way_to_change(experiment: Experiment) -> Way:
    """To the form: on the experiment itself while it waits, afterwards on another one that starts from it."""
    if experiment.is_editable:
        return Way(reverse("experiments:experiment_edit", args=[experiment.pk]), "Edit the experiment", is_act=True)
    words = "Start another experiment from it"
    return Way(reverse("experiments:draft_from_experiment", args=[experiment.pk]), words, is_act=True)


def _way_to_images(entry: ExperimentDatasetVersion) -> Way:
    version = entry.dataset_version
    return Way(reverse("datasets:dataset_version_detail", args=[version.pk]), f"Look at {version}")


def _way_to_files(experiment: Experiment) -> Way:
    base = experiment.base_model_version_id
    if experiment.base_kind != BaseKind.PRIVATE_MODEL or base is None:
        return NOWHERE
    return Way(reverse("registry:model_version_files", args=[base]), f"Files of {experiment.base_name}")


# What stands in the way


def _of_runs(experiment: Experiment) -> Iterator[Finding]:
    job = experiment.jobs.active().first()
    console = reverse("training:experiment_console", args=[experiment.pk])
    if job:
        way = Way(f"{console}?run={job.pk}", "Look at the job")
        yield Finding(Severity.BLOCK, "The experiment has a job that has not ended yet.", way, "in_use")
    elif experiment.status == Status.RUNNING:
        way = Way(f"{console}?run=own", "Look at its console")
        yield Finding(Severity.BLOCK, "The experiment runs already, without a job.", way, "in_use")


def _of_places(experiment: Experiment) -> Iterator[tuple[str, Way]]:
    """Nothing to run, or nowhere to run it."""
    if not experiment.architecture.is_trainable:
        yield NOTHING_TO_RUN, Way(experiment.project.get_absolute_url(), "Begin another in the project")
        return
    launchers, run = offered(), trial_run(experiment)
    refusals = [f"{launcher.label}: {refusal}" for launcher in launchers if (refusal := launcher.refusal(run))]
    if not launchers:
        yield NO_LAUNCHER, NOWHERE
    elif len(refusals) == len(launchers):
        yield f"No place of this installation can run it. {' '.join(refusals)}", NOWHERE


def _of_hyperparameters(experiment: Experiment) -> Iterator[str]:
    """A required one that is missing, and values that their rules refuse: scripts may write what no form would."""
    rows = list(experiment.architecture.hyperparameters.all())
    keys = {row.key for row in rows}
    for gone in experiment.removed_hyperparameters:
        if gone.get("required") and gone["key"] not in keys:
            yield f"The hyperparameter {gone['key']} is missing, and the script needs it."
    for row in rows:
        if error := row.rule.error(row.value):
            yield f"The hyperparameter {row.key} has a value that it can't have. {error}"


def _of_constraint(experiment: Experiment, entries: list[ExperimentDatasetVersion]) -> Iterator[str]:
    """Aliases that are not the constraint's. Scripts that attach dataset versions name none: any one may be filled."""
    constraints = list(experiment.architecture.constraints.prefetch_related("slots"))
    chosen = [constraint for constraint in constraints if constraint.pk == experiment.dataset_constraint_id]
    aliases = {entry.alias for entry in entries}
    if not constraints or any(aliases == _aliases(constraint) for constraint in chosen or constraints):
        return
    if not chosen:
        names = " or ".join(f"“{constraint}”" for constraint in constraints)
        yield f"The dataset versions fill none of the dataset constraints: {names}."
        return
    slots = _aliases(chosen[0])
    if empty := sorted(slots - aliases):
        yield f"The dataset constraint “{chosen[0]}” is not filled: {', '.join(empty)} has no dataset version."
    if surplus := sorted(aliases - slots):
        yield f"The dataset constraint “{chosen[0]}” has no place for {', '.join(surplus)}."


def _aliases(constraint: DatasetConstraint) -> set[str]:
    return {slot.alias for slot in constraint.slots.all()}


def _of_images(entries: list[ExperimentDatasetVersion]) -> Iterator[tuple[str, Way]]:
    for entry in entries:
        if not entry.dataset_version.asset_count:
            yield f"{entry.dataset_version}, chosen as {entry.alias}, has no images.", _way_to_images(entry)


def _of_files(experiment: Experiment) -> Iterator[tuple[str, Way]]:
    """Files whose bytes are not what they were, as far as a look can tell."""
    left = HASHED_IN_ALL
    for file in experiment.architecture.files.select_related("blob"):
        try:
            problem = problem_at_a_look(file.blob, hashed_up_to=min(left, HASHED_UP_TO))
        except OSError:
            yield "The store of files can't be reached, so that nothing could be run now. Try again.", NOWHERE
            return
        left -= file.blob.size if file.blob.size <= min(left, HASHED_UP_TO) else 0
        if problem:
            yield _damaged(file, problem), _way_to_files(experiment)


def _damaged(file: ArchitectureFile, problem: Problem) -> str:
    what = "is missing in the store" if problem is Problem.MISSING else f"is damaged in the store ({problem})"
    return f"The file {file.name} {what}. Upload the same file again, or have the store restored from a backup."


def _news_of(entry: ExperimentDatasetVersion) -> str:
    """What came into a dataset version after it was chosen, as a sentence; empty when nothing did."""
    if entry.has_new_images:  # type: ignore[attr-defined]
        what = "Images were added to"
    elif entry.has_new_annotations:  # type: ignore[attr-defined]
        what = "Somebody annotated"
    else:
        return ""
    return f"{what} {entry.dataset_version} after it was chosen as {entry.alias}. The run gets it as it is now."


def _entries(experiment: Experiment) -> list[ExperimentDatasetVersion]:
    """The dataset versions, and whether something came into each after it was chosen.

    Ids are in the order of time, so a later image or annotation has a greater one than the choice. What was taken out
    since leaves no trace, and is not told.
    """
    images = Asset.objects.filter(dataset_version=OuterRef("dataset_version"), id__gt=OuterRef("id"))
    annotations = Annotation.objects.filter(asset__dataset_version=OuterRef("dataset_version"), id__gt=OuterRef("id"))
    entries = experiment.dataset_versions.select_related("dataset_version__dataset")
    return list(entries.annotate(has_new_images=Exists(images), has_new_annotations=Exists(annotations)))
