"""What a job hands to a launcher: files, command, limits, and an environment that holds nothing of the server's own."""

from django.conf import settings

from experiments.models import Experiment
from registry.models import ArchitectureFile
from training.launchers.base import Run, RunFile
from training.models import Job


def run_of(job: Job, *, token: str = "") -> Run:
    """The run that a job asks for. A job that is not saved yet tells what it would be.

    Args:
        job: of an experiment with its architecture and project.
        token: with which its script speaks to the server; without it the run is only to be looked at.
    """
    architecture = job.experiment.architecture
    return Run(
        id=str(job.pk),
        command=architecture.command,
        image=architecture.image,
        flags=" ".join(architecture.docker_flags),
        environment={**architecture.docker_environment, **_contract(job, token)},
        files=files_of(list(architecture.files.select_related("blob"))),
        processors=job.processors or settings.RUN_PROCESSORS,
        memory_mb=job.memory_mb or settings.RUN_MEMORY_MB,
        gpus=job.gpus,
        gpu_type=job.gpu_type,
        seconds_max=int(settings.RUN_HOURS_MAX * 3600),
    )


def files_of(files: list[ArchitectureFile]) -> list[RunFile]:
    """Each under its filename; where two have the same, the others with a number before it."""
    taken: set[str] = set()
    listed = []
    for number, file in enumerate(files):
        filename = file.filename if file.filename not in taken else f"{number}-{file.filename}"
        taken.add(filename)
        listed.append(RunFile(filename, file.blob))
    return listed


def _contract(job: Job, token: str) -> dict[str, str]:
    """The names of the contract with existing scripts (wire contract, section 8). They are lower case."""
    experiment: Experiment = job.experiment
    return {
        "api_token": token,
        "host": settings.TRAINING_URL,
        "organization_id": str(experiment.project.organization_id),
        "experiment_id": str(experiment.pk),
        "job_id": str(job.pk),
    }
