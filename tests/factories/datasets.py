"""Images, datasets, their versions, labels and annotations."""

import factory
from factory.django import DjangoModelFactory

from config.inference_types import InferenceType
from datasets.models import (
    Annotation,
    Asset,
    Data,
    Dataset,
    DatasetVersion,
    DataSource,
    Label,
    Labelling,
    Shape,
    Tag,
)
from tests.factories.files import BlobFactory
from tests.factories.people import OrganizationFactory
from tests.factories.registry import png


class DataFactory(DjangoModelFactory[Data]):
    """A real image of 8 × 6 pixels."""

    class Meta:
        model = Data

    organization = factory.SubFactory(OrganizationFactory)
    blob = factory.SubFactory(BlobFactory, content=factory.Sequence(png))
    filename = factory.Sequence(lambda n: f"image{n}.png")
    content_type = "image/png"
    width = 8
    height = 6


class DataSourceFactory(DjangoModelFactory[DataSource]):
    class Meta:
        model = DataSource

    organization = factory.SubFactory(OrganizationFactory)
    name = factory.Sequence(lambda n: f"camera {n}")


class DatasetFactory(DjangoModelFactory[Dataset]):
    class Meta:
        model = Dataset

    organization = factory.SubFactory(OrganizationFactory)
    name = factory.Sequence(lambda n: f"dataset-{n}")


class DatasetVersionFactory(DjangoModelFactory[DatasetVersion]):
    """A version without assets; the counts are what they would be."""

    class Meta:
        model = DatasetVersion

    dataset = factory.SubFactory(DatasetFactory)
    organization = factory.SelfAttribute("dataset.organization")
    name = factory.Sequence(lambda n: f"version-{n}")
    inference_type = InferenceType.CLASSIFICATION


class TagFactory(DjangoModelFactory[Tag]):
    """A tag of data; with a dataset version of the same organization, one of assets."""

    class Meta:
        model = Tag

    organization = factory.SubFactory(OrganizationFactory)
    name = factory.Sequence(lambda n: f"tag {n}")


class LabelFactory(DjangoModelFactory[Label]):
    class Meta:
        model = Label

    dataset_version = factory.SubFactory(DatasetVersionFactory)
    name = factory.Sequence(lambda n: f"label {n}")
    position = factory.Sequence(lambda n: n)


class AssetFactory(DjangoModelFactory[Asset]):
    class Meta:
        model = Asset

    dataset_version = factory.SubFactory(DatasetVersionFactory)
    data = factory.SubFactory(DataFactory, organization=factory.SelfAttribute("..dataset_version.dataset.organization"))
    position = factory.Sequence(lambda n: n)


class LabellingFactory(DjangoModelFactory[Labelling]):
    class Meta:
        model = Labelling

    asset = factory.SubFactory(AssetFactory)


class AnnotationFactory(DjangoModelFactory[Annotation]):
    class Meta:
        model = Annotation

    asset = factory.SubFactory(AssetFactory)
    label = factory.SubFactory(LabelFactory, dataset_version=factory.SelfAttribute("..asset.dataset_version"))
    labelling = factory.SubFactory(LabellingFactory, asset=factory.SelfAttribute("..asset"))
    shape = Shape.CLASSIFICATION
