"""Experiments as scripts make them: a name, parameters, and perhaps a base, which can be given later as well.

What is copied when, and over what, is what the SDK's documentation promises (wire contract, section 7.7). Unlike a
draft's, an experiment's base can be changed here, in any status: a script tries an experiment again after it has ended.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from experiments.bases import Base, record_base
from experiments.models import BaseKind, Experiment, Project
from experiments.parameters import lock, lock_architectures, parameters_of, write_parameters
from organizations.models import Role, User
from registry.copying import (
    copy_architecture,
    copy_constraints,
    copy_files,
    copy_hyperparameters,
    copy_training,
    specification_of,
)
from registry.models import Architecture, Hyperparameter, ModelVersion
from registry.scripts import check_parameters

# What the server itself set: no need to ask the database whether it exists.
UNCHECKED = [
    "project", "architecture", "created_by", "base_model_version", "base_experiment", "dataset_constraint",
]  # fmt: skip
NAME_TAKEN = "The project has an experiment of this name already: choose another."


@transaction.atomic
def create_scripted_experiment(
    *,
    project: Project,
    name: str,
    description: str = "",
    parameters: Mapping[str, Any] | None = None,
    base_experiment: Experiment | None = None,
    base_model_version: ModelVersion | None = None,
    by: User,
) -> Experiment:
    """An experiment without an inference type, so that nothing is refused by type.

    Args:
        project: where it will be.
        name: unique in the project.
        description: at most 1,000 characters.
        parameters: of each key an int, float, bool or str; without any, the base's hyperparameters are copied.
        base_experiment: of the same project: its architecture is copied.
        base_model_version: public or of the same organization: its architecture is copied, as far as the base
            experiment did not bring something already.
        by: at least a member.

    Raises:
        PermissionDenied: when `by` may not write.
        ValidationError: by field or key; when a base is out of reach.
        ObjectDoesNotExist: when a base was deleted meanwhile.
    """
    by.must_be(Role.MEMBER, project.organization)
    check_parameters(parameters or {})
    bases: list[Base] = [base for base in (base_experiment, base_model_version) if base]
    for one in bases:
        _refuse_out_of_reach(one, project)
    lock_architectures(*bases)
    base = bases[0] if bases else None
    experiment = Experiment(project=project, name=name.strip(), description=description, created_by=by)
    experiment.architecture = _copy_of(base)
    record_base(experiment, base)
    if base_experiment:
        experiment.base_model_version = base_model_version or base_experiment.base_model_version
    save_named(experiment)
    if base_experiment and base_model_version:
        _fill(experiment, base_model_version.architecture)
    if parameters:
        write_parameters(experiment, parameters)
    if experiment.removed_hyperparameters:
        experiment.save(update_fields=["removed_hyperparameters"])
    return experiment


@transaction.atomic
def set_base_model_version(
    experiment: Experiment,
    *,
    version: ModelVersion,
    attach_parameters: bool | None = None,
    attach_files: bool | None = None,
    by: User,
) -> None:
    """Let the experiment start from the version: its image and constraints, and its labelmap where there is none yet.

    Args:
        experiment: which one.
        version: public or of the same organization.
        attach_parameters: take the version's hyperparameters instead of the experiment's: True always, False never,
            None only where the experiment has none.
        attach_files: copy the version's files: True all of them, in place of artifacts of the same names, False none,
            None only where the experiment has no artifacts.
        by: at least a member.

    Raises:
        PermissionDenied: when `by` may not write.
        ValidationError: when the version is out of reach.
        ObjectDoesNotExist: when one of them was deleted meanwhile.
    """
    by.must_be(Role.MEMBER, experiment.project.organization)
    _refuse_out_of_reach(version, experiment.project)
    lock(experiment, base=version)
    source, own = version.architecture, experiment.architecture
    copy_training(source, into=own)
    own.labelmap = own.labelmap or source.labelmap
    _replace_constraints(experiment, source)
    values = parameters_of(experiment)
    takes_parameters = not values if attach_parameters is None else attach_parameters
    if experiment.base_kind == BaseKind.EXPERIMENT and experiment.base_experiment:
        # What differs is told against the base experiment, which comes first.
        experiment.base_model_version = version
        if takes_parameters:
            _inherit(experiment, source)
    else:
        record_base(experiment, version)
        _see_against(experiment, source, keeping=None if takes_parameters else values)
    if attach_files or (attach_files is None and not own.files.exists()):
        own.files.filter(name__in=source.files.values("name")).delete()
        copy_files(source, into=own)
    _finish(experiment)


@transaction.atomic
def set_base_experiment(experiment: Experiment, *, base: Experiment, by: User) -> None:
    """Let the experiment start from another one: what it lacks is copied, and nothing of its own is replaced.

    Args:
        experiment: which one.
        base: another one of the same project.
        by: at least a member.

    Raises:
        PermissionDenied: when `by` may not write.
        ValidationError: when the base is itself, or of another project.
        ObjectDoesNotExist: when one of them was deleted meanwhile.
    """
    by.must_be(Role.MEMBER, experiment.project.organization)
    if base.pk == experiment.pk:
        raise ValidationError("An experiment can't be its own base.")
    _refuse_out_of_reach(base, experiment.project)
    lock(experiment, base=base)
    model_version, values = experiment.base_model_version, parameters_of(experiment)
    record_base(experiment, base)
    experiment.base_model_version = model_version or base.base_model_version
    _see_against(experiment, base.architecture, keeping=values or None)
    _fill(experiment, base.architecture)
    _finish(experiment)


def save_named(experiment: Experiment) -> None:
    """Save what was given to the experiment, unless its name is taken.

    Raises:
        ValidationError: by field.
    """
    experiment.full_clean(exclude=UNCHECKED, validate_unique=False, validate_constraints=False)
    rivals = Experiment.objects.filter(project=experiment.project_id, name=experiment.name)
    taken = ValidationError({"name": ValidationError(NAME_TAKEN, code="taken")})
    if rivals.exclude(pk=experiment.pk).exists():
        raise taken
    try:
        with transaction.atomic():
            experiment.save()
    except IntegrityError as error:
        raise taken from error


def _refuse_out_of_reach(base: Base, project: Project) -> None:
    if isinstance(base, Experiment):
        if base.project_id != project.pk:
            raise ValidationError(f"{base} is in another project: only an experiment of the same one can be a base.")
    elif base.model.organization_id not in (None, project.organization_id):
        raise ValidationError(f"{base} is another organization's.")


def _copy_of(base: Base | None) -> Architecture:
    if base is None:
        return copy_architecture(None)
    return copy_architecture(base.architecture, hyperparameters=_inherited(base.architecture))


def _inherited(source: Architecture) -> list[Hyperparameter]:
    """The source's hyperparameters as something that differs from it in nothing has them."""
    return [
        Hyperparameter(value=row.value, inherited_value=row.value, **specification_of(row))
        for row in source.hyperparameters.all()
    ]


