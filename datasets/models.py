"""Images, datasets and their versions, labels and annotations."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Coalesce

from config.ids import new_id
from config.inference_types import InferenceType
from config.names import DescriptionField, NameField, refuse_control_characters, tidy_name
from organizations.models import Organization, Role, User, of_own_organizations
from storage.models import Blob


def new_object_name() -> str:
    """What a client may call an image that came in without a name of its own."""
    return f"data/{new_id()}"


class DataSourceQuerySet(models.QuerySet["DataSource"]):
    def visible_to(self, user: User) -> "DataSourceQuerySet":
        """Sources of the user's organizations."""
        return self.filter(**of_own_organizations(user))


class DataSource(models.Model):
    """Where images of an organization come from, such as a camera or a site."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="data_sources")
    name = NameField()
    created_at = models.DateTimeField(auto_now_add=True)

    objects = DataSourceQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "name"],
                name="one_data_source_per_name",
                violation_error_message="The organization has a data source of this name already.",
            ),
            tidy_name("data_source_name_is_tidy"),
        ]

    def __str__(self) -> str:
        return self.name


class DataQuerySet(models.QuerySet["Data"]):
    def visible_to(self, user: User) -> "DataQuerySet":
        """Images of the user's organizations."""
        return self.filter(**of_own_organizations(user))


class Data(models.Model):
    """An image of an organization, verified and measured when it was registered."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="data")
    blob = models.ForeignKey(Blob, models.PROTECT, related_name="data")
    thumbnail = models.ForeignKey(Blob, models.PROTECT, related_name="thumbnail_of", null=True, blank=True)
    filename = models.CharField(max_length=255, validators=[refuse_control_characters])
    content_type = models.CharField(max_length=50)
    width = models.PositiveIntegerField(help_text="In pixels.")
    height = models.PositiveIntegerField(help_text="In pixels.")
    # What the SDK calls the image: given out before its bytes came, so that the two find each other.
    object_name = models.CharField(max_length=400, default=new_object_name, editable=False)
    source = models.ForeignKey(DataSource, models.SET_NULL, null=True, blank=True, related_name="data")
    metadata = models.JSONField(default=dict, blank=True, help_text="What the camera wrote, such as acquired_at.")
    custom_metadata = models.JSONField(default=dict, blank=True, help_text="Keys and values of the organization's own.")
    tags: "models.ManyToManyField[Tag, models.Model]" = models.ManyToManyField("Tag", related_name="data", blank=True)
    # Who may delete it, beside the organization's admins.
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = DataQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "data"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "object_name"], name="one_data_per_object_name"),
        ]
        indexes = [
            models.Index(fields=["organization", "blob"], name="data_by_content"),
            models.Index(fields=["organization", "-id"], name="data_newest_first"),
            models.Index(fields=["organization", "filename"], name="data_by_filename"),
        ]

    def __str__(self) -> str:
        return self.filename

    def is_deletable_by(self, user: User) -> bool:
        """Whether the user may delete it: an admin of its organization, or who added it, while still a member."""
        return user.can(Role.MEMBER if self.created_by_id == user.pk else Role.ADMIN, self.organization)


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

    def __str__(self) -> str:
        return f"{self.dataset.name}/{self.name}"


class TagQuerySet(models.QuerySet["Tag"]):
    def visible_to(self, user: User) -> "TagQuerySet":
        """Tags of the user's organizations."""
        return self.filter(**of_own_organizations(user))


