"""Projects, experiments, and the draft that becomes one."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse

from config.ids import new_id
from config.inference_types import InferenceType
from config.names import DescriptionField, NameField, tidy_name
from datasets.models import DatasetVersion
from organizations.models import Organization, Role, User, of_own_organizations
from registry.aliases import ALIAS_MAX, ALIAS_PATTERN, validate_alias
from registry.hyperparameters import Kind, Rule, Value
from registry.models import Architecture, DatasetConstraint, HyperparameterFields, ModelVersion


class ProjectQuerySet(models.QuerySet["Project"]):
    def visible_to(self, user: User) -> "ProjectQuerySet":
        """Projects of the user's organizations."""
        return self.filter(**of_own_organizations(user))


class Project(models.Model):
    """Experiments, and the dataset versions attached to it: only those can be used in its experiments."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="projects")
    name = NameField()
    description = DescriptionField()
    dataset_versions = models.ManyToManyField(DatasetVersion, through="AttachedDatasetVersion", related_name="projects")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "name"],
                name="one_project_per_name",
                violation_error_message="The organization has a project of this name already.",
            ),
            tidy_name("project_name_is_tidy"),
        ]
        indexes = [models.Index(fields=["organization", "-id"], name="projects_newest_first")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("experiments:project_detail", args=[self.pk])


class AttachedDatasetVersion(models.Model):
    """A dataset version that the project's experiments may use."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="attachments")
    dataset_version = models.ForeignKey(DatasetVersion, models.CASCADE, related_name="attachments")
    attached_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    attached_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["project", "dataset_version"], name="one_attachment_per_version"),
        ]

    def __str__(self) -> str:
        return f"{self.dataset_version_id} in {self.project_id}"


class BaseKind(models.TextChoices):
    """Where an experiment's architecture came from. Kept beside the reference, so that it outlives the base."""

    NONE = "", "No base"
    PUBLIC_MODEL = "PUBLIC_MODEL", "Public model"
    PRIVATE_MODEL = "PRIVATE_MODEL", "Private model"
    EXPERIMENT = "EXPERIMENT", "Experiment"


class Status(models.TextChoices):
    """WAITING, then RUNNING, then one of the four ends."""

    WAITING = "WAITING", "Waiting"
    RUNNING = "RUNNING", "Running"
    SUCCESS = "SUCCESS", "Success"
    FAILED = "FAILED", "Failed"
    CANCELED = "CANCELED", "Canceled"
    TERMINATED = "TERMINATED", "Terminated"


class BaseFields(models.Model):
    """The base architecture of an experiment or of its draft: a model version, an experiment, or nothing.

    When the base is deleted the reference goes and `base_kind` and `base_name` stay.
    """

    base_kind = models.CharField(max_length=20, choices=BaseKind, blank=True, default="")
    base_name = models.CharField(max_length=250, blank=True, default="", help_text="As it was called when attached.")
    base_model_version = models.ForeignKey(
        ModelVersion, models.SET_NULL, null=True, blank=True, related_name="%(class)ss_started"
    )
    base_experiment = models.ForeignKey(
        "experiments.Experiment", models.SET_NULL, null=True, blank=True, related_name="%(class)ss_started"
    )

    class Meta:
        abstract = True

    @property
    def base(self) -> "ModelVersion | Experiment | None":
        """What the architecture is copied from. An experiment made from an experiment records both; it comes first.

        None also when it came out of the project's reach: a public model that another organization took back is theirs.
        """
        base = self.base_experiment if self.base_kind == BaseKind.EXPERIMENT else self.base_model_version
        return base if base and self._reaches(base) else None

    @property
    def base_of_base(self) -> ModelVersion | None:
        """The model version that the base, an experiment, started from."""
        version = self.base_model_version if self.base_kind == BaseKind.EXPERIMENT else None
        return version if version and self._reaches(version) else None

    @property
    def base_is_deleted(self) -> bool:
        """Whether there was a base that is no more."""
        is_experiment = self.base_kind == BaseKind.EXPERIMENT
        pk = self.base_experiment_id if is_experiment else self.base_model_version_id
        return self.base_kind != BaseKind.NONE and pk is None

    def _reaches(self, base: "ModelVersion | Experiment") -> bool:
        """Whether the project may use it: a public model, or one of its own organization, or an experiment of its own.

        Both kinds of rows have a project.
        """
        project: Project = self.project  # type: ignore[attr-defined]
        if isinstance(base, Experiment):
            return base.project_id == project.pk
        return base.model.organization_id in (None, project.organization_id)


