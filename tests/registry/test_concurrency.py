"""Two at once, on a database that really has two connections."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from organizations.models import Role
from registry.editing import add_file, set_labelmap
from registry.models import ModelVersion, RegisteredModel
from registry.services import create_model, create_model_version
from tests.factories import BlobFactory, MembershipFactory, ModelVersionFactory, RegisteredModelFactory

pytestmark = pytest.mark.django_db(transaction=True)
RUNS = 4


def at_once(act: Callable[[int], object], runs: int = RUNS) -> list[object]:
    """What each of the runs gave, or why it was refused; all of them began together."""
    start = Barrier(runs)

    def run(number: int) -> object:
        try:
            start.wait()
            return act(number)
        except ValidationError as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(runs) as pool:
        return list(pool.map(run, range(runs)))


@pytest.fixture
def member():
    return MembershipFactory(role=Role.ADMIN)


def test_versions_created_at_once_get_a_number_each(member):
    model = RegisteredModelFactory(organization=member.organization)
    source = ModelVersionFactory(model=model)

    def create(number: int) -> ModelVersion:
        mine = RegisteredModel.objects.get(pk=model.pk)
        return create_model_version(
            model=mine, inference_type="POINT", framework="ONNX", copy_from=source, by=member.user
        )

    versions = at_once(create)
    assert sorted(str(version) for version in versions) == [f"{model} v{number}" for number in (2, 3, 4, 5)]


def test_of_models_with_one_name_one_is_created(member):
    made = at_once(lambda number: create_model(name="fruit", organization=member.organization, by=member.user))
    assert sum(isinstance(model, RegisteredModel) for model in made) == 1
    refusals = [refusal for refusal in made if isinstance(refusal, ValidationError)]
    assert all("a model of this name already" in refusal.messages[0] for refusal in refusals)
    assert RegisteredModel.objects.count() == 1


def test_of_files_with_one_name_one_is_added(member):
    version = ModelVersionFactory(model__organization=member.organization)
    blob = BlobFactory()

    def add(number: int) -> object:
        mine = ModelVersion.objects.select_related("model__organization", "architecture").get(pk=version.pk)
        return add_file(version=mine, filename="weights.bin", name="weights", blob=blob, by=member.user)

    made = at_once(add)
    assert sum(isinstance(file, ValidationError) for file in made) == RUNS - 1
    assert version.architecture.files.count() == 1


def test_of_edits_on_one_revision_one_is_saved(member):
    version = ModelVersionFactory(model__organization=member.organization)

    def edit(number: int) -> None:
        mine = ModelVersion.objects.select_related("model__organization", "architecture").get(pk=version.pk)
        set_labelmap(version=mine, labelmap=[(number, "cat")], by=member.user, revision=0)

    made = at_once(edit)
    assert made.count(None) == 1
    version.architecture.refresh_from_db()
    assert version.architecture.revision == 1
    assert version.architecture.labelmap == [[made.index(None), "cat"]]
