"""What commands and files call by name. What the user may not see is not there.

Each raises ValidationError, with a sentence, when there is nothing of the name.
"""

from django.core.exceptions import ValidationError
from django.db.models import Q

from config.names import NAME_MAX, as_stored
from datasets.models import DatasetVersion
from experiments.bases import experiments_for, model_versions_for
from experiments.models import Experiment, Project
from organizations.models import Organization, User
from registry.models import ModelVersion


def project_named(name: str, *, organization: str, user: User) -> Project:
    """The organization's project of that name."""
    theirs = Organization.objects.visible_to(user).filter(name=as_stored(organization)).first()
    if theirs is None:
        raise ValidationError(f"There is no organization “{organization}” that {user} is a member of.")
    projects = Project.objects.visible_to(user).filter(organization=theirs).select_related("organization")
    project = projects.filter(name=as_stored(name)).first()
    if project is None:
        raise ValidationError(f"There is no project “{name}” in {theirs}. Give its name as the pages show it.")
    return project


def dataset_version_named(path: str, *, organization: Organization, user: User) -> DatasetVersion:
    """The organization's version of `DATASET/VERSION`. Either name may hold slashes itself, so every split is tried."""
    path, splits = as_stored(path), Q(pk=None)
    for place, character in enumerate(path[: NAME_MAX + 1]):
        if character == "/":
            splits |= Q(dataset__name=path[:place].strip(), name=path[place + 1 :].strip())
    versions = DatasetVersion.objects.visible_to(user).filter(organization=organization)
    found = list(versions.filter(splits).select_related("dataset")[:2])
    if not found:
        raise ValidationError(f"There is no dataset version “{path}” in {organization}. Write it as DATASET/VERSION.")
    if len(found) > 1:
        raise ValidationError(f"“{path}” can be read as two dataset versions. Rename one of the datasets.")
    return found[0]


def model_version_named(model: str, version: str, *, is_public: bool, project: Project, user: User) -> ModelVersion:
    """The version of that name or number, such as v2, which the project's experiments may start from."""
    owner = None if is_public else project.organization
    versions = model_versions_for(project, user=user).select_related("model", "architecture")
    versions = versions.filter(model__organization=owner, model__name=as_stored(model))
    number = version.removeprefix("v")
    by_number = versions.filter(number=int(number)) if number.isdecimal() and len(number) < 10 else versions.none()
    found = versions.filter(name=as_stored(version)).first() or by_number.first()
    if found is None:
        registry = f"the Private Registry of {owner}" if owner else "the Public Registry"
        raise ValidationError(f"There is no version “{version}” of a model “{model}” in {registry}.")
    return found


def experiment_named(name: str, *, project: Project, user: User) -> Experiment:
    """The project's experiment of that name."""
    experiments = experiments_for(project, user=user).select_related("architecture")
    experiment = experiments.filter(name=as_stored(name)).first()
    if experiment is None:
        raise ValidationError(f"There is no experiment “{name}” in {project}.")
    return experiment
