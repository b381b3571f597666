"""What an experiment can start from: a model version that the user may see, or an experiment of the same project."""

from django.db.models import Q, QuerySet

from config.inference_types import InferenceType, fits, fitting
from experiments.models import BaseFields, BaseKind, Experiment, Project
from organizations.models import User
from registry.models import Architecture, ModelVersion

Base = ModelVersion | Experiment


def model_versions_for(project: Project, *, user: User, inference_type: str = "") -> QuerySet[ModelVersion]:
    """The public versions and those of the project's organization, of a type that fits."""
    reachable = Q(model__organization=None) | Q(model__organization=project.organization_id)
    versions = ModelVersion.objects.visible_to(user).filter(reachable)
    return versions.filter(inference_type__in=fitting(inference_type)) if inference_type else versions


def experiments_for(project: Project, *, user: User, inference_type: str = "") -> QuerySet[Experiment]:
    """The experiments of the same project, of a type that fits, or of none, as scripts make them."""
    experiments = Experiment.objects.visible_to(user).filter(project=project)
    types = [*fitting(inference_type), InferenceType.NOT_CONFIGURED]
    return experiments.filter(inference_type__in=types) if inference_type else experiments


def architecture_of(base: Base | None) -> Architecture | None:
    """What is copied."""
    return base.architecture if base else None


def kind_of(base: Base | None) -> BaseKind:
    """Where an architecture comes from."""
    if base is None:
        return BaseKind.NONE
    if isinstance(base, Experiment):
        return BaseKind.EXPERIMENT
    return BaseKind.PUBLIC_MODEL if base.model.is_public else BaseKind.PRIVATE_MODEL


def record_base(row: BaseFields, base: Base | None) -> None:
    """Note on a draft or an experiment what it starts from, by reference and by name. Does not save."""
    row.base_kind = kind_of(base)
    row.base_name = str(base) if base else ""
    row.base_model_version = base if isinstance(base, ModelVersion) else None
    row.base_experiment = base if isinstance(base, Experiment) else None


def misfit(base: Base, inference_type: str) -> str:
    """Why the base can't be used with the type, as a sentence; empty when it can."""
    is_scripts = isinstance(base, Experiment) and base.inference_type == InferenceType.NOT_CONFIGURED
    if not inference_type or is_scripts or fits(base.inference_type, inference_type):
        return ""
    return f"{base} is for {base.get_inference_type_display().lower()}."
