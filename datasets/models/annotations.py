"""What people and imports drew on assets."""

from django.conf import settings
from django.db import models

from config.ids import new_id
from config.names import refuse_control_characters
from datasets.models.versions import Asset, Label
from organizations.models import User, of_own_organizations


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
        return self.filter(**of_own_organizations(user, "asset__dataset_version__organization"))

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
