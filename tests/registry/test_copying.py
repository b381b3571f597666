"""The one copy: from a model version, an experiment or nothing, by rows alone."""

from typing import Any

import pytest
from django.db import IntegrityError

from experiments.models import DraftHyperparameter
from registry.copying import copy_architecture, copy_hyperparameters, specification_of
from registry.hyperparameters import Kind
from registry.models import Architecture, ArchitectureFile, ConstraintSlot, DatasetConstraint, Hyperparameter
from storage.models import Blob
from tests.experiments.making import full_version, queries_of
from tests.factories import ArchitectureFactory, DatasetConstraintFactory, HyperparameterFactory

pytestmark = pytest.mark.django_db

TRAINING = ("docker_image", "docker_tag", "docker_flags", "docker_environment", "command", "labelmap")


@pytest.fixture
def source() -> Architecture:
    """With something of everything."""
    architecture = full_version(None).architecture
    architecture.labelmap = [[2, "pear"], [1, "apple"], [10, "plum"]]
    architecture.save()
    ConstraintSlot.objects.filter(alias="train").update(help="What it learns from.")
    return architecture


def rows(architecture: Architecture, model: Any) -> list[tuple[Any, ...]]:
    """The rows of an architecture without their keys."""
    names = [field.attname for field in model._meta.concrete_fields if field.name not in ("id", "architecture")]
    return list(model.objects.filter(architecture=architecture).values_list(*names))


def slots(architecture: Architecture) -> list[tuple[Any, ...]]:
    found = ConstraintSlot.objects.filter(constraint__architecture=architecture)
    found = found.order_by("constraint__position", "position")
    return list(found.values_list("constraint__name", "alias", "help", "position"))


def test_it_copies_everything(source: Architecture) -> None:
    copy = copy_architecture(source)
    copy.refresh_from_db()
    assert {name: getattr(copy, name) for name in TRAINING} == {name: getattr(source, name) for name in TRAINING}
    for model in (ArchitectureFile, Hyperparameter, DatasetConstraint):
        assert rows(copy, model) == rows(source, model) != []
    assert slots(copy) == slots(source)
    assert len(slots(copy)) == 5
    assert (copy.pk == source.pk, copy.revision) == (False, 0)


def test_every_column_is_copied_or_left_out_on_purpose() -> None:
    """A new column of an architecture is forgotten here only knowingly."""
    assert {field.name for field in Architecture._meta.concrete_fields} == {*TRAINING, "id", "revision"}
    specification = set(DraftHyperparameter.SPECIFICATION)
    columns = {field.name for field in Hyperparameter._meta.concrete_fields}
    assert columns == specification | {"id", "architecture", "value", "inherited_value"}
    assert {field.name for field in ArchitectureFile._meta.concrete_fields} == {
        "id",
        "architecture",
        "name",
        "filename",
        "blob",
    }
    assert {field.name for field in ConstraintSlot._meta.concrete_fields} == {
        "id",
        "constraint",
        "alias",
        "position",
        "help",
    }


def test_the_copy_is_independent(source: Architecture) -> None:
    copy = copy_architecture(source)
    files, values, aliases = rows(copy, ArchitectureFile), rows(copy, Hyperparameter), slots(copy)
    source.files.all().delete()
    source.hyperparameters.update(value="7")
    ConstraintSlot.objects.filter(constraint__architecture=source).update(help="changed")
    source.docker_environment["SEED"] = "2"
    source.save()
    assert (rows(copy, ArchitectureFile), rows(copy, Hyperparameter), slots(copy)) == (files, values, aliases)
    copy.refresh_from_db()
    assert copy.docker_environment == {"SEED": "1"}


def test_the_copy_of_a_copy_is_the_same(source: Architecture) -> None:
    twice = copy_architecture(copy_architecture(source))
    assert rows(twice, Hyperparameter) == rows(source, Hyperparameter)
    assert slots(twice) == slots(source)


def test_files_are_the_same_blobs(source: Architecture) -> None:
    blobs = Blob.objects.count()
    copy = copy_architecture(source)
    assert [file.blob for file in copy.files.all()] == [file.blob for file in source.files.all()]
    assert Blob.objects.count() == blobs


def test_some_files_are_taken_under_other_names(source: Architecture) -> None:
    first, second = source.files.all()
    copy = copy_architecture(source, files={second.pk: first.name})
    assert [(file.name, file.filename, file.blob) for file in copy.files.all()] == [
        (first.name, second.filename, second.blob)
    ]
    assert not copy_architecture(source, files={}).files.exists()


def test_nothing_gives_nothing() -> None:
    copy = copy_architecture(None)
    copy.refresh_from_db()
    assert not copy.is_trainable
    assert (copy.labelmap, copy.docker_flags, copy.docker_environment) == ([], [], {})
    assert not copy.files.exists()


def test_without_hyperparameters_they_are_its_own(source: Architecture) -> None:
    source.hyperparameters.update(inherited_value="1")
    assert all(row.is_added for row in copy_architecture(source).hyperparameters.all())


def test_hyperparameters_given_are_taken_instead(source: Architecture) -> None:
    given = [
        DraftHyperparameter(key="epochs", kind=Kind.INTEGER, value="50", inherited_value="20", position=1),
        DraftHyperparameter(key="own", kind=Kind.TEXT, value="", inherited_value=None, position=0),
    ]
    copy = copy_architecture(source, hyperparameters=given)
    found = [(row.key, row.value, row.inherited_value) for row in copy.hyperparameters.all()]
    assert found == [("own", "", None), ("epochs", "50", "20")]
    assert copy.files.count() == 2
    assert not copy_architecture(source, hyperparameters=[]).hyperparameters.exists()


@pytest.mark.django_db(transaction=True)
def test_all_or_nothing(source: Architecture) -> None:
    twice = [DraftHyperparameter(key="epochs", kind=Kind.TEXT, value="") for _ in range(2)]
    architectures = Architecture.objects.count()
    with pytest.raises(IntegrityError):
        copy_architecture(source, hyperparameters=twice)
    assert Architecture.objects.count() == architectures


def test_a_specification_is_without_values(source: Architecture) -> None:
    row = source.hyperparameters.get(key="epochs")
    assert specification_of(row) == {
        "key": "epochs",
        "kind": "INTEGER",
        "minimum": "1",
        "maximum": "500",
        "choices": [],
        "required": True,
        "help": "Passes.",
        "position": 0,
    }


def test_copying_into_one_that_exists() -> None:
    into = ArchitectureFactory()
    row = HyperparameterFactory(value="7", inherited_value="8")
    copy_hyperparameters([row], into=into, inherited=True)
    assert into.hyperparameters.get().inherited_value == "8"


def test_the_number_of_queries_does_not_depend_on_the_rows(source: Architecture) -> None:
    few = queries_of(lambda: copy_architecture(source))
    blob = Blob.objects.create(sha256="b" * 64, size=1)
    for number in range(20):
        HyperparameterFactory(architecture=source)
        ArchitectureFile.objects.create(architecture=source, name=f"f{number}", filename="f", blob=blob)
        DatasetConstraintFactory(architecture=source)
    assert queries_of(lambda: copy_architecture(source)) == few <= 15
