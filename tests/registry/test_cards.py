from typing import Any

import pytest

from registry.cards import cards, with_contents
from registry.models import ModelVersion, RegisteredModel
from tests.experiments.making import full_version, queries_of
from tests.factories import (
    DatasetConstraintFactory,
    HyperparameterFactory,
    ModelVersionFactory,
    RegisteredModelFactory,
)

pytestmark = pytest.mark.django_db


def test_a_card_tells_of_the_newest_version() -> None:
    model = RegisteredModelFactory()
    old = ModelVersionFactory(model=model, inference_type="MASK", framework="ONNX")
    DatasetConstraintFactory.create_batch(3, architecture=old.architecture)
    new = ModelVersionFactory(model=model, inference_type="SEGMENTATION", framework="PYTORCH")
    DatasetConstraintFactory(architecture=new.architecture)
    [card] = cards([model])
    assert (card.model, card.version_count, card.constraint_count) == (model, 2, 1)
    assert (card.framework, card.inference_type) == ("PyTorch", "Segmentation")


def test_a_model_without_versions_has_a_card_too() -> None:
    [card] = cards([RegisteredModelFactory()])
    assert (card.version_count, card.constraint_count, card.framework, card.inference_type) == (0, 0, "", "")


def test_no_framework_is_nothing() -> None:
    model = ModelVersionFactory(framework="NOT_CONFIGURED").model
    assert cards([model])[0].framework == ""


def test_cards_keep_the_order() -> None:
    models = [ModelVersionFactory().model for _ in range(3)]
    assert [card.model for card in cards(reversed(models))] == models[::-1]
    assert cards([]) == []


def test_the_number_of_queries_of_cards_is_constant() -> None:
    ModelVersionFactory()
    few = queries_of(lambda: cards(RegisteredModel.objects.all()))
    ModelVersionFactory.create_batch(10)
    assert queries_of(lambda: cards(RegisteredModel.objects.all())) == few <= 4


def test_contents_count_files_and_their_bytes() -> None:
    full, empty = full_version(None), ModelVersionFactory()
    found = {version.pk: version for version in with_contents(ModelVersion.objects.all())}
    size = sum(file.blob.size for file in full.architecture.files.all())
    counted: Any = found[full.pk]
    assert (counted.file_count, counted.file_bytes) == (2, size)
    counted = found[empty.pk]
    assert (counted.file_count, counted.file_bytes) == (0, 0)


def test_the_number_of_queries_of_contents_is_constant() -> None:
    def read() -> None:
        for version in with_contents(ModelVersion.objects.all()):
            architecture = version.architecture
            slots = [list(constraint.slots.all()) for constraint in architecture.constraints.all()]
            assert (str(version), list(architecture.hyperparameters.all()), slots) is not None

    full_version(None)
    few = queries_of(read)
    for number in range(6):
        HyperparameterFactory(architecture=full_version(None, f"m{number}").architecture)
    assert queries_of(read) == few <= 4