class ExperimentQuerySet(models.QuerySet["Experiment"]):
    def visible_to(self, user: User) -> "ExperimentQuerySet":
        """Experiments of the projects of the user's organizations; for a training's token, its own."""
        return self.filter(**of_own_experiments(user, ""))


def of_own_experiments(user: User, path: str = "experiment") -> dict[str, Any]:
    """The filter of rows that belong to an experiment: those of the experiments that the user may see.

    Args:
        user: whose; a training acts with a token that is for one experiment.
        path: from the row to its experiment; empty for experiments themselves.
    """
    prefix = f"{path}__" if path else ""
    limits = of_own_organizations(user, f"{prefix}project__organization")
    if user.token and user.token.experiment_id:
        limits[f"{prefix}pk"] = user.token.experiment_id
    return limits


class Experiment(BaseFields):
    """One training, planned or done. It takes the id of the draft it was made from: no draft can make two."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="experiments")
    name = NameField()
    description = DescriptionField()
    inference_type = models.CharField(max_length=20, choices=InferenceType, default=InferenceType.NOT_CONFIGURED)
    status = models.CharField(max_length=20, choices=Status, default=Status.WAITING)
    architecture = models.OneToOneField(Architecture, models.PROTECT, related_name="experiment")
    dataset_constraint = models.ForeignKey(
        DatasetConstraint, models.SET_NULL, null=True, blank=True, related_name="experiments"
    )
    # What the base had and this experiment has not: whole specifications, so that they can be restored.
    removed_hyperparameters = models.JSONField(default=list, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ExperimentQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "name"],
                name="one_experiment_per_name",
                violation_error_message="The project has an experiment of this name already.",
            ),
            tidy_name("experiment_name_is_tidy"),
            models.CheckConstraint(condition=models.Q(status__in=Status.values), name="experiment_status_is_known"),
            models.CheckConstraint(
                condition=models.Q(inference_type__in=InferenceType.values), name="experiment_type_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(base_kind__in=BaseKind.values), name="experiment_base_kind_is_known"
            ),
        ]
        indexes = [
            models.Index(fields=["project", "-created_at", "-id", "name"], name="experiments_newest_first"),
            models.Index(fields=["project", "status", "-created_at", "-id"], name="experiments_of_a_status"),
            models.Index(fields=["project", "inference_type", "-created_at", "-id"], name="experiments_of_a_type"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Its overview."""
        return reverse("experiments:experiment_detail", args=[self.pk])

    @property
    def is_editable(self) -> bool:
        """Only a training that has not started can be changed."""
        return self.status == Status.WAITING

    def role_to_delete(self, user: User) -> Role:
        """What the user has to be: who made it still a member, anybody else an admin."""
        return Role.MEMBER if self.created_by_id == user.pk else Role.ADMIN


class ExperimentDatasetVersion(models.Model):
    """A dataset version that an experiment's training gets, under an alias."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    experiment = models.ForeignKey(Experiment, models.CASCADE, related_name="dataset_versions")
    dataset_version = models.ForeignKey(DatasetVersion, models.PROTECT, related_name="experiments")
    alias = models.CharField(max_length=ALIAS_MAX, validators=[validate_alias])
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "alias"]
        constraints = [
            models.UniqueConstraint(
                Lower("alias"),
                "experiment",
                name="one_dataset_version_per_alias",
                violation_error_message="The alias is used twice in this experiment (case is ignored).",
            ),
            models.CheckConstraint(condition=models.Q(alias__regex=ALIAS_PATTERN), name="experiment_alias_is_valid"),
        ]

    def __str__(self) -> str:
        return self.alias


class PublicationQuerySet(models.QuerySet["Publication"]):
    def visible_to(self, user: User) -> "PublicationQuerySet":
        """What the user's organizations published. Nobody else learns where a public model came from."""
        return self.filter(**of_own_organizations(user))


