"""What a training tells while it runs: its logs, and how well it did on images that it had not seen."""

from django.db import models
from django.urls import reverse

from config.ids import new_id
from config.inference_types import InferenceType
from config.names import NameField, refuse_control_characters, tidy_name
from datasets.models import Annotation, Asset, Label, Shape
from experiments.models import Experiment, of_own_experiments
from organizations.models import User
from storage.models import Blob

LOG_NAME_MAX = 200


class LogType(models.TextChoices):
    """How a log is drawn. The values are the SDK's (wire contract, section 1)."""

    VALUE = "VALUE", "Value"
    LINE = "LINE", "Line"
    TABLE = "TABLE", "Table"
    BAR = "BAR", "Bars"
    HEATMAP = "HEATMAP", "Heatmap"
    IMAGE = "IMAGE", "Image"
    LABELMAP = "LABELMAP", "Labelmap"
    EVALUATION = "EVALUATION", "Evaluation"


class LogQuerySet(models.QuerySet["Log"]):
    def visible_to(self, user: User) -> "LogQuerySet":
        """Logs of the experiments of the user's organizations."""
        return self.filter(**of_own_experiments(user))


class Log(models.Model):
    """A figure, a curve, a table or a picture that a training writes under a name, such as `train/loss`.

    What a LINE holds are its points, rows of their own; an IMAGE is a file, and its `data` says what it is called.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    experiment = models.ForeignKey(Experiment, models.CASCADE, related_name="logs")
    name = NameField(max_length=LOG_NAME_MAX)
    type = models.CharField(max_length=10, choices=LogType)
    data = models.JSONField(null=True, blank=True)
    blob = models.ForeignKey(Blob, models.PROTECT, null=True, blank=True, related_name="logs")
    # Of a picture that browsers show; empty for any other file.
    content_type = models.CharField(max_length=50, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = LogQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["experiment", "name"],
                name="one_log_per_name",
                violation_error_message="The experiment has a log of this name already.",
            ),
            tidy_name("log_name_is_tidy"),
            models.CheckConstraint(condition=models.Q(type__in=LogType.values), name="log_type_is_known"),
            models.CheckConstraint(
                condition=models.Q(type=LogType.IMAGE, blob__isnull=False)
                | (~models.Q(type=LogType.IMAGE) & models.Q(blob__isnull=True)),
                name="only_an_image_has_a_file",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Its place among the logs of the experiment."""
        return f"{reverse('tracking:log_list', args=[self.experiment_id])}#log-{self.pk}"


class LinePoints(models.Model):
    """The points of a LINE that came in one append; the line is all of them in the order of their keys.

    An append inserts one such row and touches nothing else, so that its cost does not depend on the line's length,
    and that appends from several processes neither wait for each other nor lose any. Numbers are 64-bit floats, little
    endian; NaN is a value that the training could not compute.
    """

    id = models.BigAutoField(primary_key=True)
    log = models.ForeignKey(Log, models.CASCADE, related_name="points", db_index=False)
    values = models.BinaryField()
    # None when the script named no steps: then a point's step is its position in the line, from 0.
    steps = models.BinaryField(null=True, blank=True)
    # What the row comes to, so that a line's last, least and greatest value are told without reading its points. None
    # where that is no number.
    last = models.FloatField(null=True, blank=True, editable=False)
    least = models.FloatField(null=True, blank=True, editable=False)
    greatest = models.FloatField(null=True, blank=True, editable=False)
    # None of what came before moments were kept.
    created_at = models.DateTimeField(auto_now_add=True, null=True)

    class Meta:
        verbose_name_plural = "line points"
        ordering = ["id"]
        # It holds all that a comparison asks for: the rows themselves, with their points, are left alone.
        indexes = [
            models.Index(
                fields=["log", "id", "created_at", "last", "least", "greatest"], name="lines_in_order_and_in_short"
            )
        ]

    def __str__(self) -> str:
        return f"{len(self.values) // 8} points of {self.log_id}"


class EvaluationQuerySet(models.QuerySet["Evaluation"]):
    def visible_to(self, user: User) -> "EvaluationQuerySet":
        """Evaluations of the experiments of the user's organizations."""
        return self.filter(**of_own_experiments(user))


class Evaluation(models.Model):
    """What an experiment's model found on an asset, to be compared with what people annotated there."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    experiment = models.ForeignKey(Experiment, models.CASCADE, related_name="evaluations")
    asset = models.ForeignKey(Asset, models.CASCADE, related_name="evaluations")
    custom_metrics = models.JSONField(default=dict, blank=True, help_text="Whatever the script measured itself.")
    # How well it fits the annotations, from 0 to 1; None until the metrics are computed.
    agreement = models.FloatField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = EvaluationQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["experiment", "asset"], name="one_evaluation_per_asset")]
        indexes = [models.Index(fields=["experiment", "agreement", "id"], name="evaluations_worst_first")]

    def __str__(self) -> str:
        return f"evaluation of {self.asset_id}"


class Prediction(models.Model):
    """Something that the model found. `coordinates` are those of `datasets.Annotation`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    evaluation = models.ForeignKey(Evaluation, models.CASCADE, related_name="predictions")
    label = models.ForeignKey(Label, models.CASCADE, related_name="predictions")
    shape = models.CharField(max_length=20, choices=Shape)
    coordinates = models.JSONField(default=list, blank=True)
    score = models.FloatField(help_text="How sure the model is; the higher, the surer.")
    text = models.CharField(max_length=1_000, blank=True, validators=[refuse_control_characters])

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(shape__in=Shape.values), name="prediction_shape_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.shape} {self.label_id}"

    def as_annotation(self) -> Annotation:
        """The same as somebody's annotation, to be drawn, measured and told like one. It is no row."""
        return Annotation(pk=self.pk, label=self.label, shape=self.shape, coordinates=self.coordinates, text=self.text)


class EvaluationMetrics(models.Model):
    """What came out when an experiment's evaluations were last compared with the annotations."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    experiment = models.ForeignKey(Experiment, models.CASCADE, related_name="evaluation_metrics")
    inference_type = models.CharField(max_length=20, choices=InferenceType)
    results = models.JSONField(help_text="See tracking.metrics.")
    computed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "evaluation metrics"
        ordering = ["inference_type"]
        constraints = [
            models.UniqueConstraint(fields=["experiment", "inference_type"], name="one_result_per_inference_type"),
            models.CheckConstraint(
                condition=models.Q(inference_type__in=InferenceType.values), name="evaluation_metrics_type_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.inference_type} of {self.experiment_id}"