def _inherit(experiment: Experiment, source: Architecture) -> None:
    experiment.architecture.hyperparameters.all().delete()
    experiment.removed_hyperparameters = []
    copy_hyperparameters(_inherited(source), into=experiment.architecture, inherited=True)


def _see_against(experiment: Experiment, source: Architecture, *, keeping: Mapping[str, Any] | None) -> None:
    """The source's hyperparameters, or these values with the source's rules, told apart from what the source has."""
    _inherit(experiment, source)
    if keeping is not None:
        write_parameters(experiment, keeping)


def _fill(experiment: Experiment, source: Architecture) -> None:
    """Take from the source what the experiment has not at all."""
    own = experiment.architecture
    if not own.is_trainable:
        copy_training(source, into=own)
    own.labelmap = own.labelmap or source.labelmap
    own.save()
    if not own.files.exists():
        copy_files(source, into=own)
    if not own.constraints.exists():
        copy_constraints(source, into=own)
    if not own.hyperparameters.exists() and not experiment.removed_hyperparameters:
        _inherit(experiment, source)


def _replace_constraints(experiment: Experiment, source: Architecture) -> None:
    """One of the same name stays the one that was picked."""
    picked: Iterable[str] = [experiment.dataset_constraint.name] if experiment.dataset_constraint else []
    experiment.architecture.constraints.all().delete()
    copy_constraints(source, into=experiment.architecture)
    experiment.dataset_constraint = experiment.architecture.constraints.filter(name__in=picked).first()


def _finish(experiment: Experiment) -> None:
    experiment.architecture.save()
    experiment.architecture.bump()
    experiment.save()
