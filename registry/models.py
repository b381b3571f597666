"""Models, their versions, and the Architecture they carry: what a training starts from.

A ModelVersion has one Architecture and an Experiment has one, in the same tables; `registry.services.copy_architecture`
takes it from either to either.
"""

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower

from config.ids import new_id
from config.inference_types import InferenceType
from config.names import DescriptionField, NameField, refuse_control_characters, tidy_name
from organizations.models import Organization, Role, User, of_own_organizations
from registry.aliases import ALIAS_MAX, ALIAS_PATTERN, validate_alias
from registry.hyperparameters import KEY_MAX, Kind, Rule, Value, validate_key
from storage.models import Blob


class Framework(models.TextChoices):
    """The values are the SDK's (wire contract, section 1)."""

    TENSORFLOW = "TENSORFLOW", "TensorFlow"
    PYTORCH = "PYTORCH", "PyTorch"
    ONNX = "ONNX", "ONNX"
    NOT_CONFIGURED = "NOT_CONFIGURED", "No framework"


class Architecture(models.Model):
    """What a training starts from: files, hyperparameters, labelmap, image and command, dataset constraints."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    docker_image = models.CharField(max_length=300, blank=True, validators=[refuse_control_characters])
    docker_tag = models.CharField(max_length=128, blank=True, validators=[refuse_control_characters])
    docker_flags = models.JSONField(default=list, blank=True, help_text="A list of texts, such as --shm-size=1g.")
    docker_environment = models.JSONField(default=dict, blank=True, help_text="Variable names and their texts.")
    command = models.CharField(max_length=1_000, blank=True, validators=[refuse_control_characters])
    # Pairs of index and name, in order: a JSON object would lose its order in PostgreSQL.
    labelmap = models.JSONField(
        default=list, blank=True, help_text='Pairs of index and name: [[0, "cat"], [1, "dog"]].'
    )
    # Counts every change of the architecture, so that a draft sees that its base is not what it was.
    revision = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.image or self.command or "without image or command"

    @property
    def image(self) -> str:
        """`name:tag` of the training Docker image, or an empty text."""
        return f"{self.docker_image}:{self.docker_tag}" if self.docker_tag else self.docker_image

    @property
    def is_trainable(self) -> bool:
        """Whether something can be run: an image or a command."""
        return bool(self.docker_image or self.command)

    def bump(self) -> None:
        """Count a change, whoever else counts one now."""
        Architecture.objects.filter(pk=self.pk).update(revision=models.F("revision") + 1)
        self.refresh_from_db(fields=["revision"])


class ArchitectureFile(models.Model):
    """A model file on a model version's side, an artifact on an experiment's: a name for a blob."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    architecture = models.ForeignKey(Architecture, models.CASCADE, related_name="files")
    name = NameField(help_text="What the training script asks for, such as pretrained-weights.")
    filename = models.CharField(max_length=255, validators=[refuse_control_characters])
    blob = models.ForeignKey(Blob, models.PROTECT, related_name="architecture_files")

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["architecture", "name"],
                name="one_file_per_name",
                violation_error_message="There is a file of this name already.",
            ),
            tidy_name("architecture_file_name_is_tidy"),
        ]

    def __str__(self) -> str:
        return self.name


class HyperparameterFields(models.Model):
    """A training parameter: its typed value, the rule the value obeys, and the value it was inherited with."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    key = models.CharField(max_length=KEY_MAX, validators=[validate_key])
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.TEXT)
    value = models.TextField(blank=True, help_text="Canonical text of the value.")
    inherited_value = models.TextField(null=True, blank=True, help_text="The base's value; none when it was added.")
    minimum = models.CharField(max_length=40, null=True, blank=True)
    maximum = models.CharField(max_length=40, null=True, blank=True)
    choices = models.JSONField(default=list, blank=True, help_text="The texts to choose from, for a choice.")
    required = models.BooleanField(default=False, help_text="The training script fails without it: can't be removed.")
    help = models.CharField(max_length=200, blank=True, validators=[refuse_control_characters])
    position = models.PositiveIntegerField(default=0)

    # What a copy takes over besides the value.
    SPECIFICATION = ("key", "kind", "minimum", "maximum", "choices", "required", "help", "position")

    class Meta:
        abstract = True
        ordering = ["position", "key"]

    def __str__(self) -> str:
        return f"{self.key} = {self.value}"

    @property
    def rule(self) -> Rule:
        """What the value must be."""
        return Rule(kind=self.kind, minimum=self.minimum, maximum=self.maximum, choices=self.choices)

    @property
    def typed_value(self) -> Value:
        """The value as the training script gets it: an int, float, bool or str."""
        return Rule(kind=self.kind, choices=self.choices).read(self.value)

    @property
    def is_added(self) -> bool:
        """Whether the base did not have the key."""
        return self.inherited_value is None

    @property
    def is_changed(self) -> bool:
        """Whether the value differs from the base's."""
        return self.inherited_value is not None and self.value != self.inherited_value


class Hyperparameter(HyperparameterFields):
    """A hyperparameter of an architecture; its value always obeys its rule."""

    architecture = models.ForeignKey(Architecture, models.CASCADE, related_name="hyperparameters")

    class Meta(HyperparameterFields.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["architecture", "key"],
                name="one_hyperparameter_per_key",
                violation_error_message="There is a hyperparameter of this key already.",
            ),
            tidy_name("hyperparameter_key_is_tidy", field="key"),
            models.CheckConstraint(condition=models.Q(kind__in=Kind.values), name="hyperparameter_kind_is_known"),
        ]