class Publication(models.Model):
    """That a model version came of an experiment, and what that was then. The SDK calls it a model context."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="publications")
    model_version = models.OneToOneField(ModelVersion, models.CASCADE, related_name="publication")
    experiment = models.ForeignKey(Experiment, models.SET_NULL, null=True, blank=True, related_name="publications")
    experiment_name = models.CharField(max_length=100, help_text="As it was called when it was published.")
    revision = models.PositiveIntegerField(help_text="The architecture's when it was published.")
    # Triples of key, kind and canonical text: as JSON numbers, floats would lose their type in PostgreSQL.
    hyperparameters = models.JSONField(default=list, blank=True)
    # Of each alias the dataset version's id and name, and how many of its objects had which label.
    datasets = models.JSONField(default=list, blank=True)
    # Pairs of an artifact's name and the file's in the version; null when all were taken as they were called.
    files = models.JSONField(null=True, blank=True)
    # Of the form that was sent: however often it is, the database takes it once. Scripts send none.
    key = models.UUIDField(null=True, blank=True, unique=True, editable=False)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    published_at = models.DateTimeField(auto_now_add=True)

    objects = PublicationQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.experiment_name} as {self.model_version_id}"

    @property
    def parameters(self) -> dict[str, Value]:
        """What the training was given: each key with its typed value."""
        return {key: Rule(kind=kind).read(text) for key, kind, text in self.hyperparameters}


class ExperimentDraftQuerySet(models.QuerySet["ExperimentDraft"]):
    def visible_to(self, user: User) -> "ExperimentDraftQuerySet":
        """The user's own drafts, in projects that they still may see."""
        return self.filter(owner=user, **of_own_organizations(user, "project__organization"))

    def touched(self) -> "ExperimentDraftQuerySet":
        """Those in which something was entered: the ones worth continuing."""
        return self.filter(edits=None).exclude(revision=0)


class ExperimentDraft(BaseFields):
    """An experiment being written. Keeps whatever was entered, right or wrong; `drafts.review` says what is missing.

    With `edits` set it is not a new experiment but the changes to one that still waits.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="drafts")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="drafts")
    edits = models.ForeignKey(Experiment, models.CASCADE, null=True, blank=True, related_name="edit_drafts")
    name = models.TextField(blank=True, default="")
    description = models.TextField(blank=True, default="")
    inference_type = models.CharField(max_length=20, choices=InferenceType, blank=True, default="")
    # The base's revision when it was attached: another one now means that its owner changed it meanwhile.
    base_revision = models.PositiveIntegerField(default=0)
    dataset_constraint = models.ForeignKey(
        DatasetConstraint, models.SET_NULL, null=True, blank=True, related_name="drafts"
    )
    # A hyperparameter that is being written and was not added yet.
    new_key = models.TextField(blank=True, default="")
    new_kind = models.CharField(max_length=10, choices=Kind, default=Kind.INTEGER)
    new_value = models.TextField(blank=True, default="")
    revision = models.PositiveIntegerField(default=0, editable=False, help_text="Counts the changes; 0 is untouched.")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ExperimentDraftQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(base_model_version=None) | models.Q(base_experiment=None),
                name="draft_has_one_base_at_a_time",
            ),
            models.UniqueConstraint(fields=["edits", "owner"], name="one_edit_per_user_and_experiment"),
        ]
        indexes = [models.Index(fields=["project", "owner", "-updated_at"], name="drafts_to_continue")]

    def __str__(self) -> str:
        return self.name or "Experiment without a name"


class DraftHyperparameter(HyperparameterFields):
    """A hyperparameter of a draft. `value` is what was typed, which need not be a value yet."""

    draft = models.ForeignKey(ExperimentDraft, models.CASCADE, related_name="hyperparameters")
    is_removed = models.BooleanField(default=False)

    class Meta(HyperparameterFields.Meta):
        constraints = [models.UniqueConstraint(fields=["draft", "key"], name="one_draft_hyperparameter_per_key")]

    @property
    def error(self) -> str:
        """Why the value is refused, or an empty text."""
        return "" if self.is_removed else self.rule.error(self.value)


class DraftDatasetVersion(models.Model):
    """A dataset version chosen in a draft. When it is deleted its name stays, to say what is gone."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    draft = models.ForeignKey(ExperimentDraft, models.CASCADE, related_name="dataset_versions")
    dataset_version = models.ForeignKey(DatasetVersion, models.SET_NULL, null=True, related_name="drafts")
    dataset_version_name = models.CharField(max_length=201)
    alias = models.CharField(max_length=ALIAS_MAX, validators=[validate_alias])
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "alias"]
        constraints = [
            models.UniqueConstraint(Lower("alias"), "draft", name="one_draft_dataset_version_per_alias"),
            models.CheckConstraint(condition=models.Q(alias__regex=ALIAS_PATTERN), name="draft_alias_is_valid"),
        ]

    def __str__(self) -> str:
        return self.alias
