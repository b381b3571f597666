"""Images of an organization, where they come from, and the words on them."""

from django.conf import settings
from django.db import models

from config.ids import new_id
from config.names import NameField, refuse_control_characters, tidy_name
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
        "DatasetVersion", models.CASCADE, null=True, blank=True, related_name="asset_tags"
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
    tags = models.ManyToManyField(Tag, related_name="data", blank=True)
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