class DatasetConstraint(models.Model):
    """One set of aliases that the training script accepts; the user picks one of the architecture's."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    architecture = models.ForeignKey(Architecture, models.CASCADE, related_name="constraints")
    name = NameField()
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["architecture", "name"],
                name="one_constraint_per_name",
                violation_error_message="There is a constraint of this name already.",
            ),
            tidy_name("dataset_constraint_name_is_tidy"),
        ]

    def __str__(self) -> str:
        return self.name


class ConstraintSlot(models.Model):
    """A placeholder of a constraint: one dataset version goes in, under this alias."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    constraint = models.ForeignKey(DatasetConstraint, models.CASCADE, related_name="slots")
    alias = models.CharField(max_length=ALIAS_MAX, validators=[validate_alias])
    position = models.PositiveIntegerField(default=0)
    help = models.CharField(max_length=200, blank=True, validators=[refuse_control_characters])

    class Meta:
        ordering = ["position", "alias"]
        constraints = [
            models.UniqueConstraint(
                Lower("alias"),
                "constraint",
                name="one_slot_per_alias",
                violation_error_message="The alias stands twice in this constraint (case is ignored).",
            ),
            models.CheckConstraint(condition=models.Q(alias__regex=ALIAS_PATTERN), name="slot_alias_is_valid"),
        ]

    def __str__(self) -> str:
        return self.alias


class RegisteredModelQuerySet(models.QuerySet["RegisteredModel"]):
    def public(self) -> "RegisteredModelQuerySet":
        """The Public Registry: curated models that every organization reads and none edits."""
        return self.filter(organization=None)

    def private(self, organization: Organization) -> "RegisteredModelQuerySet":
        """An organization's Private Registry."""
        return self.filter(organization=organization)

    def visible_to(self, user: User) -> "RegisteredModelQuerySet":
        """The Public Registry and the private ones of the user's organizations."""
        return self.filter(models.Q(organization=None) | models.Q(**of_own_organizations(user)))


class RegisteredModel(models.Model):
    """A named line of model versions, private to an organization or public."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(
        Organization, models.CASCADE, null=True, blank=True, related_name="registered_models"
    )
    name = NameField()
    description = DescriptionField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = RegisteredModelQuerySet.as_manager()

    class Meta:
        verbose_name = "model"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "name"],
                name="one_model_per_name",
                violation_error_message="The organization has a model of this name already.",
            ),
            models.UniqueConstraint(
                fields=["name"],
                condition=models.Q(organization=None),
                name="one_public_model_per_name",
                violation_error_message="The Public Registry has a model of this name already.",
            ),
            tidy_name("model_name_is_tidy"),
        ]
        indexes = [models.Index(fields=["organization", "-id", "name"], name="models_newest_first")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_public(self) -> bool:
        """Whether it stands in the Public Registry."""
        return self.organization_id is None

    def is_editable_by(self, user: User) -> bool:
        """Whether the user may change it: an admin of its organization, or its creator while still a member.

        The Public Registry is edited by staff alone, in the admin.
        """
        if self.organization is None:
            return False
        needed = Role.MEMBER if self.created_by_id == user.pk else Role.ADMIN
        return user.can(needed, self.organization)


class ModelVersionQuerySet(models.QuerySet["ModelVersion"]):
    def visible_to(self, user: User) -> "ModelVersionQuerySet":
        """Versions of public models and of the user's organizations' models."""
        own = models.Q(**of_own_organizations(user, "model__organization"))
        return self.filter(models.Q(model__organization=None) | own)


class ModelVersion(models.Model):
    """A version of a model: an architecture, with what it infers and what it was written in."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    model = models.ForeignKey(RegisteredModel, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(editable=False)
    name = NameField()
    description = DescriptionField()
    inference_type = models.CharField(max_length=20, choices=InferenceType, default=InferenceType.NOT_CONFIGURED)
    framework = models.CharField(max_length=20, choices=Framework, default=Framework.NOT_CONFIGURED)
    architecture = models.OneToOneField(Architecture, models.PROTECT, related_name="model_version")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ModelVersionQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["model", "name"],
                name="one_model_version_per_name",
                violation_error_message="The model has a version of this name already.",
            ),
            models.UniqueConstraint(fields=["model", "number"], name="one_model_version_per_number"),
            tidy_name("model_version_name_is_tidy"),
            models.CheckConstraint(
                condition=models.Q(inference_type__in=InferenceType.values), name="model_version_type_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(framework__in=Framework.values), name="model_version_framework_is_known"
            ),
        ]
        indexes = [
            models.Index(fields=["model", "-id"], name="model_versions_newest_first"),
            models.Index(fields=["model", "inference_type"], name="versions_of_a_type"),
        ]

    def __str__(self) -> str:
        return f"{self.model.name} {self.label}"

    @property
    def label(self) -> str:
        """`v2 “balanced”`, or `v2` when it has no name of its own."""
        return self.name if self.has_default_name else f"v{self.number} “{self.name}”"

    @property
    def has_default_name(self) -> bool:
        """Whether nobody gave it a name: it is called by its number."""
        return self.name == f"v{self.number}"

    def is_editable_by(self, user: User) -> bool:
        """Whether the user may change it: an admin of its organization, or its creator while still a member.

        The Public Registry is edited by staff alone, in the admin.
        """
        organization = self.model.organization
        if organization is None:
            return False
        needed = Role.MEMBER if self.created_by_id == user.pk else Role.ADMIN
        return user.can(needed, organization)