class Tag(models.Model):
    """A word on images of an organization, or on assets of one dataset version."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="tags")
    # None for a tag on data.
    dataset_version = models.ForeignKey(
        DatasetVersion, models.CASCADE, null=True, blank=True, related_name="asset_tags"
    )
    name = NameField()
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TagQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "name"], condition=models.Q(dataset_version=None), name="one_data_tag_per_name"
            ),
            models.UniqueConstraint(fields=["dataset_version", "name"], name="one_asset_tag_per_name"),
            tidy_name("tag_name_is_tidy"),
        ]

    def __str__(self) -> str:
        return self.name


class LabelGroupQuerySet(models.QuerySet["LabelGroup"]):
    def visible_to(self, user: User) -> "LabelGroupQuerySet":
        """Groups of the versions of the user's organizations' datasets."""
        return self.filter(**of_own_organizations(user, "dataset_version__dataset__organization"))


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
        return self.filter(**of_own_organizations(user, "dataset_version__dataset__organization"))


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
        return self.filter(**of_own_organizations(user, "dataset_version__dataset__organization"))

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


class Shape(models.TextChoices):
    """How an annotation lies on its image."""

    CLASSIFICATION = "CLASSIFICATION", "Classification"
    RECTANGLE = "RECTANGLE", "Box"
    POLYGON = "POLYGON", "Polygon"
    POINT = "POINT", "Point"
    LINE = "LINE", "Line"
    KEYPOINT = "KEYPOINT", "Keypoints"
    MASK = "MASK", "Mask"


class LabellingStatus(models.TextChoices):
    """What became of a labelling in a review. The values are the SDK's (wire contract, section 1)."""

    PENDING = "PENDING", "Pending"
    SKIPPED = "SKIPPED", "Skipped"
    ACCEPTED = "ACCEPTED", "Accepted"
    REFUSED = "REFUSED", "Refused"


class LabellingQuerySet(models.QuerySet["Labelling"]):
    def visible_to(self, user: User) -> "LabellingQuerySet":
        """Labellings of the versions of the user's organizations' datasets."""
        return self.filter(**of_own_organizations(user, "asset__dataset_version__dataset__organization"))

    def last_of_each(self, status: str | None = None) -> "LabellingQuerySet":
        """The last one of each asset, or the last of this status: what an export holds, and what a training learns."""
        rightly = {"status": status} if status else {}
        later = Labelling.objects.filter(asset=models.OuterRef("asset"), pk__gt=models.OuterRef("pk"), **rightly)
        return self.filter(~models.Exists(later), **rightly)


class Labelling(models.Model):
    """What somebody, or an import, drew on an asset in one go: annotations that came together.

    The SDK calls this an annotation, and shapes what are annotations here, as in COCO.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    asset = models.ForeignKey(Asset, models.CASCADE, related_name="labellings")
    status = models.CharField(max_length=10, choices=LabellingStatus, default=LabellingStatus.PENDING)
    duration = models.FloatField(default=0, help_text="How long it took, in seconds.")
    attributes = models.JSONField(default=dict, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = LabellingQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=LabellingStatus.values), name="labelling_status_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"labelling of {self.asset_id}"


class Annotation(models.Model):
    """A label on an image, or on a part of it.

    `coordinates` are pixels from the image's upper left corner: nothing for a classification, [x, y, width, height] for
    a box, [[x, y], …] for a polygon, a line or a point, [[x, y, visibility], …] for keypoints, and for a mask
    [counts, [x, y, width, height], area], where counts is COCO's compressed run-length text.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # The labelling's. It stands here as well because nearly every question is about an asset.
    asset = models.ForeignKey(Asset, models.CASCADE, related_name="annotations")
    labelling = models.ForeignKey(Labelling, models.CASCADE, related_name="annotations")
    label = models.ForeignKey(Label, models.RESTRICT, related_name="annotations")
    shape = models.CharField(max_length=20, choices=Shape)
    coordinates = models.JSONField(default=list, blank=True)
    text = models.CharField(max_length=1_000, blank=True, validators=[refuse_control_characters])
    attributes = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(shape__in=Shape.values), name="annotation_shape_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.shape} {self.label_id}"

    @property
    def place_in_words(self) -> str:
        """Where on the image it is, in pixels."""
        if self.shape == Shape.CLASSIFICATION or not self.coordinates:
            return "the whole image"
        if self.shape == Shape.RECTANGLE:
            x, y, width, height = (f"{value:,.6g}" for value in self.coordinates)
            return f"box at {x}, {y} of {width} × {height}"
        if self.shape == Shape.POINT:
            x, y = (f"{value:,.6g}" for value in self.coordinates[0])
            return f"point at {x}, {y}"
        if self.shape == Shape.MASK:
            return f"mask of {self.coordinates[2]:,} pixels"
        return f"{self.get_shape_display().lower()} of {len(self.coordinates):,} points"
