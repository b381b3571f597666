from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F

from datasets.models import DatasetVersion
from experiments.models import Experiment, Project
from organizations.models import Organization, Role, User
from registry.models import Architecture, ModelVersion, RegisteredModel

pytestmark = pytest.mark.django_db

COUNTS = {"experiments": 30, "model_versions": 20, "dataset_versions": 10}


def seed(name: str, **options: object) -> list[str]:
    out = StringIO()
    call_command("seed_scale", name, stdout=out, **{**COUNTS, **options})
    return out.getvalue().splitlines()


def test_it_makes_as_many_as_were_asked_for() -> None:
    lines = seed("Large")
    assert lines == [
        "20 dataset versions, 10 of them attached to a project",
        "40 model versions, 20 of them of one model",
        "30 experiments in one project",
    ]
    organization = Organization.objects.get(name="Large")
    project = Project.objects.get(organization=organization)
    assert project.experiments.count() == 30
    assert project.attachments.count() == 10
    assert RegisteredModel.objects.filter(organization=organization).count() == 21
    assert ModelVersion.objects.filter(model__name="line").count() == 20
    assert DatasetVersion.objects.filter(dataset__name="line").count() == 10
    assert Architecture.objects.count() == 70


def test_the_same_counts_give_the_same_names() -> None:
    seed("One")
    seed("Other")
    one, other = (
        list(Experiment.objects.filter(project__organization__name=name).values_list("name", "status", "base_name"))
        for name in ("One", "Other")
    )
    assert one == other
    assert ("run 000000 amber alder", "WAITING", "line v1 “version 000000 amber alder”") in one


def test_every_row_is_as_the_product_would_have_it() -> None:
    seed("Large")
    for experiment in Experiment.objects.all():
        experiment.full_clean(validate_constraints=False)
    assert not DatasetVersion.objects.exclude(organization=F("dataset__organization")).exists()
    for version in ModelVersion.objects.all():
        version.full_clean(validate_constraints=False)
        for hyperparameter in version.architecture.hyperparameters.all():
            assert hyperparameter.rule.error(hyperparameter.value) == ""


def test_it_has_an_owner_when_one_is_named(bob: User) -> None:
    seed("Large", by="bob")
    organization = Organization.objects.get(name="Large")
    assert bob.role_in(organization) == Role.OWNER
    assert Experiment.objects.visible_to(bob).count() == 30


def test_it_leaves_an_organization_alone_that_holds_something(orchard: Organization) -> None:
    Project.objects.create(organization=orchard, name="ours")
    with pytest.raises(CommandError, match="Orchard is not empty"):
        seed("Orchard")
    assert not Experiment.objects.exists()


def test_it_refuses_what_makes_no_sense() -> None:
    with pytest.raises(CommandError, match="less than nothing"):
        seed("Large", experiments=-1)
    with pytest.raises(CommandError, match="no user “nobody”"):
        seed("Large", by="nobody")
    with pytest.raises(CommandError):
        seed("x" * 101)
    assert not Organization.objects.exists()


def test_nothing_at_all_is_a_size_too() -> None:
    seed("Empty", experiments=2, model_versions=0, dataset_versions=0)
    assert set(Experiment.objects.values_list("base_kind", "base_name")) == {("", "")}
