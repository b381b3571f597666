"""Datasets, their versions, and what a version holds: assets, labels and their groups."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Coalesce

from config.ids import new_id
from config.inference_types import InferenceType
from config.names import DescriptionField, NameField, tidy_name
from datasets.models.images import Data, Tag
from organizations.models import Organization, User, of_own_organizations


class DatasetQuerySet(models.QuerySet["Dataset"]):
    def visible_to(self, user: User) -> "DatasetQuerySet":
        """Datasets of the user's organizations."""
        return self.filter(**of_own_organizations(user))

    def with_totals(self) -> "DatasetQuerySet":
        """Each with `version_count`, and `image_count` over all of its versions."""
        versions = DatasetVersion.objects.filter(dataset=models.OuterRef("pk")).order_by().values("dataset")
        count, images = models.Count("pk"), models.Sum("asset_count")
        return self.annotate(
            version_count=Coalesce(models.Subquery(versions.annotate(total=count).values("total")), 0),
            image_count=Coalesce(models.Subquery(versions.annotate(total=images).values("total")), 0),
        )


class Dataset(models.Model):
    """A named line of dataset versions."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="datasets")
    name = NameField()
    description = DescriptionField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = DatasetQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "name"],
                name="one_dataset_per_name",
                violation_error_message="The organization has a dataset of this name already.",
            ),
            tidy_name("dataset_name_is_tidy"),
        ]
        indexes = [models.Index(fields=["organization", "-id"], name="datasets_newest_first")]

    def __str__(self) -> str:
        return self.name


class DatasetVersionQuerySet(models.QuerySet["DatasetVersion"]):
    def visible_to(self, user: User) -> "DatasetVersionQuerySet":
        """Versions of the user's organizations' datasets."""
        # By way of the dataset: asked of the version itself, PostgreSQL looks for a project's among all of them.
        return self.filter(**of_own_organizations(user, "dataset__organization"))

    def with_label_count(self) -> "DatasetVersionQuerySet":
        """Each with `label_count`."""
        labels = Label.objects.filter(dataset_version=models.OuterRef("pk")).order_by().values("dataset_version")
        count = labels.annotate(total=models.Count("pk")).values("total")
        return self.annotate(label_count=Coalesce(models.Subquery(count), 0))


class DatasetVersion(models.Model):
    """A set of assets with labels and annotations, for one inference type."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="versions")
    # The dataset's, which never moves to another. It stands here as well, so that the newest versions of an
    # organization are read from an index. No constraint of Django's reaches into another table: a test looks instead.
    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="dataset_versions", editable=False, db_index=False
    )
    name = NameField()
    description = DescriptionField()
    inference_type = models.CharField(max_length=20, choices=InferenceType, default=InferenceType.NOT_CONFIGURED)
    # Counted whenever they change, by `counts`: lists of ten thousand versions show them.
    asset_count = models.PositiveIntegerField(default=0, editable=False)
    object_count = models.PositiveIntegerField(default=0, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = DatasetVersionQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["dataset", "name"],
                name="one_dataset_version_per_name",
                violation_error_message="The dataset has a version of this name already.",
            ),
            tidy_name("dataset_version_name_is_tidy"),
            models.CheckConstraint(
                condition=models.Q(inference_type__in=InferenceType.values), name="dataset_version_type_is_known"
            ),
        ]
        indexes = [models.Index(fields=["organization", "-id"], name="dataset_versions_newest_first")]

    def __str__(self) -> str:
        return f"{self.dataset.name}/{self.name}"


class LabelGroupQuerySet(models.QuerySet["LabelGroup"]):
    def visible_to(self, user: User) -> "LabelGroupQuerySet":
        """Groups of the versions of the user's organizations' datasets."""
        return self.filter(**of_own_organizations(user, "dataset_version__organization"))


class LabelGroup(models.Model):
    """A heading over labels of a dataset version, as COCO's supercategories are."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    dataset_version = models.ForeignKey(DatasetVersion, models.CASCADE, related_name="label_groups")
    parent = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="children")
    name = NameField()

    objects = LabelGroupQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["dataset_version", "parent", "name"], name="one_label_group_per_name"),
            models.UniqueConstraint(
                fields=["dataset_version", "name"], condition=models.Q(parent=None), name="one_top_label_group_per_name"
            ),
            tidy_name("label_group_name_is_tidy"),
        ]

    def __str__(self) -> str:
        return self.name


class LabelQuerySet(models.QuerySet["Label"]):
    def visible_to(self, user: User) -> "LabelQuerySet":
        """Labels of the versions of the user's organizations' datasets."""
        return self.filter(**of_own_organizations(user, "dataset_version__organization"))


class Label(models.Model):
    """A class that annotations of a dataset version name."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    dataset_version = models.ForeignKey(DatasetVersion, models.CASCADE, related_name="labels")
    name = NameField()
    position = models.PositiveIntegerField(default=0)
    group = models.ForeignKey(LabelGroup, models.SET_NULL, null=True, blank=True, related_name="labels")
    # Of keypoints: {"vertices": [names], "edges": [[from, to], …]}.
    skeleton = models.JSONField(null=True, blank=True)
    object_count = models.PositiveIntegerField(default=0, editable=False)

    objects = LabelQuerySet.as_manager()

    class Meta:
        ordering = ["position", "name"]
        constraints = [
            models.UniqueConstraint(fields=["dataset_version", "name"], name="one_label_per_name"),
            tidy_name("label_name_is_tidy"),
        ]

    def __str__(self) -> str:
        return self.name


class AssetQuerySet(models.QuerySet["Asset"]):
    def visible_to(self, user: User) -> "AssetQuerySet":
        """Assets of the versions of the user's organizations' datasets."""
        return self.filter(**of_own_organizations(user, "dataset_version__organization"))

    def labelled(self, label: Label) -> "AssetQuerySet":
        """Those on which something has the label."""
        return self.filter(models.Exists(label.annotations.filter(asset=models.OuterRef("pk"))))


class Asset(models.Model):
    """An image in a dataset version."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    dataset_version = models.ForeignKey(DatasetVersion, models.CASCADE, related_name="assets")
    data = models.ForeignKey(Data, models.RESTRICT, related_name="assets")
    position = models.PositiveIntegerField()
    tags = models.ManyToManyField(Tag, related_name="assets", blank=True)

    objects = AssetQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["dataset_version", "position"], name="one_asset_per_position"),
            models.UniqueConstraint(fields=["dataset_version", "data"], name="one_asset_per_data"),
        ]
        # The SDK pages by id, a thousand of a million at a time.
        indexes = [models.Index(fields=["dataset_version", "id"], name="assets_by_id")]

    def __str__(self) -> str:
        return f"asset {self.position}"
