"""Images, datasets and their versions, labels and annotations."""

from datasets.models.annotations import Annotation, Labelling, LabellingQuerySet, LabellingStatus, Shape
from datasets.models.images import Data, DataQuerySet, DataSource, DataSourceQuerySet, Tag, TagQuerySet, new_object_name
from datasets.models.versions import (
    Asset,
    AssetQuerySet,
    Dataset,
    DatasetQuerySet,
    DatasetVersion,
    DatasetVersionQuerySet,
    Label,
    LabelGroup,
    LabelGroupQuerySet,
    LabelQuerySet,
)

__all__ = [
    "Annotation",
    "Asset",
    "AssetQuerySet",
    "Data",
    "DataQuerySet",
    "DataSource",
    "DataSourceQuerySet",
    "Dataset",
    "DatasetQuerySet",
    "DatasetVersion",
    "DatasetVersionQuerySet",
    "Label",
    "LabelGroup",
    "LabelGroupQuerySet",
    "LabelQuerySet",
    "Labelling",
    "LabellingQuerySet",
    "LabellingStatus",
    "Shape",
    "Tag",
    "TagQuerySet",
    "new_object_name",
]
